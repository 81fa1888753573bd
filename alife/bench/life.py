"""`alife bench life`: how fast individuals live, emit and are scored, against what the same core can do otherwise.

Speeds are ratios of CPU times on one core, taken in turns in one process. The roof is a float32 product of 1024³ by
each of torch's two libraries; where a floor is to hold, it is to hold against the faster.
"""

import importlib.util
from collections.abc import Iterator, Mapping
from typing import TypeVar

import numpy as np
from pydantic import BaseModel

from alife.bench import costs
from alife.bench.rivals import jax_population, one_after_another
from alife.bench.settings import ALL, DEFAULT, SMALL, TINY, VANILLA, features_of, genomes_of, life_of, physics_of
from alife.bench.timing import GEMM, Call, Figure, figure, gemms, half_gemm, in_turns, pinned, threads_elsewhere
from alife.configuration.keys import Measurement, RunConfig
from alife.errors import UserError
from alife.evolution.habitat import Habitat, check_precision
from alife.evolution.island import lifetime
from alife.evolution.reproduction import founders

LATER = 1_000
"""Generations between two in which something is measured that is not measured here."""

Section = TypeVar("Section", bound=BaseModel)

RIVALS = 2, 4, 8, 16, 24
"""Populations of which JAX's best is taken."""


def bench() -> Iterator[Figure]:
    """Every figure, as it is measured; about two minutes. JAX comes last: no process may be forked after it."""
    yield from costs.memory()
    with pinned():
        for part in (_roofs, _life, _emission, _one_after_another, _bfloat16, _generation):
            yield from part()
        yield from costs.on_one_core()
        yield from _jax()


def quick() -> Iterator[Figure]:
    """Lives and emission against the fastest product of this machine, and fused passes against torch's: a minute."""
    with pinned():
        roofs = gemms()
        taken = in_turns(roofs)
        best = {"the best sgemm": roofs[min(roofs, key=lambda name: float(np.median(taken[name])))]}
        yield from _life(best)
        yield from _emission(best)


def _roofs() -> Iterator[Figure]:
    for name, taken in in_turns(gemms()).items():
        yield figure(f"{name}, 1024³, one core", GEMM / taken / 1e9, "GFLOP/s")


def _life(roofs: Mapping[str, Call] | None = None) -> Iterator[Figure]:
    roofs = roofs or gemms()
    for setting in ALL:
        by_torch = {"torch": life_of(setting.but(passes="torch"))} if setting.config.life.passes == "fused" else {}
        taken = in_turns({**roofs, "life": life_of(setting), **by_torch})
        aim = {VANILLA: (0.70, 0.80), DEFAULT: (0.75, 0.85)}.get(setting)
        each = taken["life"] / setting.individual_steps
        for roof in roofs:
            share = taken[roof] / GEMM / each
            needed = f"{np.median(share) * setting.needed:.2f} by the FLOPs that are needed"
            name = f"life, {setting.name}, 6·N·batch, against {roof}"
            yield figure(name, share * setting.conventional, aim=aim, note=needed)
        if by_torch:
            yield figure(f"life, {setting.name}, fused passes against torch's", taken["torch"] / taken["life"])


def _emission(roofs: Mapping[str, Call] | None = None) -> Iterator[Figure]:
    roofs, physics, adults = roofs or gemms(), physics_of(VANILLA.shape), genomes_of(VANILLA.shape)
    habitat, other = (Habitat(each.config, physics) for each in (VANILLA, VANILLA.but(passes="torch")))
    by_torch = {"torch": lambda: other.emit(adults)} if habitat.config.life.passes == "fused" else {}
    taken = in_turns({**roofs, "emission": lambda: habitat.emit(adults), **by_torch})
    flops = 2 * VANILLA.shape.n_weights**2 * len(adults)
    for roof in roofs:
        share = taken[roof] / GEMM * flops / taken["emission"]
        yield figure(f"emission, 2·N², against {roof}", share, aim=(0.60, 0.75))
    if by_torch:
        yield figure("emission, fused passes against torch's", taken["torch"] / taken["emission"])


def _one_after_another() -> Iterator[Figure]:
    for setting in (TINY, SMALL, VANILLA):
        features, life = features_of(setting.shape), setting.config.life
        one = genomes_of(setting.shape, 1)[0]
        loop, gradient = (one_after_another(features, life, one, 0, optimizer=whole) for whole in (True, False))
        taken = in_turns({"life": life_of(setting), "loop": loop, "gradient": gradient})
        mine = taken["life"] / setting.individual_steps
        aim = (5.0, 10.0) if setting is TINY else None
        alone = f"{np.median(taken['gradient'] / life.steps / mine):.2f} against its gradients without an optimiser"
        name = f"life, {setting.name}, against one network after another (autograd, torch.optim)"
        yield figure(name, taken["loop"] / life.steps / mine, aim=aim, note=alone)


