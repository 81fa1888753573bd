"""How interactive charts look and what steers them: controls, scales that leave founders out, colours, one style.

The charts of a run (charts.py) and of a sweep (sweep_charts.py) take their controls, scales and colours from here.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import altair as alt
import numpy as np
import pandas as pd

from alife import schema
from alife.traits import TRAITS, log10
from analysis.data.run import Run
from analysis.evolution.islands import SETTLED
from analysis.figures import palette

ALONE, UP_TO, ALL = "this generation", "up to it", "all generations"
LATER: Final = "settled generations"
WHOLE: Final = "all"

GREY, INK, FOUND, LINE = "#c9c9c9", palette.INK, palette.OKABE_ITO["vermillion"], palette.OKABE_ITO["black"]


def controls(first: int, last: int, step: int) -> list[alt.Parameter]:
    """Slider `at`, what is shown (`span`), and what axes hold (`reach`); constants where there is no choice."""
    slider = alt.binding_range(min=last - (last - first) // step * step, max=last, step=step, name="generation")
    spans = alt.binding_radio(options=[ALONE, UP_TO, ALL], name="shown")
    axes = alt.binding_radio(options=[LATER, WHOLE], name="axes hold")
    none = alt.Undefined
    return [
        alt.param(name="at", value=last, bind=slider if last > first else none),
        alt.param(name="span", value=ALONE, bind=spans if last > first else none),
        alt.param(
            name="reach",
            value=LATER if last > first + SETTLED else WHOLE,
            bind=axes if last > first + SETTLED else none,
        ),
    ]


def side_by_side(views: list[Any], *params: alt.Parameter) -> Any:
    """Views that share their selections; the page makes one column of the two where it is narrow."""
    with _sharing():
        return alt.concat(*views, columns=2).add_params(*params)


@contextmanager
def _sharing() -> Iterator[None]:
    """Selections of the same name are meant to be one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Automatically deduplicated")
        yield


def configured(chart: Any) -> dict[str, Any]:
    """The specification of a chart, in the style of all pages."""
    styled = (
        chart.configure(font="system-ui, 'DejaVu Sans', sans-serif", background="white")
        .configure_axis(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#e8e8e8", labelColor=INK
        )
        .configure_legend(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=300)
        .configure_title(fontSize=13, anchor="start", fontWeight="bold")
        .configure_view(stroke="#bbbbbb")
    )
    with _sharing():
        spec: dict[str, Any] = styled.to_dict()
    return spec


def scale(run: Run, kind: Literal["linear", "log"], whole: pd.Series, close: pd.Series) -> alt.Scale:
    """A scale that leaves the first generations out unless they are asked for or the slider is there."""
    wide = f"reach === '{WHOLE}' || at < {run.first + SETTLED}"
    ends = zip(_ends(whole, kind), _ends(close if close.notna().any() else whole, kind), strict=True)
    return alt.Scale(type=kind, domain=[alt.ExprRef(f"{wide} ? {a} : {b}") for a, b in ends], nice=False)


def trait_scale(run: Run, name: str, band: pd.DataFrame) -> alt.Scale:
    """Of a panel: holds the band of a trait by generation, columns generation, q05, q95."""
    later = band[band["generation"] >= run.first + SETTLED]
    whole, close = (pd.concat([rows["q05"], rows["q95"]]) for rows in (band, later))
    return scale(run, "log" if TRAITS[name].log else "linear", whole, close)


def _ends(values: pd.Series, kind: str) -> tuple[float, float]:
    numbers = values.to_numpy(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if kind == "log":
        low, high = log10([numbers.min(), numbers.max()])
        room = max(0.05 * (high - low), 0.05)
        return float(f"{10 ** (low - room):.4g}"), float(f"{10 ** (high + room):.4g}")
    low, high = numbers.min(), numbers.max()
    room = max(0.05 * (high - low), 0.01)
    return round(float(low - room), 4), round(float(high + room), 4)


def time(domain: list[float]) -> alt.X:
    """An axis of generations."""
    axis = alt.X("generation:Q", title="generation").axis(tickMinStep=1, format="d")
    return axis.scale(domain=domain, nice=False)


def now(x: alt.X, **look: Any) -> alt.Chart:
    """A rule at the generation of the slider."""
    rule = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(generation="at")
    return rule.mark_rule(**look).encode(x)


def tips(*fields: Sequence[str]) -> list[alt.Tooltip]:
    """Tooltips, each of a field with its type, what it is called, and how its numbers are written if that is said."""
    return [
        alt.Tooltip(field, title=title, format=form[0] if form else alt.Undefined) for field, title, *form in fields
    ]


def span(run: Run) -> list[float]:
    """Ends of an axis of generations."""
    room = max(0.02 * (run.last - run.first), 0.3)
    return [run.first - room, run.last + room]


def colour(run: Run, legend: bool = False) -> Any:
    """By generation; founders apart."""
    scale = alt.Scale(scheme=alt.SchemeParams(name="viridis", extent=[0, 0.92]), domain=[run.first, run.last])
    look = alt.Legend(orient="bottom", direction="horizontal", format="d", tickMinStep=1, gradientLength=160)
    ramp = alt.Color("generation:Q", scale=scale, title="generation").legend(
        look if legend and run.last > run.first else None
    )
    return alt.when("datum.generation === 0").then(alt.value(FOUND)).otherwise(ramp)


def shape() -> Any:
    """Founders are diamonds, the early dead crosses: colour alone says nothing."""
    dead = {"test": f"datum.cause !== '{schema.CAUSES[0]}'", "value": "cross"}
    return alt.ShapeValue("circle", condition=[dead, {"test": "datum.generation === 0", "value": "diamond"}])
