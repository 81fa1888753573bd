"""Callbacks: each is asked in a thread of its own; one that fails, or does not answer, costs no birth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from alife.errors import UserError, plain
from alife.format.steps import LONGEST
from populations.observe.listeners import reason, warn
from populations.observe.patience import Aside
from populations.observe.steps import ANSWER_SECONDS, Callback, Step, Stop, Underway, Wishes

METHODS: Final = ("on_start", "on_generation", "on_end")


class Callbacks:
    """Asks callbacks, in their order.

    Args:
        callbacks: As of `evolve`.
        hurry: Whether nobody wants to wait any more.
        last: Asked after them.

    Raises:
        UserError: One of them is none.
    """

    def __init__(
        self,
        callbacks: Sequence[object] = (),
        hurry: Callable[[], bool] = lambda: False,
        last: Sequence[object] = (),
    ):
        if callable(callbacks) or isinstance(callbacks, Callback):
            raise UserError(f"callbacks: a list of them, not {name_of(callbacks)} alone: callbacks=[…]")
        self._asked = [_Asked(callback) for callback in (*callbacks, *last)]
        self._hurry = hurry

    @property
    def need_births(self) -> bool:
        """Whether any is to see the births of each generation before the next begins."""
        return any(asked.needs_births for asked in self._asked)

    def start(self, run: Underway) -> Iterator[tuple[str, Stop]]:
        """Who stops the run before its first generation: name and why."""
        for asked in list(self._asked):
            lines = [line for line in run.lines if line.by == asked.name]
            stop = self._answer(asked, "on_start", replace(run, lines=lines))
            if stop is not None:
                yield asked.name, stop

    def generation(self, step: Step) -> Iterator[tuple[str, Stop | None, Wishes]]:
        """What each has to say of a generation: name, whether it stops the run, what it wants."""
        for asked in list(self._asked):
            own = replace(step, births=dict(step.births), wishes=Wishes())
            stop = self._answer(asked, "on_generation", own)
            if asked in self._asked:
                yield asked.name, stop, own.wishes

    def end(self, status: str) -> None:
        """Tell all how the run has ended, and let them go."""
        for asked in list(self._asked):
            self._answer(asked, "on_end", status)
            asked.aside.dismiss()

    def _answer(self, asked: "_Asked", method: str, about: Any) -> Stop | None:
        do = asked.methods.get(method)
        if do is None:
            return None
        try:
            answer = asked.aside.ask(partial(do, about), asked.seconds, self._hurry)
            if answer is not None and not (isinstance(answer, Stop) and isinstance(answer.why, str)):
                raise TypeError(f"{method} returned {type(answer).__name__}, not None or Stop(why)")
        except BaseException as error:
            self._asked.remove(asked)
            asked.aside.dismiss()
            if isinstance(error, KeyboardInterrupt):  # as a sink, it stops the run by that
                raise
            warn(f"{asked.name} is asked no more, the run goes on: {reason(error)}")
            return None
        return answer


class _Asked:
    """A callback, and its thread.

    Attributes:
        name: What it is called.
        seconds: How long it may take.
        needs_births: As of `Callback`.
        methods: What it has.
    """

    def __init__(self, callback: Any):
        self.name = name_of(callback)
        self.needs_births = bool(getattr(callback, "needs_births", True))
        self.seconds = float(getattr(callback, "answers_within", ANSWER_SECONDS))
        self.methods = {name: getattr(callback, name) for name in METHODS if hasattr(callback, name)}
        if isinstance(callback, type):
            raise UserError(f"callbacks: {self.name} is a class: make one of it, {self.name}(…)")
        if not self.methods and callable(callback):
            self.methods = {"on_generation": callback}
        if not self.methods:
            raise UserError(
                f"callbacks: {self.name} is none: it is no function of a step, and has no {', '.join(METHODS)}"
            )
        self.aside: Aside[Callable[[], object]] = Aside(lambda do: do())


def name_of(callback: Any) -> str:
    """What a callback is called: its `name`, or that of its function or class."""
    name = getattr(callback, "name", "") or getattr(callback, "__qualname__", "")
    return plain(name if isinstance(name, str) and name else type(callback).__qualname__)[:LONGEST]
