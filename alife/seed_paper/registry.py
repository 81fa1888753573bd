"""Which experiments there are. Without torch or numpy: the command lists them before anything is imported.

`EXPERIMENTS` has them by name; a new one is an entry there and a function.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alife.seed_paper.frame import Outcome, Settings, Work


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
        classifies: Whether it needs a task.
    """

    title: str
    function: str
    steps: tuple[float, float]
    parts: tuple[str, ...] = ("",)
    after: tuple[str, ...] = ()
    classifies: bool = False

    def run(self, work: "Work", part: str) -> "Outcome":
        """Do one part."""
        module, _, name = self.function.partition(":")
        do: Callable[[Work, str], Outcome] = getattr(importlib.import_module(module), name)
        return do(work, part)

    def cost(self, settings: "Settings") -> float:
        """Cost of one part, in the unit of `steps`."""
        return self.steps[settings.full]


_AT = "alife.seed_paper"

EXPERIMENTS: Final[dict[str, Experiment]] = {
    "E0": Experiment("Initial losses", f"{_AT}.initial:run", (2e3, 2e3), classifies=True),
    "E1": Experiment(
        "Gradient training, six optimisers",
        f"{_AT}.optimizers:six",
        (8e4, 8e4),
        ("sgd", "momentum", "adam", "adamax", "adagrad", "rmsprop"),
    ),
    "E2": Experiment("Adamax for longer", f"{_AT}.optimizers:adamax", (2.6e5, 2.6e5)),
    "E3": Experiment("Hill climbing", f"{_AT}.climbing:climb", (2e5, 1.9e7)),
    "E4": Experiment(
        "Hill climbing from solutions of SGD and Adamax",
        f"{_AT}.climbing:climb_on",
        (1e5, 1.9e6),
        ("sgd", "adamax"),
        after=("E1",),
    ),
    "E5": Experiment("Regeneration between epochs of Adamax", f"{_AT}.regeneration:alternate", (3e4, 3e4)),
    "E6": Experiment("Regeneration alone", f"{_AT}.regeneration:alone", (1e4, 1e4), after=("E1",)),
    "E7": Experiment("Auxiliary quine, MNIST", f"{_AT}.auxiliary:auxiliary", (1.5e5, 1.5e5), classifies=True),
    "E8": Experiment(
        "The same network, classification only",
        f"{_AT}.auxiliary:classification",
        (1.5e5, 1.5e5),
        ("classification", "99 units see the image", "the same, temperature 1"),
        classifies=True,
    ),
    "tradeoff": Experiment(
        "Accuracy against replication, by task weight",
        f"{_AT}.auxiliary:tradeoff",
        (1e5, 1e5),
        ("0", "0.003", "0.01", "0.1", "1"),
        classifies=True,
    ),
    "strict": Experiment(
        "Strict quines: vanilla, auxiliary over task weights, exact",
        f"{_AT}.strict:run",
        (6e4, 8e5),
        ("vanilla-even", "vanilla-odd", "auxiliary-low", "auxiliary-high", "exact"),
        classifies=True,
    ),
    "fertility": Experiment(
        "Fertility without learning, of every solution",
        f"{_AT}.fertility:run",
        (1e5, 4e5),
        after=("E1", "E2", "E5", "E7", "strict"),
        classifies=True,
    ),
    "contraction": Experiment(
        "Training that makes emission contract: attempts at fertility",
        f"{_AT}.contraction:run",
        (2e4, 1.3e5),
        (
            "replicate",
            "denoise",
            "unroll",
            "scale",
            "pool",
            "gain",
            "replicate-scaled",
            "pool-scaled",
            "gain-scaled",
        ),
    ),
}
"""By the name that the command takes, in the order of the table."""
