"""Measures: columns of births that a configuration adds, each a function of a finished life, and how often it is taken.

A user puts `measure` above a function of a `Life` and names it under `measures`. `own` finds those of a configuration,
`on_trial` calls them with a made-up life before anything is made, `take` with a real one.

A measure is taken in generations that its `every` divides; in between it is NaN. The last generation is none of its
own: whether a measure is taken never depends on how long a run is, so that an extended run has the births that it would
have had.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from alife import plugins, schema
from alife.configuration.keys import RunConfig
from alife.evolution.handed import numbers
from alife.plugins import Found
from alife.streams import Stream, rng
from alife.traits import Scale

Floats = NDArray[np.float32]
Function = TypeVar("Function", bound=Callable[..., Any])

TAKES: Final = ("life",)
"""What a measure is called with, before its parameters."""
LONGEST: Final = {"noun": 40, "symbol": 10, "unit": 40, "meaning": 200}
"""Characters of a description at most, so that it fits the labels that are made of it."""
_DESCRIPTION: Final = "__alife_measure__"
_TRIAL: Final = "on trial, with a made-up life"


@dataclass(frozen=True)
class Life:
    """What a measure is given: one generation of one island, after its life and before anybody is selected.

    Arrays are numpy, in slot order, and read-only. They are the measure's own: nothing that it does to them reaches a
    birth.

    Attributes:
        genomes: [P, N] float32, weights at birth.
        adults: [P, N] float32, weights at the end of life.
        emitted: [P, N] float32, what the adults printed; children are made of it.
        columns: `schema.SCORES` and heritable traits by name, [P] float32 each.
        living: [P] bool, who lived to the end; rows of the others may be anything.
        generation: When.
        island: Where.
        rng: A generator of this measure's own, keyed by seed, generation, island and the measure's name.

    Example:
        >>> import alife
        >>> @alife.measure(noun="growth", scale="size", meaning="norm of the adult, as a factor of the newborn's")
        ... def growth(life: alife.Life):
        ...     return ((life.adults**2).sum(axis=1) / (life.genomes**2).sum(axis=1)) ** 0.5
    """

    genomes: Floats
    adults: Floats
    emitted: Floats
    columns: Mapping[str, Floats]
    living: NDArray[np.bool_]
    generation: int
    island: int
    rng: np.random.Generator
    _accuracy: Callable[[Floats], Floats] = field(repr=False)
    _emit: Callable[[Floats], Floats] = field(repr=False)

    def accuracy(self, networks: NDArray[Any]) -> Floats:
        """[n] float32 accuracy of networks [n, N] on the images that selection uses; 0 without a task.

        Raises:
            ValueError: They are not [n, N].
        """
        return self._accuracy(self._networks(networks))

    def emit(self, networks: NDArray[Any]) -> Floats:
        """[n, N] float32: what networks [n, N] print.

        Raises:
            ValueError: They are not [n, N].
        """
        return self._emit(self._networks(networks))

    def _networks(self, networks: NDArray[Any]) -> Floats:
        given, n = np.array(networks, np.float32), self.genomes.shape[1]
        if given.ndim != 2 or given.shape[1] != n:
            raise ValueError(f"networks of shape {given.shape}: [n, {n}] is expected, a row a network")
        return given


def measure(
    *not_described: Any,
    noun: str = "",
    symbol: str = "",
    unit: str = "",
    scale: Scale = "score",
    direction: Literal[-1, 0, 1] = 0,
    meaning: str = "",
) -> Callable[[Function], Function]:
    """Describe a function of a finished life, so that a configuration can name it as a measure.

    The function is given a `Life` and, if it takes them, its parameters, and returns one number an individual, [P]. It
    is left as it is, and can be called as before.

    Args:
        not_described: Nothing: a description goes by name.
        noun: What tables and axes call it, as in "sparsity"; needed.
        symbol: As in equations, if it has one.
        unit: If it has one.
        scale: `share` and `score` are drawn and compared as they are; `error` (at least 0, less is better) and `size`
            (above 0) by their logarithm, as factors.
        direction: 1 if more is better, -1 if less is, 0 if neither.
        meaning: One line.

    Raises:
        TypeError: It is put above a function without a description.
        ValueError: The description is not of this form; the line says what is expected.

    Example:
        >>> import alife
        >>> @alife.measure(noun="sparsity", scale="share", meaning="share of the adult's weights that are tiny")
        ... def sparsity(life):
        ...     return (abs(life.adults) < 1e-3).mean(axis=1)
    """
    if not_described or not noun:
        raise TypeError('alife.measure needs a description: put it as @alife.measure(noun="what tables call it")')
    texts = {"noun": noun, "symbol": symbol, "unit": unit, "meaning": meaning}
    for name, text in texts.items():
        if not isinstance(text, str) or not text.isprintable() or "$" in text or len(text) > LONGEST[name]:
            raise ValueError(
                f"alife.measure: {name}: one line of at most {LONGEST[name]} characters, no $, is expected"
            )
    if scale not in get_args(Scale):
        raise ValueError(f"alife.measure: scale: {scale!r} is not among {', '.join(get_args(Scale))}")
    if isinstance(direction, bool) or direction not in (-1, 0, 1):
        raise ValueError(f"alife.measure: direction: {direction!r} is not among -1, 0, 1")
    description = MappingProxyType({**texts, "scale": scale, "direction": direction})

    def described(function: Function) -> Function:
        setattr(function, _DESCRIPTION, description)
        return function

    return described


def key_of(name: str) -> str:
    """The configuration key of a measure."""
    return f"measures.{name}"


def own(config: RunConfig, again: bool = False) -> dict[str, Found]:
    """Measures of the user's own by name, in the order of the configuration.

    Args:
        config: The run's.
        again: As of `plugins.find`.

    Raises:
        UserError: As of `plugins.find`; or one has no description.
    """
    out = {}
    for name, asked in config.measures.items():
        if asked.object is not None:
            out[name] = plugins.find(key_of(name), asked.object, asked.parameters, TAKES, again)
            if not hasattr(out[name].call, _DESCRIPTION):
                raise out[name].error('has no description: put @alife.measure(noun="what tables call it") above it')
    return out


def column(name: str, found: Found, every: int) -> dict[str, Any]:
    """The column of births that a measure adds, as the manifest lists it."""
    return {"name": name, "dtype": "float32", **getattr(found.call, _DESCRIPTION), "every": every}


def every(config: RunConfig, name: str) -> int:
    """How many generations lie between two in which a score or measure is taken."""
    return config.measures[name].every if name in config.measures else 1


def is_due(config: RunConfig, name: str, generation: int) -> bool:
    """Whether a score or measure is taken in a generation."""
    return generation % every(config, name) == 0


def left_out(config: RunConfig, generation: int) -> frozenset[str]:
    """Columns that are not taken in a generation."""
    return frozenset(name for name in config.measures if not is_due(config, name, generation))


def each_generation(config: RunConfig) -> tuple[str, ...]:
    """Measures of the user's own that are taken in every generation, so that a scheme can select on them."""
    return tuple(name for name, asked in config.measures.items() if asked.object is not None and asked.every == 1)