def _jax() -> Iterator[Figure]:
    if importlib.util.find_spec("jax") is None:
        yield figure("life against JAX", float("nan"), note="JAX is not installed: the extra 'bench' brings it")
        return
    for setting in (VANILLA, SMALL, TINY):
        features, life = features_of(setting.shape), setting.config.life
        rivals = {size: jax_population(features, life, genomes_of(setting.shape, size)) for size in RIVALS}
        taken = in_turns({"life": life_of(setting)} | {str(size): rival for size, rival in rivals.items()})
        size = min(rivals, key=lambda size: float(np.median(taken[str(size)])) / size)
        share = taken[str(size)] / (size * life.steps) / (taken["life"] / setting.individual_steps)
        aim = {VANILLA: (1.0, 1.4), TINY: (1.0, 1.2)}.get(setting)
        edge = ", the smallest tried" if size == min(RIVALS) else ", the largest tried" if size == max(RIVALS) else ""
        note = f"its best population, {size}{edge}; {threads_elsewhere()} threads of the process on another core"
        yield figure(f"life, {setting.name}, against JAX (vmap, scan, jit)", share, aim=aim, note=note)


def _bfloat16() -> Iterator[Figure]:
    for setting in (VANILLA, DEFAULT):
        wide, narrow = setting.but(passes="torch"), setting.but(precision="bfloat16")
        try:
            check_precision(narrow.config)
        except UserError as error:
            yield figure("life in bfloat16 against float32", float("nan"), note=str(error))
            return
        lives = {"float32": life_of(wide), "fused": life_of(setting), "bfloat16": life_of(narrow)}
        taken = in_turns(lives | gemms() | {"half": half_gemm()})
        roof = np.min([taken[name] for name in gemms()], axis=0) / taken["half"]
        note = f"a product of 1024³: {np.median(roof):.2f}, so more cannot be had"
        if setting.config.life.passes == "fused":
            note += f"; against float32 in fused loops {np.median(taken['fused'] / taken['bfloat16']):.2f}"
        share = taken["float32"] / taken["bfloat16"]
        yield figure(
            f"life in bfloat16 against float32, both by torch, {setting.name}", share, aim=(1.3, 1.6), note=note
        )


def _generation() -> Iterator[Figure]:
    """A default generation of one island; by torch's calls, and with what selection does not need left out."""
    default = DEFAULT.config
    lean = _but(default, measures={"newborn_accuracy": Measurement(every=LATER)})
    generations = {
        "as it is": default,
        "by torch": DEFAULT.but(passes="torch").config,
        "newborns not scored": lean,
        "newborns not scored, selection on 2,000 images": _but(lean, selection=_but(default.selection, images=2_000)),
    }
    spent = {name: Generation(config) for name, config in generations.items()}
    taken = in_turns({name: generation.live for name, generation in spent.items()})
    speed = DEFAULT.size / taken["as it is"]
    yield figure("individuals a second on one core, default generation", speed, "1/s", note=spent["as it is"].shares())
    for name in list(generations)[2:]:
        aim = (1.5, 2.5 if "images" in name else 2.0)
        share = taken["by torch"] / taken[name]
        note = spent[name].shares()
        yield figure(f"default generation, {name}, against all of it by torch's calls", share, aim=aim, note=note)


class Generation:
    """A generation of an island, again and again, and what each phase of it took."""

    def __init__(self, config: RunConfig):
        self._habitat = Habitat(config, physics_of(DEFAULT.shape))
        self._newborns = founders(config, DEFAULT.shape.n_weights, 0)
        self._phases: dict[str, list[float]] = {}

    def live(self) -> None:
        """Once more."""
        for phase, seconds in lifetime(self._habitat, self._newborns, 1, 0, 0.0)[0].seconds.items():
            self._phases.setdefault(phase, []).append(seconds)

    def shares(self) -> str:
        """Of the phases, in words."""
        middle = {phase: float(np.median(seconds)) for phase, seconds in self._phases.items()}
        return ", ".join(f"{phase} {seconds / sum(middle.values()):.0%}" for phase, seconds in middle.items())


def _but(section: Section, **values: object) -> Section:
    return section.model_copy(update=values)
