"""Accuracy against L_SR and against ρ through training under several λ, and what specialisation costs."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from alife.traits import log10
from analysis.paper.results import Results
from analysis.paper.verdicts import BLANK
from analysis.statistics.intervals import difference, interval
from analysis.statistics.significance import t_test
from analysis.templates import sentences

NAME: Final = "tradeoff"
REFERENCE: Final = 0.0
"""λ of networks that only replicate."""


def statements(results: Results) -> Iterator[str]:
    """What the data say of the paper's observation that networks specialise at the expense of replication."""
    curve = results.curve(NAME)
    if curve.empty:
        return
    ends = curve[curve["epoch"] == curve["epoch"].max()]
    yield from _through_training(curve)
    yield from _among_weights(ends)
    if (ends["rho_joint"] > BLANK).all():
        yield from sentences("paper", of="blank", least=ends["rho_joint"].min())


def _through_training(curve: pd.DataFrame) -> Iterator[str]:
    """Within training, for each λ: accuracy gained, and what L_SR and ρ did meanwhile."""
    for weight, rows in curve.groupby("task_weight"):
        first, last = (_by_seed(rows, epoch) for epoch in (rows["epoch"].min(), rows["epoch"].max()))
        gain = interval(last["accuracy"] - first["accuracy"])
        loss = interval(log10(last["L_SR_joint"]) - log10(first["L_SR_joint"])).mapped(_power)
        rho = interval(last["rho_joint"] - first["rho_joint"])
        yield from sentences("paper", of="training", weight=weight, gain=gain, loss=loss, rho=rho)


def _among_weights(ends: pd.DataFrame) -> Iterator[str]:
    """At the end, each λ against λ = 0, paired by seed: the specialisation bias in the paper's measure, and in the one
    that weights' size does not move.
    """
    base = ends[ends["task_weight"] == REFERENCE].set_index("seed")
    for weight, rows in ends[ends["task_weight"] != REFERENCE].groupby("task_weight"):
        rows = rows.set_index("seed").loc[base.index]
        logs = {name: (log10(rows[name]), log10(base[name])) for name in ("L_SR_joint", "squared_norm")}
        loss, size = (difference(*both, paired=True).mapped(_power) for both in logs.values())
        found = {
            "accuracy": rows["accuracy"].mean(),
            "loss": loss,
            "size": size,
            "rho": difference(rows["rho_joint"], base["rho_joint"], paired=True),
            "p": t_test(rows["rho_joint"], base["rho_joint"], paired=True).p,
        }
        yield from sentences("paper", of="weights", weight=weight, **found)


def _by_seed(rows: pd.DataFrame, epoch: int) -> pd.DataFrame:
    return rows[rows["epoch"] == epoch].set_index("seed").sort_index()


def _power(logarithm: float) -> float:
    return 10.0**logarithm
