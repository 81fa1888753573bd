"""A run, a sweep and what lies below a folder as they live: followed in a run folder, and shown on a local page.

record.py    what is on record of a run that still grows: traits, plane, Price components, clades, islands
told.py      what a run tells between two commits
topics.py    what somebody may watch: a folder, a run, a sweep
hub.py       who watches what, told of what has changed
access.py    who may look
server.py    the page and its stream over HTTP; needs the extra `serve`
document.py  the page's HTML, with all that runs in it
page/        what runs in the browser
"""
