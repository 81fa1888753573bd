"""Results of an assay: `load_result` reads its tables and makes estimates and sentences of them, `print_result` prints
them.

An assay has results once its `summarise` stands in `ASSAYS`, and a figure once it stands in
`analysis.figures.registry`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from rich.console import Console

from alife.traits import enter
from alife.words import count
from analysis.assays import complexity, dfe, epistasis, fertility, garden, mutation, within_life
from analysis.assays.estimates import Frames, by_name
from analysis.assays.reading import read
from analysis.statistics.estimate import Estimate
from analysis.tables import Terminal, table

PLAIN_WIDTH: Final = 160
INTERVAL: Final = "95 % interval"
SCOPE: Final = "Intervals are over what this one run has stored; a claim about a treatment needs runs as replicates."

Summarise = Callable[[Frames, Mapping[str, Any]], tuple[list[Estimate], list[str]]]
"""(tables, what was done) → estimates, and the sentences that they bear."""

ASSAYS: Final[Mapping[str, Summarise]] = {
    "garden": garden.summarise,
    "within_life": within_life.summarise,
    "mutation": mutation.summarise,
    "dfe": dfe.summarise,
    "epistasis": epistasis.summarise,
    "complexity": complexity.summarise,
    "fertility": fertility.summarise,
}


@dataclass(frozen=True)
class Result:
    """What an assay says.

    Attributes:
        about: What was done: assay, run, generations, seed, sample, replicates, weights, mutation, …
        rows: Estimates.
        statements: Sentences that they bear.
        files: Where all of it is kept.
        frames: The tables, by experiment.
    """

    about: Mapping[str, Any]
    rows: Sequence[Estimate]
    statements: Sequence[str]
    files: Sequence[str] = ()
    frames: Frames = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        """A line: of what."""
        generations = ", ".join(map(str, self.about["generations"]))
        of = f"{self.about['run']}, generation{'s' * (',' in generations)} {generations}"
        return f"<Result of the {self.about['assay']} assay of {of}: {count(len(self.rows), 'estimate')}>"

    def find(self, quantity: str, generation: int) -> Estimate:
        """The estimate of a quantity.

        Raises:
            KeyError: There is none.
        """
        return by_name(self.rows)[quantity, generation]


def load_result(uri: str, name: str, generation: int) -> Result:
    """What an assay says whose tables lie in RUN/assays.

    Args:
        uri: The run: a path or an fsspec URI.
        name: Of the assay, in `ASSAYS`.
        generation: The last of its generations.

    Raises:
        UserError: As `read`.
    """
    frames, about = read(uri, name, generation)
    enter({"task": about})
    rows, statements = ASSAYS[name](frames, about)
    return Result(about, rows, statements, [f"{uri.rstrip('/')}/assays/{name}-{generation}.parquet"], frames)


def print_result(result: Result, file: TextIO | None = None) -> None:
    """Print estimates as a table, then the statements; nothing is cut where `file` (stdout if None) is no terminal."""
    file = file or sys.stdout
    console = Console(file=file, highlight=False)
    if not console.is_terminal:
        console = Console(file=file, width=PLAIN_WIDTH, color_system=None, highlight=False)
    rows = [
        {
            "generation": row.generation,
            "quantity": row.quantity,
            f"value [{INTERVAL}]": row,
            "n": f"{row.n} {row.over}",
        }
        for row in result.rows
    ]
    console.print(Terminal(table("", rows), 2))
    for statement in (*result.statements, SCOPE):
        console.print(f"\n{statement}", markup=False)
    if result.files:
        console.print(f"\n{', '.join(result.files)}", markup=False, soft_wrap=True)
