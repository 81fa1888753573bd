"""What runs in the browser: plain scripts that share one scope, joined by `analysis.live.document` in this order.

types.js    what the others' comments mean by a name
words.js    numbers, times and names as text
draw.js     SVG elements, scales and axes
charts.js   traits with bands, the trade-off plane, Price components, clades, islands
listing.js  what lies in a folder, or in a sweep
running.js  a run
page.js     the stream, pausing, and which page this is

Types are in JSDoc and checked by `tsc --checkJs`; live.css is the page's look.
"""
