"""One HTML file that opens without network and says what a run, or a sweep, has shown.

- `write.py`: `report` reads a folder, draws the figures beside the page, and writes it.
- `of_run.py`, `of_sweep.py`: what a page says, as plain data.
- `moved.py`, `statements.py`: the tables and sentences of either; `treatments.py`: a sweep's runs, one value each.
- `charts.py`, `sweep_charts.py`, `looks.py`: the interactive views; `individuals.py`: who is shown, of whom born.
- `pictures.py`, `sweep_pictures.py`: the static figures, drawn or taken from beside the page.
- `page.py`: that data as HTML, with page.html, page.css and page.js.
"""

from analysis.report.write import report

__all__ = ["report"]
