"""A run generation by generation, for a loop over it and for callbacks: a `Step` a generation, of a run `Underway`.

A callback is a function that is called with each `Step`, or an object with some of the methods of `Callback`. It may
observe, `Step.record` numbers of its own, `Step.change` what has no part in what is born, and return `Stop(why)`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife.configuration.changes import changed
from alife.configuration.keys import RunConfig
from alife.configuration.parsing import flatten
from alife.errors import UserError, plain
from alife.format.steps import LONGEST, Line
from populations.observe import events

ANSWER_SECONDS: Final = 60.0
"""How long a callback may take for an answer, unless it says so itself."""


@dataclass(frozen=True)
class Stop:
    """What a callback returns to stop the run, which is then committed, "interrupted" and can be resumed.

    Attributes:
        why: In a line, for a person.

    Example:
        >>> import alife
        >>> def enough(step):
        ...     step.record("largest", step.living("squared_norm").max())
        ...     return alife.Stop("that is enough") if step.generation == 1 else None
        >>> alife.evolve("runs/first/config.yaml", "runs/enough", backend="local", callbacks=[enough])
        'interrupted'
        >>> alife.load_run("runs/enough")
        <Run runs/enough: interrupted, 2 of 6 generations, 32 births>
    """

    why: str


@dataclass(frozen=True)
class Underway:
    """A run that is being lived.

    Attributes:
        out: The run folder: a path or an fsspec URI.
        config: Its configuration, with nothing left open.
        generation: The first that is lived now: 0, or where a resumed run goes on.
        lines: What is on record of steps before it, of all callbacks.
    """

    out: str
    config: RunConfig
    generation: int
    lines: Sequence[Line] = field(default=(), repr=False)


@dataclass
class Wishes:
    """What somebody wants of a step.

    Attributes:
        numbers: To be recorded, by name.
        changes: Of the configuration, by key.
    """

    numbers: dict[str, float | None] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Step:
    """A generation that was lived, on all islands, and is about to be committed.

    Attributes:
        event: What listeners are told of it: medians, deaths, seconds.
        births: Columns of `schema.birth_columns` of everybody born in it, [P] each, read-only; by island, then slot.
            Empty where nobody needs them (`Callback.needs_births`).
        run: Whose it is.
        wishes: What `record` and `change` were asked for, which is heeded before the commit.

    Example:
        >>> import alife
        >>> for step in alife.Evolution("runs/first/config.yaml", "runs/again", backend="local"):
        ...     print(step)
        ...     if step.generation == 1:
        ...         break
        <Step: generation 0 of 6, 16 births>
        <Step: generation 1 of 6, 16 births>
    """

    event: events.Generation
    births: Mapping[str, NDArray[Any]]
    run: Underway
    wishes: Wishes = field(default_factory=Wishes)

    def __repr__(self) -> str:
        """A line: which, and how many were born."""
        return f"<Step: generation {self.generation} of {self.event.of}, {self.event.individuals} births>"

    @property
    def generation(self) -> int:
        """Its number on record."""
        return self.event.generation

    def living(self, trait: str) -> NDArray[Any]:
        """[n] values of a column of those that lived to the end.

        Raises:
            UserError: There is no such column.
        """
        self._need_births()
        if trait not in self.births:
            raise UserError(f"{trait}: no column of births: there are {', '.join(self.births)}")
        return np.asarray(self.births[trait][self.births["cause_of_death"] == "generation_end"])

    def record(self, name: str, value: float | None) -> None:
        """Put a number on record with this generation's commit: a line of steps.jsonl in the run folder.

        Args:
            name: What to call it; a second value of the same name replaces the first.
            value: A number of Python or numpy; null on record where it is None or not finite.

        Raises:
            TypeError: It is no number.
            ValueError: The name is empty or too long.
        """
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
            raise ValueError(f"a name of 1 to {LONGEST} characters, not {str(name)[:40]!r}")
        if value is not None and not isinstance(value, Real | np.bool_):
            raise TypeError(f"{name}: what is recorded is a number, not {type(value).__name__}")
        known = value is not None and np.isfinite(value)
        number = int(value) if isinstance(value, Integral | np.bool_) else float(np.nan if value is None else value)
        self.wishes.numbers[plain(name)[:LONGEST]] = number if known else None

    def change(self, changes: Mapping[str, Any]) -> None:
        """Change the configuration from the next generation on: `generations`, `checkpoint.every` or `checkpoint.keep`.

        Args:
            changes: Keys, nested or dotted. `generations` may rise and fall, but one more generation has to be lived,
                which is the last and so is scored on the test images.

        Raises:
            UserError: A value that is not allowed, or a key that has a part in what is born.
        """
        self._need_births()
        asked = {**self.wishes.changes, **flatten(changes, "change")}
        changed(self.run.config, asked, self.generation + 1)
        self.wishes.changes = asked

    def _need_births(self) -> None:
        if not self.births:
            raise UserError("a callback that looks at births, or changes the run, says so: needs_births = True")


class Callback:
    """What a callback may have; each method is optional, so is this class, and a plain function is `on_generation`.

    Methods are called in a thread of the callback's own. One that raises, or has not answered after `answers_within`
    seconds, costs no birth: the callback is asked no more, with a word, and the run goes on.

    Attributes:
        name: What it is called on record; by default as its class, or function.
        answers_within: Seconds, 60 by default.
        needs_births: Whether it is to see the births of each generation before the next begins, as it is by default.
            Where no callback is, islands need not wait for each other: they run ahead of it, `Step.births` is empty,
            and a run that it stops ends where most of them are.
    """

    name: str = ""
    answers_within: float = ANSWER_SECONDS
    needs_births: bool = True

    def on_start(self, run: Underway) -> Stop | None:
        """Called before the first generation of a new run, and of one that goes on."""

    def on_generation(self, step: Step) -> Stop | None:
        """Called with each generation that was lived, before its commit."""

    def on_end(self, status: str) -> None:
        """Called once the run has ended and all is on disk, or has failed: with the status."""
