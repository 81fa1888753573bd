"""The rows of the table: the paper's value, ours, ρ beside it, and what the data allow to say, by rule."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.numbers import number
from analysis.paper.results import Results, reported
from analysis.statistics.intervals import interval

NEAR: Final = 10.0
"""Per cent of the paper's value within which ours agrees."""
POINTS: Final = 2.0
"""The same for accuracies, in points."""
BLANK: Final = 0.9
"""ρ from which a network prints hardly better than zeros: R² = 1 - ρ below 0.1."""
STRICT: Final = 0.1
"""ρ below which this project calls a network a quine."""
EXPLODES: Final = 2.0
"""L_SR at the end over its start that is an explosion."""
TURNS: Final = 1.05
"""L_SR at the end over its own minimum that is a turn upward."""
MOVES: Final = 0.02
"""Relative change of L_SR that is one."""
RANKED: Final = 3
"""Variants from which on their order is told."""
GONE: Final = 1e-3
"""Σθ² over its start that is a collapse."""


@dataclass(frozen=True)
class Row:
    """A row of the table. Numbers are means and standard deviations over networks, NaN where there are none."""

    experiment: str
    what: str
    length: str
    shortened: bool
    reported: str
    quantity: str
    mean: float
    sd: float
    n: int
    rho: float
    rho_sd: float
    margin: float
    quotient: float
    accuracy: float
    verdict: str


def rows(results: Results) -> list[Row]:
    """A row for each value that the paper reports and that has been measured, then the variants that it has not."""
    out, told = [], reported()
    for _, line in told.iterrows():
        ours = results.of(line["experiment"])
        ours = ours[ours["variant"] == line["variant"]]
        if len(ours) and line["quantity"] in ours:
            out.append(_row(results, line, ours))
    for experiment in results.experiments:
        if experiment not in set(told["experiment"]):
            for variant, ours in results.of(experiment).groupby("variant", sort=False):
                new = {"experiment": experiment, "variant": variant, "what": variant, "quantity": "L_SR"}
                out.append(_row(results, pd.Series({**new, "value": np.nan, "words": ""}), ours))
    return out


def _row(results: Results, line: pd.Series, ours: pd.DataFrame) -> Row:
    facts, quantity = results.fact(line["experiment"], ours["part"].iloc[0]), line["quantity"]
    curve = results.curve(line["experiment"])
    curve = curve[curve["variant"] == line["variant"]]
    values = ours[quantity].to_numpy(float)
    finite = values[np.isfinite(values)]
    mean, sd = spread(finite)
    rho, rho_sd = spread(ours["rho_joint" if quantity == "L_SR_joint" else "rho"].to_numpy(float))
    moved = course(curve, "rho" if rho < STRICT else quantity) if quantity in ("L_SR", "L_SR_joint") else []
    among = rank(results.of(line["experiment"]), line["variant"])
    judged = "not comparable, as shortened" if facts.get("shortened") and np.isfinite(line["value"]) else ""
    judged = judged or agreement(line["value"], finite, quantity)
    said = [judged, *moved, among, copying(rho)]
    if len(finite) < len(values):
        said.append(f"{len(values) - len(finite)} of {len(values)} networks have no finite value any more")
    return Row(
        line["experiment"],
        line["what"],
        facts.get("length", ""),
        bool(facts.get("shortened")),
        line["words"] or "–",
        line["quantity"],
        mean,
        sd,
        len(values),
        rho,
        rho_sd,
        _mean(ours, "sqrt_margin"),
        _mean(ours, "quotient"),
        _mean(ours, "accuracy"),
        "; ".join(text for text in said if text),
    )


def _mean(ours: pd.DataFrame, name: str) -> float:
    return spread(ours[name].to_numpy(float))[0] if name in ours else float("nan")


