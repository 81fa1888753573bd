"""Traits: what each is called, the scale it is compared and drawn on, and one rule for zeros and what is not finite.

`TRAITS["copying_error"]` says how to label an axis or a column (`label`, `short`, `axis`, `directed`,
`measured_label`) and which way is better; `measured` and `natural` go to the scale of comparison and back. To add a
trait, add it to `TRAITS`. What a run alone has, or calls otherwise, is there once its manifest is handed to `enter`.

Shares are taken as they are. Errors and sizes are taken as log10; what is below `SMALLEST`, zero too, counts as
`SMALLEST`, and what is not finite, or negative, has no value (NaN) and is left out. Every table, figure and statistic
uses these functions. `alife.evolution.selection` has a floor of its own, which is part of what is born.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alife import schema

Doubles = NDArray[np.float64]
Scale = Literal["share", "error", "size", "score"]

SMALLEST: Final = 1e-15
"""What a logarithm is taken of at least: a relative squared error of this size is float32's own rounding."""


@dataclass(frozen=True)
class Trait:
    """A trait of an individual, or of a generation.

    Attributes:
        name: Its column.
        noun: In words.
        symbol: As in equations; "" if it has none.
        scale: `share` and `score` are linear; `error` (relative, at least 0) and `size` (above 0) logarithmic.
        direction: +1 if more is better, −1 if less is, 0 if neither.
        meaning: One line, ASCII, as gauges take no other.
        unit: "" if it has none.
        needs_task: Only a run with a task has it.
        told: Whether tables that have no room for all of them tell it.
        own: Whether it is a run's own, and not shipped.
    """

    name: str
    noun: str
    symbol: str
    scale: Scale
    direction: Literal[-1, 0, 1]
    meaning: str
    unit: str = ""
    needs_task: bool = False
    told: bool = True
    own: bool = False

    @property
    def log(self) -> bool:
        """Whether its axis is logarithmic."""
        return self.scale in ("error", "size")

    @property
    def floor(self) -> float | None:
        """The least that its logarithmic axis holds; None of a linear one."""
        return SMALLEST if self.log else None

    @property
    def label(self) -> str:
        """As in "replication error ρ"."""
        return f"{self.noun} {self.symbol}".rstrip()

    @property
    def short(self) -> str:
        """The symbol, or the noun where there is none: "ρ", "copying error"."""
        return self.symbol or self.noun

    @property
    def axis(self) -> str:
        """The label with its unit: "early deaths (share)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def directed(self) -> str:
        """The label and which way is better along an axis: "replication error ρ (← better)"."""
        return self.label + {-1: " (← better)", 0: "", 1: " (better →)"}[self.direction]

    @property
    def fidelity(self) -> str:
        """The noun of what `measured` gives: "copying fidelity" of the copying error, else the noun."""
        return self.noun.replace("error", "fidelity") if self.scale == "error" else self.noun

    @property
    def measured_label(self) -> str:
        """The label of what `measured` gives: "replication fidelity, −log₁₀ ρ", "log₁₀ squared norm Σg²"."""
        if self.scale == "error":
            return f"{self.fidelity}, −log₁₀ {self.symbol or 'error'}"
        return f"log₁₀ {self.label}" if self.log else self.label


_ALL: Final = (
    Trait(
        "accuracy",
        "selection accuracy",
        "",
        "share",
        1,
        "the adult's accuracy on the images that selection uses",
        needs_task=True,
    ),
    Trait(
        "newborn_accuracy",
        "newborn accuracy",
        "",
        "share",
        1,
        "accuracy at birth on the images that selection uses",
        needs_task=True,
        told=False,
    ),
    Trait(
        "test_accuracy",
        "test accuracy",
        "",
        "share",
        1,
        "the adult's accuracy on the test images, which drive nothing",
        needs_task=True,
    ),
    Trait(
        "replication_error",
        "replication error",
        "ρ",
        "error",
        -1,
        "squared error of the adult's emission, as a share of the squared norm of the genome it was born with",
    ),
    Trait(
        "replication_loss",
        "replication loss",
        "L_SR",
        "size",
        0,
        "replication error times squared norm, the seed paper's loss; it falls when weights merely shrink",
        told=False,
    ),
    Trait(
        "copying_error",
        "copying error",
        "",
        "error",
        -1,
        "squared error of the adult's emission against the genome before its birth noise, which is what heredity loses",
    ),
    Trait(
        "self_error",
        "self error",
        "",
        "error",
        -1,
        "squared error of the adult's emission against its own weights; at most 0.1 in a strict quine",
        told=False,
    ),
    Trait("squared_norm", "squared norm", "Σg²", "size", 0, "squared norm of the genome"),
    Trait(
        "task_weight",
        "task weight",
        "",
        "size",
        0,
        "weight of the task beside replication in what a life learns",
        told=False,
    ),
    Trait("learning_rate", "learning rate", "", "size", 0, "step of the optimiser in a life", told=False),
    Trait("mutation", "mutation", "σ", "size", 0, "birth noise", unit="relative to the genome's RMS", told=False),
    Trait("fitness", "fitness", "", "score", 1, "what selection goes by", unit="relative to the island", told=False),
    Trait(
        "early_deaths",
        "early deaths",
        "",
        "share",
        0,
        "share of a generation that died before its end",
        "share",
        told=False,
    ),
)

_OF_A_REGRESSION: Final = (
    Trait(
        "accuracy",
        "explained variance",
        "R²",
        "share",
        1,
        "share of the variance of targets that the adult explains on the images that selection uses",
        needs_task=True,
    ),
    Trait(
        "newborn_accuracy",
        "newborn R²",
        "",
        "share",
        1,
        "explained variance at birth on the images that selection uses",
        needs_task=True,
        told=False,
    ),
    Trait(
        "test_accuracy",
        "test R²",
        "",
        "share",
        1,
        "share of the variance of targets that the adult explains on the test images, which drive nothing",
        needs_task=True,
    ),
)
"""What the scores of the task are in runs that learn a regression."""

_KNOWN: Final = {trait.name: trait for trait in _ALL}
TRAITS: Final[Mapping[str, Trait]] = MappingProxyType(_KNOWN)
"""All traits by name, in the order in which they are told; those of a run's own since it was made or loaded."""


