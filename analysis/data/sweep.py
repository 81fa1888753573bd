"""`load_sweep`: all runs at or below a folder, grouped by treatment. What compares treatments takes what it gives."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from alife.words import count
from analysis.data.run import Run
from analysis.data.treatments import load_groups, seed_of


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Mapping[str, Sequence[Run]]):
    """Runs by treatment, under labels that say in what treatments differ.

    Attributes:
        path: The folder, as given.
        groups: The same as a mapping.
        empty: Paths of runs that have committed no generation, and are in no group.
        unread: Why others cannot be read, by path.
        whole: Whether all births are there.
        failed: A line for each run or assay that failed as the sweep was made, by name.
        stopped: The signal by which making it was stopped, "" if by none: the same call goes on.
    """

    path: str
    groups: Mapping[str, Sequence[Run]]
    empty: Sequence[str] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True
    failed: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""

    def __getitem__(self, treatment: str) -> Sequence[Run]:
        """The runs of a treatment."""
        return self.groups[treatment]

    def __iter__(self) -> Iterator[str]:
        """Labels of treatments, in the order of their folders."""
        return iter(self.groups)

    def __len__(self) -> int:
        """How many treatments there are."""
        return len(self.groups)

    def __eq__(self, other: object) -> bool:
        """Compared by identity, as runs are."""
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        """A line: where it is, its treatments, and what is missing."""
        words = [f"{label} ({count(len(runs), 'run')})" for label, runs in self.items()]
        words += [f"{len(self.failed)} failed"] * bool(self.failed) + ["stopped"] * bool(self.stopped)
        return f"<Sweep {self.path}: {'; '.join(words)}>"

    def _repr_html_(self) -> str:
        """What a notebook shows of it: its treatments and a figure."""
        import analysis

        return analysis.sweep_summary(self)

    def view(self, height: int = 820) -> Any:
        """Every birth of its runs, to choose from, shown within a notebook as `alife view` shows it in a page.

        Args:
            height: In CSS pixels.

        Raises:
            UserError: As `Run.view`.
        """
        import analysis

        return analysis.view_runs(self.runs, height)

    def __fspath__(self) -> str:
        """Its path: it can be given where a folder can."""
        return self.path

    @property
    def runs(self) -> list[Run]:
        """All runs, treatment by treatment."""
        return [run for runs in self.values() for run in runs]

    @property
    def common(self) -> int:
        """The last generation that all have."""
        return min(run.last for run in self.runs)

    @property
    def generations(self) -> pd.DataFrame:
        """`Run.generations` of all runs, with their treatment and seed in front."""
        return self._all("generations")

    @property
    def births(self) -> pd.DataFrame:
        """`Run.births` of all runs, with their treatment and seed in front; no rows if loaded with `births=False`."""
        return self._all("births")

    def _all(self, table: str) -> pd.DataFrame:
        parts = []
        for treatment, runs in self.items():
            for run in runs:
                part: pd.DataFrame = getattr(run, table).copy()
                part.insert(0, "treatment", treatment)
                part.insert(1, "seed", seed_of(run))
                parts.append(part)
        return pd.concat(parts, ignore_index=True)


def load_sweep(path: str | os.PathLike[str], births: bool = True) -> Sweep:
    """Read all runs at or below a folder, and group those that differ by their seed alone.

    Args:
        path: Of a sweep, or of any folder of run folders: a path or an fsspec URI.
        births: As of `load_run`.

    Raises:
        UserError: There is no run, one is damaged, or two are the same.

    Example:
        >>> import alife
        >>> sweep = alife.load_sweep("sweeps/first")
        >>> sweep
        <Sweep sweeps/first: w0 (2 runs); w1 (2 runs)>
        >>> sweep["w1"][0]
        <Run sweeps/first/runs/w1/seed-0: finished, 3 of 3 generations, 24 births>
        >>> sweep.generations.groupby("treatment")["size"].sum().to_dict()
        {'w0': 48, 'w1': 48}
    """
    return Sweep(os.fspath(path), load_groups([path], births), whole=births)