def spread(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the finite values."""
    values = values[np.isfinite(values)]
    if not values.size:
        return float("nan"), float("nan")
    return float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else 0.0


def agreement(reported: float, values: ArrayLike, quantity: str = "L_SR") -> str:
    """How the mean over our networks compares with a reported number, by a margin that is the same for all of them.

    It agrees where its 90 % interval lies within the margin, which is two one-sided tests at 5 % (Schuirmann 1987), and
    is above or below where the interval lies outside. A wide interval shows neither.

    Args:
        reported: The paper's; NaN if it has none.
        values: [n] of ours.
        quantity: Accuracies are compared in points, all else in per cent of the reported value.
    """
    ours = interval(values, 0.9)
    if not np.isfinite([reported, ours.value]).all():
        return ""
    margin, unit, form = (POINTS, " points", "+.1f") if quantity == "accuracy" else (NEAR, " %", "+.0f")
    one = 0.01 if quantity == "accuracy" else abs(reported) / 100
    off, low, high = (f"{(end - reported) / one:{form}}".replace("-", "−") for end in (ours.value, ours.low, ours.high))
    distances = [(end - reported) / one for end in (ours.low, ours.high)]
    if not ours.known:
        return f"{off}{unit}, of too few networks to say whether it agrees"
    if -margin <= distances[0] and distances[1] <= margin:
        return f"agrees within {margin:g}{unit}: {off}"
    if distances[0] > margin or distances[1] < -margin:
        return f"{'above' if distances[0] > 0 else 'below'} the paper: {off}{unit}"
    return f"not shown to agree within {margin:g}{unit}: {off} [{low}, {high}]"


def course(curve: pd.DataFrame, quantity: str) -> list[str]:
    """How L_SR moved through training, or ρ, on average over networks.

    Of a quine it is told of ρ: on the way to it weights shrink and grow by far more than L_SR says of copying.
    """
    if "epoch" not in curve or curve["epoch"].nunique() < 3:
        return []
    means = curve.groupby("epoch")[quantity].mean()
    norms = curve.pivot_table(index="epoch", columns="seed", values="squared_norm", dropna=False)
    first, end = norms.iloc[0], norms.iloc[-1]
    gone, wild = int((end < GONE * first).sum()), int((~np.isfinite(end)).sum())
    said = []
    if wild:
        said.append(f"diverges in {wild} of {len(end)}")
    if gone:
        said.append(f"collapses to zero in {gone} of {len(end)}")
    start, low, last = means.iloc[0], means.min(), means.iloc[-1]
    if wild or gone:
        return said
    of = "ρ " if quantity == "rho" else ""
    if last > EXPLODES * start:
        return [f"{of}explodes"]
    if last > TURNS * low and means.idxmin() < means.index[-1]:
        return [f"{of}lowest {number(low)} at epoch {means.idxmin():g}, then rises"]
    if last < (1 - MOVES) * start:
        return [f"{of}falls from {number(start)}"]
    if last > (1 + MOVES) * start:
        return [f"{of}rises from {number(start)}"]
    return [f"{of}stays where it starts ({number(start)})"]


def rank(rows: pd.DataFrame, variant: str) -> str:
    """Where a variant stands among three or more of its experiment, by means over networks."""
    if rows["variant"].nunique() < RANKED:
        return ""
    places = []
    for quantity, name in (("L_SR", "L_SR"), ("rho", "ρ")):
        means = {key: spread(each[quantity].to_numpy(float))[0] for key, each in rows.groupby("variant")}
        order = sorted(means, key=lambda key: means[key] if np.isfinite(means[key]) else np.inf)
        places.append(f"{order.index(variant) + 1} by {name}")
    return f"of {rows['variant'].nunique()}, number {', '.join(places)}"


def copying(rho: float) -> str:
    """What ρ says of it."""
    if not np.isfinite(rho):
        return ""
    if rho >= BLANK:
        return "copies no better than printing zeros" if rho >= 0.99 else f"copies little: R² = {1 - rho:.2f}"
    return f"a quine: R² = {1 - rho:.3f}" if rho < STRICT else f"copies in part: R² = {1 - rho:.2f}"
