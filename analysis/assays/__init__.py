"""What assays of stored genomes say: estimates with intervals, sentences, figures, and the files that keep them.

results.py      `publish` writes .json and figures beside the tables of an assay; `print_result` prints what they say
reading.py      `read` gives the tables of RUN/assays/NAME-G.parquet
garden.py       `summarise` of the common garden, and its `draw` in garden_figure.py
within_life.py  `summarise` and `draw` of lives under several task weights
mutation.py     of birth noise
fertility.py    of descent without selection
of_runs.py      one value a run, so that several runs can be compared
estimates.py    what the assays share: rows and their words
drawing.py      marks with intervals, and the legend and title of a whole figure
components.py   variance components, heritability, genetic correlation

Every interval is over the genomes or lines of one run: it says how well *that* generation is known. A claim about a
treatment needs runs as replicates (`analysis.statistics.intervals`).
"""

from analysis.assays.reading import read
from analysis.assays.results import Result, print_result, publish

__all__ = ["Result", "print_result", "publish", "read"]
