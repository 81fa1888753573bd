"""What results say, as files: one HTML page of a run or a sweep, and what is published beside assays, replays and the
seed paper's results. A page opens without network.

write.py           `report` reads a folder, draws the figures beside the page, and writes it
page.py            a page as plain data, and as HTML with the templates of `analysis.templates`
summary.py         the state of a run, on a terminal and its page
notebook.py        runs and sweeps as a notebook shows them
history.py         every measure of a run's evolution, on a terminal and its page
change.py          what moves traits, of a run and of treatments

of_run.py          the page of a run
charts.py          its interactive views
individuals.py     who is shown in them, and of whom born
pictures.py        static figures, drawn or taken from beside the page

of_sweep.py        the page of a sweep
statements.py      what it says, in sentences with intervals over runs
tradeoffs.py       trade-offs that its assays found
luck.py            how much of a front is luck, by its gardens
sweep_charts.py    the interactive view

of_assay.py        what an assay says, and its figure, beside its tables
of_futures.py      what replays say, and their fan
of_paper.py        the seed paper's table, figures and page

chart_style.py     how the interactive charts of both look
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from analysis.report.write import report

__all__ = ["report"]

__getattr__, __dir__ = attach(__name__, {"report": "analysis.report.write"})
