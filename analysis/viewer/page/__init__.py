"""What runs in the browser: plain scripts that share one scope, joined by `analysis.viewer.document` in this order.

types.js    what the others' comments mean by a name
decode.js   columns from the text that `analysis.viewer.packing` wrote
tree.js     who descends from whom; drawings by ladder and by island
colour.js   a colour for everybody
level.js    what is drawn of so many: single births, or cells with counts and the branches that last
gl.js       WebGL 2
pens.js     lines and words on a canvas, or as SVG
axes.js     axes, the path to the root, descendants, the time brush
lineage.js  the large drawing of a run: what is in view, and how it moves
panels.js   the trade-off plane
strips.js   the Muller areas, and traits by generation
records.js  an individual, a path and a run as text
pane.js     all of one run, linked
hands.js    what pointer, wheel and keys do
picture.js  the present view as SVG and PNG
page.js     the controls, and the panes

Types are in JSDoc and checked by `tsc --checkJs`; viewer.css is the page's look.
"""
