"""Which experiments there are. Without torch: the command lists them before anything is imported."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from alife.paper.frame import Outcome, Settings, Work


@dataclass(frozen=True)
class Experiment:
    """An experiment, or a study of several variants.

    Attributes:
        title: What it is, in a few words.
        function: "module:function" of `(work, part) → Outcome`.
        steps: Cost of a part, (quick, full), in steps of a vanilla population under Adamax with minibatches of 10: the
            unit in which times are estimated.
        parts: Names of the jobs it falls into; ("",) for a single one.
        after: Experiments that must have ended, whose genomes it begins with.
    """

    title: str
    function: str
    steps: tuple[float, float]
    parts: tuple[str, ...] = ("",)
    after: tuple[str, ...] = ()

    def run(self, work: Work, part: str) -> Outcome:
        """Do one part."""
        module, _, name = self.function.partition(":")
        do: Callable[[Work, str], Outcome] = getattr(importlib.import_module(module), name)
        return do(work, part)

    def cost(self, settings: Settings) -> float:
        """Cost of one part, in the unit of `steps`."""
        return self.steps[settings.full]


EXPERIMENTS: Final[dict[str, Experiment]] = {
    "E0": Experiment("Initial losses", "alife.paper.initial:run", (5e3, 5e3)),
}
"""By the name that the command takes, in the order of the table."""
