"""The linked views of one run, as one Vega-Lite chart: plane, lineage and traits, with what is picked shared by all.

Whether b descends from a is asked in the page with the numbers of `individuals.descent_intervals`: no script is needed.
"""

from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from alife import schema
from alife.traits import DRAWN, TRAITS, floored, there
from analysis.data.run import Run
from analysis.evolution.fronts import pareto_front, points, survivors
from analysis.evolution.islands import SETTLED
from analysis.evolution.trajectories import quantiles
from analysis.figures import palette, scales
from analysis.report.chart_style import (
    ALL,
    GREY,
    INK,
    LINE,
    UP_TO,
    colour,
    configured,
    controls,
    now,
    scale,
    shape,
    side_by_side,
    span,
    time,
    tips,
    trait_scale,
)
from analysis.report.individuals import Shown, every, rows, significant

PANELS: Final = (*DRAWN, *schema.LIFE_HISTORY)
"""Traits with a panel, in this order; measures of a run's own follow."""

NOW: Final = {"color": palette.OKABE_ITO["orange"], "strokeWidth": 1.5, "opacity": 0.9}
"""How the generation of the slider is marked."""

ANCESTOR: Final = "isValid(pick.first) && datum.first <= pick.first[0] && pick.first[0] < datum.beyond"
DESCENDANT: Final = "isValid(pick.first) && pick.first[0] <= datum.first && datum.first < pick.beyond[0]"
CHOSEN: Final = "isValid(pick.first) && datum.first === pick.first[0]"
IN_TIME: Final = (
    "isValid(brush.generation) ? inrange(datum.generation, brush.generation) : "
    f"span === '{ALL}' || datum.generation === at || (span === '{UP_TO}' && datum.generation < at)"
)


def linked(run: Run, people: Shown) -> dict[str, Any] | None:
    """The chart as a Vega-Lite specification, or None where nobody has anything to show.

    Args:
        run: With births.
        people: From `individuals.shown`.
    """
    table = people.table
    if not np.isfinite(table["replication_error"]).any():
        return None
    has_task = run.has_task
    named = [name for name in (*there(PANELS, has_task), *run.measures) if name in table]
    one = table.iloc[people.chosen]
    pick = alt.selection_point(
        name="pick",
        fields=["first", "beyond"],
        value=[{"first": int(one["first"]), "beyond": int(one["beyond"])}],
        toggle=False,
        nearest=True,
        clear=False,
    )
    brush = alt.selection_interval(name="brush", encodings=["x"])
    views = [_plane(run, table, pick, "accuracy" if has_task else "squared_norm"), _lineage(run, table, pick)]
    bands = {name: _thinned(run, quantiles(run, name)) for name in named}
    bands = {name: band for name, band in bands.items() if len(band)}
    views += [_trait(run, name, band, brush) for name, band in bands.items()]
    chart = side_by_side(views, *controls(run.first, run.last, every(run)))
    spec = configured(chart.resolve_scale(color="independent", shape="independent"))
    spec["datasets"] = {"births": rows(table), "fronts": _fronts(run, has_task), "traits": _bands(bands)}
    return spec


def record_names(table: pd.DataFrame) -> dict[str, str]:
    """Fields of an individual's record that this run has, and what the page calls them."""
    record = {
        "id": "id",
        "ancestor": "ancestor",
        "second_ancestor_id": "second ancestor",
        "age": "age; where it is not 0, the ancestor is its own life before",
        "island": "lives on island",
        "born_on": "conceived on island",
        "generation": "generation",
        **{name: trait.label for name, trait in TRAITS.items()},
        "offspring": "offspring",
        "cause": "cause of death",
    }
    return {field: name for field, name in record.items() if field in table}


def _plane(run: Run, table: pd.DataFrame, pick: alt.Parameter, height: str) -> Any:
    x = alt.X("replication_error:Q", title=f"{TRAITS['replication_error'].label}, log scale (← better)")
    y = alt.Y(f"{height}:Q", title=TRAITS[height].directed + ", log scale" * TRAITS[height].log)
    known = table[np.isfinite(table["replication_error"])]
    later = known[(known["generation"] >= run.first + SETTLED) & (known["cause"] == schema.CAUSES[0])]
    x = x.scale(scale(run, "log", known["replication_error"], later["replication_error"]))
    y = y.scale(scale(run, "linear" if height == "accuracy" else "log", known[height], later[height]))
    x, y = x.axis(format="~g", tickCount=6), y.axis(format="~g", tickCount=6)
    base = alt.Chart(alt.NamedData(name="births")).transform_filter("isValid(datum.replication_error)").encode(x, y)
    crowd = base.mark_circle(size=9, color=GREY, opacity=0.45, clip=True)
    dots = (
        base.transform_filter(IN_TIME)
        .mark_point(filled=True, size=34, opacity=0.9, clip=True)
        .encode(color=colour(run, legend=True), shape=shape(), tooltip=_tooltip(table))
        .add_params(pick)
    )
    line = base.transform_filter(ANCESTOR).encode(order="generation:Q")
    path = line.mark_line(color=INK, strokeWidth=_thin(run, 1.6), clip=True)
    stops = line.mark_point(filled=True, size=_thin(run, 14), color=INK, opacity=1, clip=True)
    ring = base.transform_filter(CHOSEN).mark_point(size=230, strokeWidth=2.4, color=LINE, opacity=1, clip=True)
    layers: list[Any] = [crowd]
    if height == "accuracy":
        front = alt.Chart(alt.NamedData(name="fronts")).transform_filter("datum.generation === at")
        layers.append(
            front.mark_line(
                interpolate="step-after", color=palette.OKABE_ITO["blue"], strokeWidth=1.8, clip=True
            ).encode(alt.X("replication_error:Q"), alt.Y("accuracy:Q"), order="replication_error:Q")
        )
    floor = run.noise_floor
    if floor and floor > known["replication_error"].min() / 30:
        layers.append(_rule(floor, [5, 4], f"noise floor σ² = {floor:.3g}"))
    if known["replication_error"].max() >= 1:
        layers.append(_rule(1, [1, 3], scales.ZEROS))
    return alt.layer(*layers, path, stops, dots, ring).properties(height=380, title="Trade-off plane")


