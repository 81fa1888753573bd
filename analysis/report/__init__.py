"""One HTML file that opens without network and says what a run, or a sweep, has shown.

write.py           `report` reads a folder, draws the figures beside the page, and writes it
page.py            a page as plain data, and as HTML with the templates of `analysis.templates`
summary.py         the state of a run, on a terminal and its page
change.py          what moves traits, of a run and of treatments

of_run.py          the page of a run
charts.py          its interactive views
individuals.py     who is shown in them, and of whom born
pictures.py        static figures, drawn or taken from beside the page

of_sweep.py        the page of a sweep
treatments.py      its runs by treatment, one value a run and generation
statements.py      what it says, in sentences with intervals over runs
tradeoffs.py       trade-offs that its assays found
sweep_charts.py    the interactive view
sweep_pictures.py  the static figures, by groups of treatments
trade_pictures.py  figures of its assays
trend_pictures.py  the figure of traits through time beside controls

chart_style.py     how the interactive charts of both look
"""

from analysis.report.write import report

__all__ = ["report"]
