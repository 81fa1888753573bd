"""The seed paper's results beside this project's: reads the folder that `populations.studies.paper` wrote, and no
torch.

results.py   the folder, and the paper's values as reported
verdicts.py  a row of the table, and what the data allow to say of it
tables.py    the table as Markdown and CSV
figures.py   a figure an experiment
tradeoff.py  the trade-off and what it allows to say
strict.py    figures and sentences of strict quines and of fertility
publish.py   table, figures and page, written into the folder
"""

from analysis.paper.publish import publish
from analysis.paper.results import Results, load

__all__ = ["Results", "load", "publish"]