def _rule(rho: float, dash: list[int], text: str) -> alt.Chart:
    """An upright line at a ρ, and what it says when one points at it."""
    place = alt.Chart(alt.InlineData(values=[{"replication_error": rho}]))
    return place.mark_rule(strokeDash=dash, color=INK, clip=True).encode(
        alt.X("replication_error:Q"), tooltip=alt.value(text)
    )


def _thin(run: Run, size: float) -> float:
    """A size of marks on a line of descent, smaller in a long run."""
    return size * min(1, max(60 / (run.last - run.first + 1), 0.3))


def _lineage(run: Run, table: pd.DataFrame, pick: alt.Parameter) -> Any:
    time = alt.X("generation:Q", title="generation of birth").axis(tickMinStep=1, format="d", grid=False)
    x = time.scale(domain=span(run), nice=False)
    y = alt.Y("y:Q", title=None, axis=None).scale(domain=[0, max(float(np.nanmax(table["y"])) + 1, 1)], nice=False)
    base = alt.Chart(alt.NamedData(name="births")).transform_filter("isValid(datum.y)").encode(x, y)
    links = base.transform_filter("isValid(datum.from_generation)").encode(x2="from_generation", y2="from_y")
    dots = (
        base.transform_filter(IN_TIME)
        .mark_point(filled=True, size=16, opacity=0.95)
        .encode(color=colour(run), shape=shape(), tooltip=_tooltip(table))
        .add_params(pick)
    )
    return alt.layer(
        links.mark_rule(color=GREY, strokeWidth=0.6),
        now(x, **NOW),
        links.transform_filter(DESCENDANT).mark_rule(color=palette.OKABE_ITO["sky"], strokeWidth=1.6),
        links.transform_filter(ANCESTOR).mark_rule(color=INK, strokeWidth=2.2),
        dots,
        base.transform_filter(CHOSEN).mark_point(size=200, strokeWidth=2.4, color=LINE, opacity=1),
    ).properties(height=380, title="Lineage")


def _trait(run: Run, name: str, band: pd.DataFrame, brush: alt.Parameter) -> Any:
    x = time(span(run))
    scale = trait_scale(run, name, band)
    title = TRAITS[name].label
    y = alt.Y("q05:Q", title=title, scale=scale).axis(format="~g", tickCount=5)
    base = alt.Chart(alt.NamedData(name="traits")).transform_filter(f"datum.trait === '{name}'").encode(x)
    levels = [(f"{field}:Q", text, ".4~g") for field, text in (("q05", "5 %"), ("median", "median"), ("q95", "95 %"))]
    told = tips(("generation:Q", "generation", "d"), *levels, ("n:Q", "n", ",d"))
    line = (
        alt.Chart(alt.NamedData(name="births"))
        .transform_filter(f"isValid(datum.{name})")
        .transform_filter(ANCESTOR)
        .encode(x, alt.Y(f"{name}:Q", title=title, scale=scale), order="generation:Q")
    )
    return alt.layer(
        base.mark_area(color=palette.OKABE_ITO["blue"], opacity=0.2, clip=True)
        .encode(y, alt.Y2("q95:Q"))
        .add_params(brush),
        base.mark_line(
            color=palette.OKABE_ITO["blue"], strokeWidth=2, clip=True, point=run.last - run.first < 6
        ).encode(alt.Y("median:Q", title=title, scale=scale), tooltip=told),
        line.mark_line(color=INK, strokeWidth=_thin(run, 1.4), strokeDash=[4, 2], clip=True),
        line.mark_point(filled=True, size=_thin(run, 12), color=INK, opacity=1, clip=True),
        now(x, **NOW),
    ).properties(height=130)


def _tooltip(table: pd.DataFrame) -> list[alt.Tooltip]:
    texts = ("id", "ancestor", "second_ancestor_id", "cause")
    return [
        alt.Tooltip(field, title=name, type="nominal" if field in texts else "quantitative")
        for field, name in record_names(table).items()
    ]


def _thinned(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the generations on the page."""
    return table[(run.last - table["generation"]) % every(run) == 0]


def _fronts(run: Run, has_task: bool) -> list[dict[str, Any]]:
    """Pareto fronts of all individuals of each generation, sampled or not."""
    out: list[dict[str, Any]] = []
    for generation, among in _thinned(run, survivors(run)).groupby("generation") if has_task else ():
        values = points(among)
        front = values[pareto_front(values)]
        rho, accuracy = (significant(column) for column in front.T)
        out += [
            {"generation": int(str(generation)), "replication_error": float(a), "accuracy": float(b)}
            for a, b in zip(rho, accuracy, strict=True)
        ]
    return out


def _bands(bands: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    if not bands:
        return []
    table = pd.concat([band.assign(trait=name) for name, band in bands.items()], ignore_index=True)
    for column in ("q05", "median", "q95"):
        values = table[column].to_numpy(np.float64)
        log = [TRAITS[name].log for name in table["trait"]]
        table[column] = significant(np.where(log, floored(values), values))
    return rows(table)
