"""The seed paper's results beside this project's: reads the folder that `populations.studies.paper` wrote, and no
torch.

results.py   the folder, and the paper's values as reported
verdicts.py  a row of the table, and what the data allow to say of it
tradeoff.py  sentences on the trade-off
tables.py    the table as Markdown and CSV
strict.py    sentences on strict quines and fertility
"""

from analysis.paper.results import Results, load

__all__ = ["Results", "load"]
