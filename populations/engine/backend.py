"""Where islands live: in this process, or on Ray workers that may be lost at any moment. Births are the same bits.

`Backend` is what the coordinator asks; `LocalBackend` is the one without Ray.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alife.configuration.keys import RunConfig
from alife.evolution.island import Scores
from alife.evolution.reproduction import Newborns
from alife.evolution.selection import Choice
from alife.world.projections import Physics
from populations.engine import classes
from populations.engine.worker import Worker, machine_class


class Interrupted(Exception):
    """The user asked the run to stop; the generation under way is abandoned."""


@dataclass(frozen=True)
class Generation:
    """What a backend is asked to do: live one generation of every island that is not extinct.

    Attributes:
        number: Which generation.
        newborns: Who, by island.
        collapse_norm: ‖θ‖ below which an adult has collapsed.
        test: Touch the test images too.
        answers: Scores are to hold what was answered, class by class.
    """

    number: int
    newborns: Mapping[int, Newborns]
    collapse_norm: float
    test: bool
    answers: bool = False

    def of(self, island: int) -> tuple[int, int, Newborns, float, bool, bool]:
        """What `Worker.live` is called with."""
        return island, self.number, self.newborns[island], self.collapse_norm, self.test, self.answers


@dataclass(frozen=True)
class Outcome:
    """What one island's generation came to: its scores, who was chosen, and its next generation, survivors first."""

    scores: Scores
    choice: Choice
    children: Newborns


Choose = Callable[[int, Scores], Choice]
"""(island, scores) → who survives and who are the parents: the selection controller's decision."""


class Backend(Protocol):
    """Lives generations. What it returns depends on its arguments alone, however many workers it has and loses."""

    @property
    def config(self) -> RunConfig:
        """The configuration, with nothing left open."""

    @property
    def hosts(self) -> int:
        """How many workers there are now."""

    @property
    def machine(self) -> Mapping[str, Any]:
        """The class of the machines that workers run on, as `populations.engine.worker.machine_class`.

        Raises:
            Interrupted: `stopping()` became true.
            UserError: No worker can be had.
        """

    def require(self, machine: Mapping[str, Any]) -> None:
        """See that workers are of a class, that of a run that goes on; others may live nothing of it.

        Raises:
            Interrupted: `stopping()` became true.
            UserError: There are none of that class, and `ray.allow_mixed` is false.
        """

    def live(self, generation: Generation, choose: Choose) -> dict[int, Outcome]:
        """Outcome of every island, in island order.

        Raises:
            Interrupted: `stopping()` became true.
            UserError: No worker can be had any more.
        """

    def close(self) -> None:
        """Let all workers go."""


class LocalBackend:
    """All islands one after another in this process.

    Args:
        config: Resolved.
        physics: The run's.
        stopping: Asked between islands.
    """

    hosts = 1

    def __init__(self, config: RunConfig, physics: Physics, stopping: Callable[[], bool]):
        self.config, self.worker = config, Worker(config, physics)
        self.stopping = stopping
        self.machine = machine_class(config)

    def require(self, machine: Mapping[str, Any]) -> None:
        """As `Backend.require`."""
        classes.check(machine, self.machine, self.config)

    def live(self, generation: Generation, choose: Choose) -> dict[int, Outcome]:
        """As `Backend.live`."""
        outcomes = {}
        for island in sorted(generation.newborns):
            if self.stopping():
                raise Interrupted
            scores = self.worker.live(*generation.of(island))
            choice = choose(island, scores)
            outcomes[island] = Outcome(scores, choice, self.worker.conceive(island, choice))
        return outcomes

    def close(self) -> None:
        """Nothing to let go."""
