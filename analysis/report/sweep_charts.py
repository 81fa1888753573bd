"""The interactive chart of a sweep: where treatments sit on the plane, generation by generation, and their traits."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from alife.traits import DRAWN, TRAITS, score, spoken
from analysis.data.sweep import Sweep
from analysis.data.treatments import measures, seed_of
from analysis.evolution.islands import SETTLED
from analysis.figures import palette
from analysis.report.chart_style import configured, now, side_by_side, time, tips
from analysis.report.individuals import rows, significant
from analysis.studies.treatments import medians, trajectories

SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left")
STEPS: Final = 60
"""Generations on a page at most, evenly spaced."""


def chart(sweep: Sweep) -> dict[str, Any] | None:
    """The chart as a Vega-Lite specification; None where no treatment has a generation that all its runs survived."""
    centres = pd.concat(
        [trajectories(runs).assign(treatment=label) for label, runs in sweep.groups.items()], ignore_index=True
    )
    if centres.empty or not any(run.has_task for run in sweep.runs):
        return None
    seen = np.unique(centres["generation"])
    steps = seen[np.unique(np.linspace(0, len(seen) - 1, min(STEPS, len(seen))).round().astype(int))]
    first, last = int(seen.min()), int(sweep.common)
    centres, single = (_natural(t[t["generation"].isin(steps)]) for t in (centres, _runs(sweep)))
    pick = alt.selection_point(name="treatments", fields=["treatment"], bind="legend")
    colour = _colours(list(sweep.groups), [len(runs) for runs in sweep.groups.values()], pick)
    late = centres[centres["generation"] >= first + SETTLED]
    late = late if len(late) else centres
    views = [_plane(late, single, colour, x) for x in ("copying_error", "replication_error")]
    views += [_trait(centres, late, name, colour) for name in (*DRAWN, *measures(sweep.runs))]
    slider = alt.binding_range(min=first, max=last, step=1, name="generation")
    bound = slider if last > first else alt.Undefined
    whole = side_by_side(views, alt.param(name="at", value=last, bind=bound), pick)
    spec = configured(whole.resolve_scale(color="shared", shape="shared", opacity="independent"))
    spec["datasets"] = {"centres": rows(centres), "runs": rows(single)}
    return spec


def _runs(sweep: Sweep) -> pd.DataFrame:
    tables = [
        medians(run).reset_index().assign(treatment=label, seed=seed_of(run), run=run.path)
        for label, runs in sweep.groups.items()
        for run in runs
    ]
    return pd.concat(tables, ignore_index=True)


def _natural(table: pd.DataFrame) -> pd.DataFrame:
    """Errors and norms as they are, from log10."""
    table = table.copy()
    for name in table:
        trait = str(name).removesuffix("_low").removesuffix("_high")
        if trait in DRAWN or (trait in TRAITS and TRAITS[trait].own):
            values = table[name].to_numpy(np.float64)
            table[name] = significant(10.0**values if TRAITS[trait].log else values)
    return table


def _colours(names: list[str], runs: Sequence[int], pick: alt.Parameter) -> dict[str, Any]:
    few, many = min(runs), max(runs)
    title = ["mean over runs and its 95 %", f"t interval, n = {few if few == many else f'{few} to {many}'} runs"]
    legend = alt.Legend(orient="bottom", columns=4, title=title, symbolOpacity=1)
    colours = [palette.CYCLE[i % len(palette.CYCLE)] for i in range(len(names))]
    shapes = [SHAPES[(i + i // len(palette.CYCLE)) % len(SHAPES)] for i in range(len(names))]
    return {
        "color": alt.Color("treatment:N", scale=alt.Scale(domain=names, range=colours), legend=legend),
        "shape": alt.Shape("treatment:N", scale=alt.Scale(domain=names, range=shapes), legend=legend),
        "opacity": alt.when(pick).then(alt.value(1)).otherwise(alt.value(0.08)),
    }


def _plane(late: pd.DataFrame, single: pd.DataFrame, look: dict[str, Any], x: str) -> Any:
    span = {name: _range(late, single, name) for name in (x, "accuracy")}
    across = alt.X(f"{x}:Q", title=f"{TRAITS[x].label}, log scale (← better)", scale=_scale(span[x], "log"))
    up = alt.Y("accuracy:Q", title=TRAITS["accuracy"].directed, scale=_scale(span["accuracy"], "linear"))
    across, up = across.axis(format="~g", tickCount=6), up.axis(format="~g", tickCount=6)
    now = "datum.generation === at"
    mean = alt.Chart(alt.NamedData(name="centres")).transform_filter(now).encode(across, up)
    flat = {name: look[name] for name in ("color", "opacity")}
    ends = [("", ""), ("_low", ", 95 % from"), ("_high", " to")]
    levels = [(f"{name}{end}:Q", f"{TRAITS[name].label}{text}") for name in (x, "accuracy") for end, text in ends]
    told = tips(("treatment:N", "treatment"), ("n:Q", "runs"), ("generation:Q", "generation"), *levels)
    each = tips(("run:N", "run"), ("seed:Q", "seed"), (f"{x}:Q", TRAITS[x].label), ("accuracy:Q", score()))
    dots = alt.Chart(alt.NamedData(name="runs")).transform_filter(now).mark_point(size=22, strokeWidth=1, clip=True)
    known = mean.transform_filter(f"isValid(datum.{x}_low)")
    return alt.layer(
        dots.encode(across, up, tooltip=each, **look),
        known.mark_rule(strokeWidth=2, clip=True).encode(alt.X(f"{x}_low:Q"), alt.X2(f"{x}_high:Q"), **flat),
        known.mark_rule(strokeWidth=2, clip=True).encode(alt.Y("accuracy_low:Q"), alt.Y2("accuracy_high:Q"), **flat),
        mean.mark_point(filled=True, size=110, clip=True).encode(tooltip=told, **look),
    ).properties(height=340, title=spoken(f"Accuracy against {TRAITS[x].label}"))


def _trait(centres: pd.DataFrame, late: pd.DataFrame, name: str, look: dict[str, Any]) -> Any:
    scale = _scale(_range(late, late, name), "log" if TRAITS[name].log else "linear")
    ends = [float(centres["generation"].min()) - 0.3, float(centres["generation"].max()) + 0.3]
    x = time(ends)
    base = alt.Chart(alt.NamedData(name="centres")).encode(x)
    flat = {"color": look["color"]}
    area = base.mark_area(clip=True).encode(
        alt.Y(f"{name}_low:Q", title=TRAITS[name].label, scale=scale).axis(format="~g", tickCount=5),
        alt.Y2(f"{name}_high:Q"),
        opacity=alt.when("treatments").then(alt.value(0.16)).otherwise(alt.value(0.02)),
        **flat,
    )
    y = alt.Y(f"{name}:Q", title=TRAITS[name].label, scale=scale)
    line = base.mark_line(strokeWidth=2, clip=True, point=bool(centres["generation"].nunique() < 6))
    shown = line.encode(y, opacity=look["opacity"], **flat)
    return alt.layer(area, shown, now(x, color=palette.INK)).properties(height=130)


def _range(late: pd.DataFrame, single: pd.DataFrame, name: str) -> tuple[float, float]:
    values = pd.concat([late[name], late[f"{name}_low"], late[f"{name}_high"]])
    among = single[single["generation"] >= late["generation"].min()][name]
    values = pd.concat([values, among]).dropna()
    return float(values.min()), float(values.max())


def _scale(span: tuple[float, float], kind: str) -> alt.Scale:
    low, high = span
    if kind == "log":
        room = max((high / low) ** 0.06, 1.03)
        return alt.Scale(type="log", domain=[low / room, high * room], nice=False)
    room = max(0.06 * (high - low), 0.005)
    return alt.Scale(domain=[low - room, high + room], nice=False)
