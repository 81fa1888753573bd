"""One generation of one island: newborns → adults → scores, and what the adults emit. A pure function.

Make a `Habitat` (`alife.evolution.habitat`) once for a configuration, then call `lifetime` for each island and
generation; or `lived` for parts of a large island, on several workers, and `whole` for what they make together. Given
the configuration and the physics, the same newborns of the same generation and island give the same scores and the same
emissions, on any worker, as often as one asks.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution import measuring
from alife.evolution.habitat import Habitat, Images
from alife.evolution.reproduction import Floats, Newborns, causes_of_death, trait
from alife.evolution.selection import fitness
from alife.organism import measures
from alife.organism.kernel.products import computing
from alife.plugins import Found
from alife.streams import Stream, rng


@dataclass(frozen=True)
class Scores:
    """What a generation of one island achieved, in slot order.

    Attributes:
        columns: `schema.SCORES` and measures → [P] float32; errors are NaN and accuracy 0 where an individual diverged.
        causes: [P] names of `schema.CAUSES`.
        test_accuracy: [P] float32 on the test images, only where it was asked for.
        seconds: Wall-clock by phase ("birth", "life", "emission", "scoring", and "measures" where there are any).
        fittest: Slot, adult [N] and genome [N] of the fittest that lived, only where test images were asked for.
        answers: [P, C, C] float32 of the images that selection uses, only where they were asked for: of those of class
            a, the share that each answered b.
    """

    columns: dict[str, Floats]
    causes: NDArray[np.str_]
    test_accuracy: Floats | None
    seconds: dict[str, float]
    fittest: tuple[int, Floats, Floats] | None = None
    answers: Floats | None = None

    @property
    def living(self) -> NDArray[np.bool_]:
        """[P] who lived to reproduce."""
        return self.causes == schema.CAUSES[0]


@dataclass(frozen=True)
class Part:
    """What newborns in neighbouring slots of an island came to.

    Attributes:
        scores: Theirs; nobody is the fittest yet.
        emitted: [p, N] float32 that they printed.
        adults: [p, N] float32 that they became, only where test images were asked for.
        genomes: [p, N] float32 that they were born with, likewise.
    """

    scores: Scores
    emitted: Floats
    adults: Floats | None = None
    genomes: Floats | None = None


def lifetime(
    habitat: Habitat,
    newborns: Newborns,
    generation: int,
    island: int,
    collapse_norm: float,
    test: bool = False,
    measures: Mapping[str, Found] = MappingProxyType({}),
    answers: bool = False,
    prefer: Callable[[Scores], int | None] | None = None,
) -> tuple[Scores, Floats]:
    """Birth, life and scoring of one island's generation, with the threads that the configuration says.

    Args:
        habitat: Where.
        newborns: Who; at least one.
        generation: When, for the random streams.
        island: Where on the map, for the random streams.
        collapse_norm: ‖θ‖ below which an adult has collapsed.
        test: Touch the test images too.
        measures: The user's own, as of `alife.evolution.measuring.own`.
        answers: Say of each image class what was answered, too.
        prefer: Who is the fittest, if not by the mix of accuracy and ρ: slot or None, given the scores.

    Returns:
        Scores, and the emitted genomes [P, N] float32 of which children are conceived.

    Raises:
        UserError: A measure failed, or what it gave is not one number an individual.
    """
    part = lived(habitat, newborns, generation, island, collapse_norm, test, measures, answers)
    return whole(habitat.config, [part], prefer), part.emitted


def lived(
    habitat: Habitat,
    newborns: Newborns,
    generation: int,
    island: int,
    collapse_norm: float,
    test: bool,
    measures: Mapping[str, Found],
    answers: bool,
    first: int = 0,
) -> Part:
    """Birth, life and scoring of an island's newborns, or of those in neighbouring slots of it.

    Arguments as of `lifetime`, and `first`: the slot of the first of them. Who is computed together with whom is the
    same as in the whole island if it is a multiple of `Habitat.together`.

    Raises:
        UserError: As `lifetime`.
    """
    where = f"in generation {generation} on island {island}"
    with computing(habitat.config.life.threads), habitat.telling(where):
        scores, adults, genomes, emitted = _lived(
            habitat, newborns, generation, island, collapse_norm, test, measures, answers, first
        )
    kept = [each.numpy(force=True) for each in (adults, genomes)] if test else []
    return Part(scores, emitted.numpy(force=True), *kept)


def whole(config: RunConfig, parts: Sequence[Part], prefer: Callable[[Scores], int | None] | None = None) -> Scores:
    """The scores of an island of its parts, in the order of their slots, and its fittest where test images were seen.

    Args:
        config: The run's.
        parts: All of them.
        prefer: As of `lifetime`.
    """
    scores = _joined([part.scores for part in parts])
    if scores.test_accuracy is None:
        return scores
    best, start = prefer(scores) if prefer else _fittest(config, scores), 0
    for part in parts:
        if best is not None and start <= best < start + len(part.emitted):
            assert part.adults is not None
            assert part.genomes is not None
            here = best - start
            return replace(scores, fittest=(best, part.adults[here].copy(), part.genomes[here].copy()))
        start += len(part.emitted)
    return scores


def _joined(parts: Sequence[Scores]) -> Scores:
    """Scores of slots one after another; seconds are added."""
    if len(parts) == 1:
        return parts[0]
    seconds = sum((Counter(part.seconds) for part in parts), Counter[str]())
    tested = [part.test_accuracy for part in parts if part.test_accuracy is not None]
    answers = [part.answers for part in parts if part.answers is not None]
    return Scores(
        columns={name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns},
        causes=np.concatenate([part.causes for part in parts]),
        test_accuracy=np.concatenate(tested) if tested else None,
        seconds=dict(seconds),
        answers=np.concatenate(answers) if answers else None,
    )


def _lived(
    habitat: Habitat,
    newborns: Newborns,
    generation: int,
    island: int,
    collapse_norm: float,
    test: bool,
    own: Mapping[str, Found],
    asked: bool,
    first: int,
) -> tuple[Scores, Tensor, Tensor, Tensor]:
    """Scores, and what adults, genomes and emissions they are of, [P, N] each."""
    seconds: dict[str, float] = {}
    clock = _Clock(habitat.device, seconds)

    genomes = habitat.born(newborns)
    clock("birth")

    adults = _grown(habitat, genomes, newborns, generation, island, first)
    clock("life")

    emitted = habitat.emit(adults)
    clock("emission")

    norms = torch.linalg.vector_norm(adults, dim=1)
    errors = measures.relative_error(emitted, genomes)
    columns = {
        "replication_error": errors,
        "copying_error": measures.relative_error(emitted, habitat.tensor(newborns.messages)),
        "self_error": measures.relative_error(emitted, adults),
        "squared_norm": measures.squared_norm(genomes),
    }
    causes = causes_of_death(norms.numpy(force=True), errors.numpy(force=True), collapse_norm)
    scores = {name: _finite_or_nan(column.numpy(force=True)) for name, column in columns.items()}
    images = habitat.shown(generation, island)
    scores["accuracy"] = habitat.accuracy_on(images, adults)
    if measuring.is_due(habitat.config, "newborn_accuracy", generation):
        scores["newborn_accuracy"] = habitat.accuracy_on(images, genomes)
    else:
        scores["newborn_accuracy"] = np.full(len(genomes), np.nan, np.float32)
    answers = habitat.answers(adults, images) if asked and images else None
    tested = habitat.accuracy(adults, "test") if test else None
    clock("scoring")
    if own:
        scores |= _measured(
            habitat, own, newborns, (genomes, adults, emitted), images, scores, causes, generation, island
        )
        clock("measures")
    return Scores(scores, causes, tested, seconds, answers=answers), adults, genomes, emitted


def _measured(
    habitat: Habitat,
    own: Mapping[str, Found],
    newborns: Newborns,
    networks: tuple[Tensor, Tensor, Tensor],
    images: Images | None,
    scores: Mapping[str, Floats],
    causes: NDArray[np.str_],
    generation: int,
    island: int,
) -> dict[str, Floats]:
    """Columns of measures; networks are genomes, adults and what these printed, which none of them can change."""
    config = habitat.config
    if not any(measuring.is_due(config, name, generation) for name in own):
        return {name: np.full(len(causes), np.nan, np.float32) for name in own}
    genomes, grown, emitted = (each.numpy(force=True) for each in networks)
    life = measuring.made(
        genomes=genomes,
        adults=grown,
        emitted=emitted,
        columns={**scores, **{name: newborns.traits[name] for name in config.reproduction.heritable}},
        living=causes == schema.CAUSES[0],
        generation=generation,
        island=island,
        accuracy=lambda networks: habitat.accuracy_on(images, habitat.tensor(networks)),
        emit=habitat.emitted,
    )
    return measuring.take(config, own, life)


def adults(habitat: Habitat, newborns: Newborns, generation: int, island: int) -> Tensor:
    """What one island's newborns become: [P, N] weights after the life that `lifetime` gives them.

    Arguments as of `lifetime`.
    """
    where = f"in generation {generation} on island {island}"
    with computing(habitat.config.life.threads), habitat.telling(where):
        return _grown(habitat, habitat.born(newborns), newborns, generation, island)


def _grown(
    habitat: Habitat, genomes: Tensor, newborns: Newborns, generation: int, island: int, first: int = 0
) -> Tensor:
    config = habitat.config
    first = 0 if config.life.environment == "shared" else first

    def stream(slot: int) -> np.random.Generator:
        return rng(config.seed, Stream.LIFE, generation, island, first + slot)

    rates, weights = (trait(config, newborns, name) for name in ("learning_rate", "task_weight"))
    return habitat.live(genomes, config.life, rates, weights, stream)


def _fittest(config: RunConfig, scores: Scores) -> int | None:
    """Slot of the highest fitness among those that lived; None if nobody did."""
    living = np.flatnonzero(scores.living)
    if not len(living):
        return None
    traits = scores.columns["accuracy"][living], scores.columns["replication_error"][living]
    return int(living[int(np.argmax(fitness(*traits, config.selection.accuracy_weight, "tournament")))])


def _finite_or_nan(column: Floats) -> Floats:
    return np.where(np.isfinite(column), column, np.float32(np.nan)).astype(np.float32)


class _Clock:
    """Notes the seconds since the last call under a name, the device's queue included."""

    def __init__(self, device: torch.device, seconds: dict[str, float]):
        self.wait: Callable[[], None] = torch.cuda.synchronize if device.type == "cuda" else lambda: None
        self.seconds, self.last = seconds, time.perf_counter()

    def __call__(self, name: str) -> None:
        self.wait()
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now
