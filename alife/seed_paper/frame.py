"""What an experiment of the paper is given, and what comes of it: plain data and two small interfaces.

An experiment is a function `(work, part) → Outcome`. All its networks, one a seed, train as one batched population; its
parts are jobs of their own. It may be killed at any moment: what it saves it finds again, and the same settings give
the same outcome to the last bit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """What the user asked for.

    Attributes:
        full: The paper's lengths; else lengths that fit into a few minutes, the same where those do.
        seeds: K, networks of each variant.
        seed: Of the fixed projections and of everything that networks meet; network k has streams of its own.
        task: As `config.task`, for those who classify.
    """

    full: bool = False
    seeds: int = 8
    seed: int = 0
    task: str = "mnist"


@dataclass(frozen=True)
class Outcome:
    """What came of an experiment, or of a part of it.

    Attributes:
        rows: A dict a network at its end, made with `habitat.rows`: experiment, variant, seed, `L_SR`, `rho`, … and
            whatever else was measured.
        curves: The same through training, long form: experiment, variant, seed, epoch (or step), `L_SR`, `rho`, ….
        genomes: Variant → [K, N] float32 final weights.
        facts: What holds for all of it: `length` in words ("30 epochs"), `shortened` (bool), settings of its own.
    """

    rows: list[dict[str, Any]]
    curves: list[dict[str, Any]] = field(default_factory=list)
    genomes: dict[str, Floats] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Keep(Protocol):
    """Where a part keeps its state against being killed; the last state saved is the one found."""

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace the state: named arrays, and what JSON can hold."""

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """The state, or None at the first start."""


class Forgetful:
    """Keeps nothing: for tests, and for parts of seconds."""

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Do nothing."""

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """There is none."""
        return None


@dataclass(frozen=True)
class Work:
    """What an experiment's function is given.

    Attributes:
        settings: What was asked for.
        tell: Call it now and then: (share done in [0, 1], a few words such as "epoch 3 of 30").
        keep: State against being killed.
        earlier: Genomes by variant of an experiment named in `Experiment.after`.
    """

    settings: Settings
    tell: Callable[[float, str], None] = lambda share, words: None
    keep: Keep = field(default_factory=Forgetful)
    earlier: Callable[[str], Mapping[str, Floats]] = lambda name: {}
