"""What each figure is drawn of, tiny and the same every time: synthetic runs, planted assays, planted networks.

`figures(folder)` gives every figure of `analysis.figures.registry.FIGURES` with its data, ready to be drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.assays import Result
from analysis.assays.results import ASSAYS
from analysis.data.run import Run, load_run
from analysis.figures.registry import FIGURES
from analysis.paper import Results
from tests.support.synthetic import synthetic_run, write_run

WORLDS: dict[str, dict[str, Any]] = {
    "w=0": {"accuracy_weight": 0.0},
    "w=1": {"accuracy_weight": 1.0},
    "shuffled": {"scheme": "shuffled"},
}
EXPERIMENTS = ("E0", "E2", "E5", "E6", "E7", "tradeoff", "strict", "fertility", "contraction")
"""One of each kind of figure of the seed paper."""


def figures(folder: Path) -> dict[str, Callable[..., Any]]:
    """Every figure, and one of each kind of the seed paper's, by name.

    Args:
        folder: Takes the runs of a sweep, as their assays lie beside them.
    """
    run, paper = synthetic_run(10, 2, 12), planted_paper()
    data: dict[str, Sequence[Any]] = {"run": [run], "treatments": [planted_sweep(folder)]}
    data["replays"] = [run, planted_replays(run)]
    out: dict[str, Callable[..., Any]] = {}
    for name, figure in FIGURES.items():
        if figure.takes == "paper":
            out |= {f"{name}_{one}": partial(figure.draw, paper, one) for one in EXPERIMENTS}
        elif figure.takes == "assay":
            out[name] = partial(figure.draw, planted_assay(name))
        else:
            out[name] = partial(figure.draw, *data[figure.takes])
    return out


def planted_sweep(folder: Path) -> Mapping[str, Sequence[Run]]:
    """Three treatments × three seeds with assays."""
    from tests.analysis.report.test_report import plant_assays

    out: dict[str, list[Run]] = {name: [] for name in WORLDS}
    for number, (name, world) in enumerate(WORLDS.items()):
        for seed in range(3):
            place = write_run(folder / name / f"seed-{seed}", synthetic_run(10, 2, 8, seed, **world))
            plant_assays(place, seed + 10 * number, -0.4 * number, 0.1 * number)
            out[name].append(load_run(place))
    return out


def planted_replays(run: Run) -> Sequence[Run]:
    """Four replays of a run from generation 4, each with a drift of its own."""
    out = []
    for seed in range(4):
        births = run.births.query("generation >= 4").reset_index(drop=True)
        births["accuracy"] += 0.01 * np.random.default_rng(seed).normal() * (births["generation"] - 4)
        generations = run.generations.query("generation >= 4")
        out.append(replace(run, path=f"fork/seed-{seed}", births=births, generations=generations))
    return out


def planted_assay(name: str) -> Result:
    """An assay's result from tables that are drawn at random, always the same."""
    about = {"assay": name, "name": "planted", "run": "planted", "generations": [3, 9], "seed": 0, "replicates": 5}
    about |= {"mutation": 0.05, "weights": 1000, "scheme": "tournament"}
    frames = TABLES[name](np.random.default_rng(0))
    rows, statements = ASSAYS[name](frames, about)
    return Result(about, rows, statements, (), frames)


def _scores(rng: np.random.Generator, n: int, better: Any = 0.0) -> dict[str, Any]:
    errors = {f"{kind}_error": 10 ** (-2 - 0.1 * rng.normal(better, 1, n)) for kind in ("replication", "copying")}
    return {"accuracy": 0.6 + 0.01 * rng.normal(better, 1, n), **errors}


def _keys(**levels: Sequence[Any]) -> pd.DataFrame:
    return pd.MultiIndex.from_product(levels.values(), names=list(levels)).to_frame(index=False)


