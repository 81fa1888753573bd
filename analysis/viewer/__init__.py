"""The page of a lineage: every birth on record in one HTML file, which a browser searches, colours and walks.

write.py     `view` reads a run, several or a sweep, and writes the page
document.py  the page as HTML: policy, scripts, data
record.py    what of a run the page holds
order.py     where each individual stands, and in which order
shared.py    what two records have in common
packing.py   columns as text: quantised, delta coded, compressed
colours.py   the project's palettes as the page takes them
page/        what runs in the browser
"""

from analysis.viewer.write import view

__all__ = ["view"]
