"""The natural history of a run as tables, for a terminal and its page: each measure beside what chance makes of it.

`parts(run)` gives what both show, `print_history` prints it, `plain` is all of it as JSON. The English is in
history.txt.j2 of `analysis/templates`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TextIO

import numpy as np
import pandas as pd
from rich.console import Console
from rich.text import Text as Line

from alife.traits import MAIN, TRAITS, enter
from analysis import tables, templates
from analysis.data.run import Run
from analysis.evolution.breeder import agreement
from analysis.evolution.history import MEASURES, How, history
from analysis.numbers import finite_or_none
from analysis.report.page import Part, said
from analysis.report.summary import PLAIN_WIDTH
from analysis.statistics.estimate import Estimate
from analysis.tables import Table, table

SHOWN: Final = 8
"""Rows that a table has at most where there are many."""

Frames = Mapping[str, pd.DataFrame]


def parts(frames: Frames, left_out: Mapping[str, str], how: How) -> Iterator[Part]:
    """Tables of what `analysis.evolution.history.history` gives, and lines on what is not there.

    Args:
        frames: By name of the measure; any of them.
        left_out: Why others are not there.
        how: How they were taken.
    """
    yield from said("history", of="lead", how=how)
    for name, make in TABLES.items():
        if name in frames and len(frames[name]):
            yield make(frames, how)
    for name in sorted(frames.keys() - TABLES.keys()):
        if ASIDE.get(name) not in frames and len(frames[name]):
            yield table(f"{MEASURES[name].description} ({name})", _some(frames[name]))
    for name, why in left_out.items():
        yield from said("history", of="left out", name=name, why=why)


def print_history(run: Run, file: TextIO | None = None, **asked: Any) -> None:
    """Print the tables of a run; as plain text, nothing cut, where `file` (stdout if None) is no terminal.

    Args:
        run: With births.
        file: Where.
        asked: As `history` takes it.

    Raises:
        UserError: As of `history`.
    """
    enter(run.manifest)
    found = history(run, **asked)
    file = file or sys.stdout
    console = Console(file=file, highlight=False)
    if not console.is_terminal:
        console = Console(file=file, width=PLAIN_WIDTH, color_system=None, highlight=False)
    for part in parts(*found):
        console.print(tables.Terminal(part) if isinstance(part, Table) else Line(getattr(part, "text", "")))
        console.print()


def plain(run: Run, **asked: Any) -> dict[str, Any]:
    """Every row of every measure, as JSON takes it; arguments as of `print_history`."""
    frames, left_out, how = history(run, **asked)
    rows = {name: [finite_or_none(row) for row in frame.to_dict("records")] for name, frame in frames.items()}
    taken = {"first": how.first, "span": how.span, "shadows": how.shadows, "seed": how.seed, "chances": how.chances}
    return {"run": run.path, **taken, "measures": rows, "left_out": dict(left_out)}


def _caption(of: str, **data: Any) -> str:
    return templates.sentences("history", of=of, **data)[0]


def _modes(frames: Frames, how: How) -> Table:
    shown = _some(frames["modes"]).astype({"types": int}).rename(columns={"ecology": "ecology, bits"})
    return table(_caption("modes", how=how), shown)


def _activity(frames: Frames, how: How) -> Table:
    rows, generation = [], 0
    for name, of in (("activity", "classes of phenotypes"), ("clade_activity", "clades")):
        if name in frames and len(frame := frames[name]):
            alive = frame[frame["diversity"] > 0]
            last = (alive if len(alive) else frame).iloc[-1]
            generation = int(last["generation"])
            cells = {"of": of, "diversity": int(last["diversity"]), "mean": float(last["mean"])}
            cells |= {"in shadows": _neutral(last, "shadow"), "above": int(last["above"])}
            rows.append(cells | {"new, all generations": float(np.nansum(frame["new"]))})
    return table(_caption("activity", how=how, generation=generation), rows)


def _clades(frames: Frames, how: How) -> Table:
    frame = frames["clades"]
    unusual = (frame["s"].abs() / frame["drift"]).sort_values(ascending=False).index[:SHOWN]
    rows = [
        {
            "founded": int(row["founded"]),
            "founder": str(row["id"]),
            "generations": int(row["generations"]),
            "largest share": row["peak"],
            "s": row["s"],
            "neutral within ±": row["band"],
            "p": row["p"],
        }
        for row in frame.loc[unusual].to_dict("records")
    ]
    return table(_caption("clades", how=how, outside=int(frame["outside"].sum()), n=len(frame), shown=SHOWN), rows)


def _sweeps(frames: Frames, how: How) -> Table:
    rate = frames["sweep_rate"].iloc[0]
    row = {"sweeps in 100 generations": rate["per_100"], "in shadows": _neutral(rate, "neutral"), "p": rate["p"]}
    row["generations a sweep"] = rate["duration"]
    rivals = frames.get("rivals", pd.DataFrame())
    if len(rivals):
        row["interference, share"] = rivals["interference"].mean()
    return table(_caption("sweeps", how=how), [row])


def _lines(frames: Frames, how: How) -> Table:
    frame = frames["lines"]
    places = np.unique(np.geomspace(1, len(frame), SHOWN).round().astype(int) - 1)
    rows = [
        {"generation": int(row["generation"]), "alive": row["alive"], "in shadows": _neutral(row, "neutral")}
        for row in frame.iloc[places].to_dict("records")
    ]
    return table(_caption("lines", how=how, first=int(frame["generation"].iloc[0])), rows)


def _balance(frames: Frames, how: How) -> Table:
    row = frames["balance"].iloc[-1]
    cells = {
        "individuals": int(row["size"]),
        "Sackin index": row["sackin_index"],
        "in shadows": _neutral(row, "neutral"),
    }
    cells |= {"Yule": row["yule"], "p": row["p"]}
    return table(_caption("balance", how=how, generation=int(row["generation"])), [cells])


def _responses(frames: Frames, how: How) -> Table:
    alone = agreement(frames["responses"]).set_index("trait")
    slopes = frames["responses"].groupby("trait")["heritability"].mean()
    together = agreement(frames["multivariate"]).set_index("trait") if "multivariate" in frames else None
    rows = []
    for trait, row in alone.iterrows():
        cells = {"trait": TRAITS[str(trait)].measured_label, "h²": slopes[str(trait)], "predicted": row["predicted"]}
        cells |= {"realised": row["realised"], "bias": row["bias"], "r": row["correlation"], "slope": row["slope"]}
        if together is not None:
            cells["r, together"] = together["correlation"][str(trait)]
            cells["slope, together"] = together["slope"][str(trait)]
        rows.append(cells)
    return table(_caption("responses", how=how), rows)


def _axes(frames: Frames, how: How) -> Table:
    rows = []
    for row in _some(frames["axes"]).to_dict("records"):
        cells = {
            "generations": f"{row['first']}–{row['last']}",
            "G": row["genetic"],
            "share of G": row["genetic_share"],
        }
        cells |= {"P": row["phenotypic"], "share of P": row["phenotypic_share"]}
        cells |= {"turned": row["angle"], "between halves": row["within"]}
        rows.append(cells | _handed_on(frames, int(row["first"])))
    return table(_caption("axes", how=how), rows)


def _handed_on(frames: Frames, first: int) -> dict[str, float]:
    """G / P of the traits that trade, in the window that begins there."""
    if "matrices" not in frames:
        return {}
    frame = frames["matrices"]
    own = frame[(frame["first"] == first) & (frame["trait"] == frame["other"])].set_index("trait")
    shares = own["genetic"] / own["phenotypic"]
    return {f"G/P of {TRAITS[trait].short}": float(shares[trait]) for trait in MAIN if trait in shares}


def _signal(frames: Frames, how: How) -> Table:
    rows = [
        {
            "trait": TRAITS[row["trait"]].measured_label,
            "individuals": int(row["n"]),
            "K": row["k"],
            "p of K": row["p"],
            "λ": Estimate(row["lambda"], row["low"], row["high"], 0),
            "p of λ": row["lambda_p"],
        }
        for row in frames["signal"].to_dict("records")
    ]
    return table(_caption("signal", how=how), rows)


def _contrasts(frames: Frames, how: How) -> Table:
    rows = [
        {
            "trait": TRAITS[row["trait"]].measured_label,
            "other": TRAITS[row["other"]].measured_label,
            "as it is": row["raw"],
            "of contrasts": Estimate(row["contrasts"], row["low"], row["high"], 0),
        }
        for row in frames["contrasts"].to_dict("records")
    ]
    return table(_caption("contrasts", how=how), rows)


def _rates(frames: Frames, how: How) -> Table:
    rows = []
    for trait, own in frames["rates"].groupby("trait", sort=False):
        for row in _some(own).to_dict("records"):
            cells = {"rate": TRAITS[str(trait)].label, "generation": int(row["generation"]), "mean": row["mean"]}
            beyond = "yes" if row["outside"] else "no"
            rows.append(cells | {"in shadows": _neutral(row, "neutral"), "beyond all": beyond})
    return table(_caption("rates", how=how), rows)


TABLES: Final[Mapping[str, Callable[[Frames, How], Table]]] = {
    "modes": _modes,
    "activity": _activity,
    "clades": _clades,
    "sweep_rate": _sweeps,
    "lines": _lines,
    "balance": _balance,
    "responses": _responses,
    "axes": _axes,
    "signal": _signal,
    "contrasts": _contrasts,
    "rates": _rates,
}
"""What is shown of measures, by the one that a table is there for."""
ASIDE: Final = {"sweeps": "sweep_rate", "rivals": "sweep_rate", "multivariate": "responses", "matrices": "axes"}
"""Measures without a table of their own, and in whose their sense is told; asked for alone, their rows are shown."""


def _neutral(row: Any, middle: str) -> Estimate:
    return Estimate(float(row[middle]), float(row["low"]), float(row["high"]), 0)


def _some(frame: pd.DataFrame) -> pd.DataFrame:
    """`SHOWN` rows, evenly spread, the first and the last among them."""
    return frame.iloc[np.unique(np.linspace(0, len(frame) - 1, SHOWN).round().astype(int))]
