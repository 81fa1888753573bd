"""What assays of stored genomes say: estimates with intervals, sentences, figures, and the files that keep them.

- `results.py`: `publish` writes RUN/assays/NAME-G.parquet, .json and figures; `read` reads the table back.
- `garden.py`, `mutation.py`, `fertility.py`: each assay's `summarise` and `draw`.
- `components.py`: variance components, heritability.

Every interval is over the genomes or lines of one run: it says how well *that* generation is known. A claim about a
treatment needs runs as replicates (`analysis.statistics`).
"""

from analysis.assays.results import Result, print_result, publish, read

__all__ = ["Result", "print_result", "publish", "read"]
