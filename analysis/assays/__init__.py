"""What assays of stored genomes say: estimates with intervals, sentences, figures, and the files that keep them.

- `results.py`: `read` gives the tables of RUN/assays/NAME-G.parquet; `publish` writes .json and figures beside them.
- `garden.py`, `within_life.py`, `mutation.py`, `fertility.py`: each assay's `summarise` and `draw`.
- `components.py`: variance components, heritability, genetic correlation.

Every interval is over the genomes or lines of one run: it says how well *that* generation is known. A claim about a
treatment needs runs as replicates (`analysis.statistics.intervals`).
"""

from analysis.assays.results import Result, print_result, publish, read

__all__ = ["Result", "print_result", "publish", "read"]