def enter(manifest: Mapping[str, Any]) -> None:
    """Make known what traits a run alone has (its manifest's "columns"), and what its task's scores are ("task").

    A name that a run before gave to a trait of its own is taken to mean the later one, and so are the scores: they are
    explained variances of a regression, and accuracies else. Who shows a run enters it.
    """
    regression = (manifest.get("task") or {}).get("kind") == "regression"
    _KNOWN.update((trait.name, trait) for trait in (_OF_A_REGRESSION if regression else _ALL))
    for column in manifest.get("columns", ()):
        assert column["name"] not in SHIPPED
        _KNOWN[column["name"]] = Trait(**{key: column[key] for key in _DESCRIBED}, own=True)


def score() -> str:
    """What the score of the task is called in words, of the run that was entered last: "accuracy", as a rule."""
    return _KNOWN["accuracy"].noun.removeprefix("selection ")


def spoken(text: str) -> str:
    """A text of ours that says "accuracy" where it means `score`."""
    return re.sub(r"\bAccuracy\b", score().capitalize(), re.sub(r"\baccuracy\b", score(), text))


SHIPPED: Final = frozenset(_KNOWN)
"""Names of those that are no run's own."""

_DESCRIBED: Final = ("name", "noun", "symbol", "scale", "direction", "meaning", "unit")

OF_A_TASK: Final = tuple(trait.name for trait in _ALL if trait.needs_task)
"""Traits that only a run with a task has: accuracies."""

STORED: Final = tuple(name for name in TRAITS if name in (*schema.SCORES, *schema.LIFE_HISTORY))
"""Traits with a column in a run folder, life-history traits where they are heritable."""

MAIN: Final = ("accuracy", "replication_error", "copying_error")
"""Those that trade, of which assays and reports tell."""

SCORED: Final = tuple(name for name in TRAITS if name in (*schema.SCORES, "test_accuracy", "replication_loss"))
"""Traits that everybody on record is scored by; test_accuracy only in a run's last generation."""

TOLD: Final = tuple(trait.name for trait in _ALL if trait.told)
"""Columns of tables that have no room for all; test_accuracy only of a run's last generation."""

DRAWN: Final = tuple(name for name in TOLD if name in STORED)
"""Those of `TOLD` that are there generation by generation."""


def there(names: Iterable[str], has_task: bool) -> tuple[str, ...]:
    """Those of some traits that a run has, with a task or without."""
    return tuple(name for name in names if has_task or not TRAITS[name].needs_task)


def floored(values: ArrayLike) -> Doubles:
    """[...] values as a logarithmic axis holds them: at least `SMALLEST`, NaN where not finite or negative."""
    array = np.asarray(values, np.float64)
    return np.where(np.isfinite(array) & (array >= 0), np.maximum(array, SMALLEST), np.nan)


def log10(values: ArrayLike) -> Doubles:
    """[...] log10 of `floored` values."""
    return np.log10(floored(values))


def drawn(trait: str, values: ArrayLike) -> Doubles:
    """[...] values as the trait's axis holds them: `floored` if it is logarithmic, else as they are."""
    return floored(values) if TRAITS[trait].log else np.asarray(values, np.float64)


def measured(trait: str, values: ArrayLike) -> Doubles:
    """[...] values of a trait on the scale on which more is fitter: shares as they are, −log10 of errors, log10 else.

    NaN where there is no value.
    """
    array = np.asarray(values, np.float64)
    if not TRAITS[trait].log:
        return np.where(np.isfinite(array), array, np.nan)
    return -log10(array) if TRAITS[trait].scale == "error" else log10(array)


def natural(trait: str, values: ArrayLike) -> Doubles:
    """[...] a trait's values in its own unit, from those that `measured` gives."""
    array = np.asarray(values, np.float64)
    if not TRAITS[trait].log:
        return array
    return 10.0**-array if TRAITS[trait].scale == "error" else 10.0**array