def take(config: RunConfig, measures: Mapping[str, Found], life: Life) -> dict[str, Floats]:
    """The columns that measures add to a generation of an island.

    Args:
        config: The run's.
        measures: As of `own`.
        life: Whose; each measure gets it with a random generator of its own.

    Returns:
        [P] float32 by name; NaN in a generation that is not due or that nobody survived, and where a measure gives a
        number that is not finite or beyond float32.

    Raises:
        UserError: A measure failed, or what it gave is not one number an individual.
    """
    where = f"in generation {life.generation} on island {life.island}"
    nothing = np.full(len(life.living), np.nan, np.float32)
    return {
        name: _taken(found, _for(name, life, config.seed), where)
        if is_due(config, name, life.generation) and life.living.any()
        else nothing
        for name, found in measures.items()
    }


def on_trial(config: RunConfig, measures: Iterable[Found], n_weights: int) -> None:
    """Call measures with a made-up life, so that one that is wrong is found before anything is made.

    The life has as many weights as the run's, but three individuals at most. The last of several has died: its adult
    and what it prints are NaN.

    Args:
        config: The run's.
        measures: As of `own`.
        n_weights: N.

    Raises:
        UserError: One fails, or what it gives is not one number an individual.
    """
    draw, size = np.random.default_rng(0), min(config.population.size, 3)
    genomes, adults, emitted = draw.normal(0, 0.1, (3, size, n_weights)).astype(np.float32)
    living = np.arange(size) < max(1, size - 1)
    adults[~living], emitted[~living] = np.nan, np.nan
    names = (*schema.SCORES, *config.reproduction.heritable)
    columns = {name: np.where(living, draw.random(size), np.nan).astype(np.float32) for name in names}
    life = made(
        genomes=genomes,
        adults=adults,
        emitted=emitted,
        columns=columns,
        living=living,
        generation=0,
        island=0,
        accuracy=lambda networks: np.linspace(0.1, 0.9, len(networks), dtype=np.float32),
        emit=np.negative,
    )
    for found in measures:
        once, again = (_taken(found, _for(found.key, life, config.seed), _TRIAL) for _ in range(2))
        if not np.array_equal(once, again, equal_nan=True):
            raise found.error("gives other numbers when it is called again: take random ones from life.rng")


def made(
    *,
    genomes: Floats,
    adults: Floats,
    emitted: Floats,
    columns: Mapping[str, Floats],
    living: NDArray[np.bool_],
    generation: int,
    island: int,
    accuracy: Callable[[Floats], Floats],
    emit: Callable[[Floats], Floats],
) -> Life:
    """A life whose arrays are read-only; `columns`, `living` and `emitted`, which are used again, are copied."""
    own_columns = MappingProxyType({name: _sealed(values.copy()) for name, values in columns.items()})
    arrays = _sealed(genomes), _sealed(adults), _sealed(emitted.copy())
    alive = _sealed(living.copy())
    return Life(*arrays, own_columns, alive, generation, island, np.random.default_rng(0), accuracy, emit)


def _sealed(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values


def _for(name: str, life: Life, seed: int) -> Life:
    draw = rng(seed, Stream.MEASURE, life.generation, life.island, zlib.crc32(name.encode()))
    return replace(life, rng=draw)


def _taken(found: Found, life: Life, where: str) -> Floats:
    size = len(life.living)
    with np.errstate(all="ignore"):
        given = found(life, where=where)
        expected = f"one number an individual, an array of {size}, is expected"
        column = numbers(found, given, size, where, expected).astype(np.float32)
    return np.where(np.isfinite(column), column, np.float32(np.nan))
