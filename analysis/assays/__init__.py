"""What assays of stored genomes say: estimates with intervals, sentences, figures, and the files that keep them.

results.py      `load_result` gives what the tables of an assay say; `print_result` prints it
reading.py      `read` gives the tables of RUN/assays/NAME-G.parquet
garden.py       `summarise` of the common garden
within_life.py  of lives under several task weights
mutation.py     of birth noise
dfe.py          of new mutations through time, noise of lives taken out
epistasis.py    of single and double mutants
complexity.py   of parts knocked out
fertility.py    of descent without selection
of_runs.py      one value a run, so that several runs can be compared
estimates.py    what the assays share: rows and their words
components.py   variance components, heritability
correlations.py genetic correlations
lived_again.py  how much of a Pareto front is luck
crossed.py      means of genomes that share their lives, and differences of such means

Every interval is over the genomes or lines of one run, and where genomes share their lives over those too: it says how
well *that* generation is known. A claim about a treatment needs runs as replicates (`analysis.statistics.intervals`).
"""

from analysis.assays.reading import read
from analysis.assays.results import Result, load_result, print_result

__all__ = ["Result", "load_result", "print_result", "read"]