def _garden(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    keys = _keys(generation=(0, 3, 9), genome=range(12), replicate=range(5))
    ids = keys["genome"] + 1_000_000 * keys["generation"]
    scores = _scores(rng, len(keys), keys["generation"] / 4)
    return {"lives": keys.assign(id=ids, island=keys["genome"] % 2, **scores)}


def _within_life(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    keys = _keys(generation=(0, 9), id=range(12), replicate=range(2), task_weight=(0.0, 0.01, 0.1, 1.0))
    return {"weights": keys.assign(**_scores(rng, len(keys), np.log10(keys["task_weight"] + 0.01)))}


def _fertility(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    keys = _keys(learning=(True, False), noise=(True, False), id=range(6), replicate=range(2), descent=range(1, 7))
    steps = keys["descent"] * (1 + keys["noise"] + 2 * ~keys["learning"])
    error = 0.01 * steps * np.exp(0.3 * rng.normal(size=len(keys)))
    columns = {"founder_error": error, "replication_error": error / 2, "norm_ratio": np.exp(-error)}
    return {"descent": keys.assign(**columns, accuracy=0.6 - error / 2)}


def _mutation(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    keys = _keys(id=range(8), emission=range(1, 6))
    spread = {name: rng.normal(level, 0.1, len(keys)) for name, level in (("projection", 0.2), ("carried", 0.6))}
    probes = _keys(id=range(8), epsilon=(0.01, 0.02), probe=range(3))
    traces = {name: rng.normal(level, 3, len(probes)) for name, level in (("trace", 30), ("gain", 10))}
    lives = _keys(noisy=(True, False), id=range(16), replicate=range(4))
    return {
        "retention": keys.assign(**spread, size=0.3 + spread["projection"] ** 2),
        "dimension": probes.assign(**traces),
        "effects": lives.assign(**_scores(rng, len(lives), -1.0 * lives["noisy"])),
    }


def _dfe(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    lives = _keys(generation=(3, 9), noisy=(True, False), id=range(24), replicate=range(4))
    own = rng.normal(0, 2, 48)[24 * (lives["generation"] == 9) + lives["id"]]
    return {"effects": lives.assign(**_scores(rng, len(lives), (own - 1) * lives["noisy"]))}


def _epistasis(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    lives = _keys(generation=(3, 9), first=(False, True), second=(False, True), id=range(16), replicate=range(4))
    return {"mutants": lives.assign(**_scores(rng, len(lives), -1.0 * (lives["first"] | lives["second"])))}


def _complexity(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    lives = _keys(generation=(3, 9), part=range(-1, 8), id=range(8), replicate=range(4))
    lost = -3.0 * ((lives["part"] >= 0) & (lives["part"] < 2 + lives["generation"] // 4))
    scores = _scores(rng, len(lives), lost)
    out = {"elsewhere": scores["replication_error"], "elsewhere_intact": _scores(rng, len(lives))["replication_error"]}
    weights = 50 * (lives["part"] >= 0)
    return {"knockouts": lives.assign(weights=weights, island=0, **scores, **out)}


TABLES: dict[str, Callable[[np.random.Generator], dict[str, pd.DataFrame]]] = {
    "garden": _garden,
    "within_life": _within_life,
    "mutation": _mutation,
    "dfe": _dfe,
    "epistasis": _epistasis,
    "complexity": _complexity,
    "fertility": _fertility,
}


def planted_paper() -> Results:
    """Networks of every kind of figure that the seed paper's experiments have."""
    rng = np.random.default_rng(0)
    variants = dict.fromkeys(("E0", "E2", "E5", "E6", "E7"), ("vanilla", "auxiliary"))
    variants |= {"tradeoff": ("λ = 0", "λ = 1"), "strict": ("vanilla", "exact"), "contraction": ("replicate", "damped")}
    variants |= {"fertility": ("strict vanilla", "strict exact")}
    ends, curves = [], []
    for experiment, names in variants.items():
        keys = _keys(variant=names, seed=range(3), epoch=range(0, 9)).assign(experiment=experiment)
        rho = np.exp(-0.5 * keys["epoch"] + 0.2 * rng.normal(size=len(keys)))
        table = keys.assign(rho=rho, rho_joint=rho + 0.1, L_SR=10 * rho, L_SR_joint=12 * rho, squared_norm=10 + rho)
        table = table.assign(accuracy=0.9 - 0.5 * rho, L_aux_test=rho, generation=keys["epoch"], founder_rho=1 - rho)
        table = table.assign(norm_ratio=rho, task_weight=(keys["variant"] == names[1]).astype(float))
        table["depth_0.05"] = 10 / rho
        curves.append(table)
        ends.append(table[table["epoch"] == 8])
    facts = [{"experiment": name, "part": ""} for name in variants]
    return Results("planted", {"full": False, "seeds": 3}, facts, pd.concat(ends), pd.concat(curves))
