"""The page of one run: its numbers, linked views, figures, what moved its traits, and how to make it again."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import yaml

from alife import schema
from alife.traits import SMALLEST, TOLD, TRAITS, there
from alife.words import count
from analysis.data.run import Run
from analysis.evolution.islands import SETTLED
from analysis.figures.trajectories import quantiles
from analysis.numbers import number
from analysis.report import charts
from analysis.report.change import moved
from analysis.report.individuals import shown
from analysis.report.page import Chart, Code, Facts, Page, Part, Picture, Section, Text
from analysis.report.summary import facts_of, latest, medians
from analysis.tables import Table


def page(run: Run, pictures: Sequence[Picture], left_out: Sequence[str], digest: str | None = None) -> Page:
    """The page of a run.

    Args:
        run: With births.
        pictures: Its figures.
        left_out: A line for each that could not be drawn.
        digest: SHA-256 over all births, as `alife show --digest` prints it.

    Raises:
        UserError: The record is damaged.
    """
    sections = [Section("facts", "The run", [Facts(list(_about(run)))])]
    if run.generations.empty:
        note = "No generation is committed yet: there is nothing to draw. Make the report again when there is."
        sections[0] = Section("facts", "The run", [*sections[0].parts, Text(note, "statement")])
    else:
        sections += [
            Section("views", "Plane, lineage and traits, linked", list(_views(run))),
            Section("numbers", "Traits in numbers", [_traits(run), *_worse(run), _islands(run)]),
            Section("figures", "Figures", [*pictures, *(Text(line, "note") for line in left_out)]),
            Section("forces", "What moved the traits", list(moved(run))),
        ]
    sections.append(Section("again", "How to make it again", list(_again(run, digest))))
    kind = f"{run.setting('selection.scheme')}"
    if kind not in ("drift", "nsga2"):
        kind += f", w = {run.setting('selection.accuracy_weight'):g}"
    size = f"{count(run.setting('population.islands'), 'island')} of {run.setting('population.size'):,}"
    lead = f"A run of neural quines: {kind}; {size}; seed {run.manifest['seed']}; {run.manifest['status']}"
    return Page(run.name, f"{lead} after {count(run.last + 1, 'generation')}.", sections)


def _about(run: Run) -> Iterator[tuple[str, str]]:
    for name, value in facts_of(run, datetime.now(UTC)):
        if name != "last commit":
            yield name, value
    created, updated = run.manifest.get("created"), run.manifest.get("updated")
    yield "begun, last commit", f"{created or 'unknown'}, {updated or 'unknown'}"
    if len(run.generations):
        yield "time", _time(run)


def _time(run: Run) -> str:
    computed = float(run.generations["seconds"].sum())
    words = f"{computed:,.0f} s of islands' lives, summed over islands"
    try:
        ends = (datetime.fromisoformat(str(run.manifest.get(name))) for name in ("created", "updated"))
        begun, ended = ends
        return f"{(ended - begun).total_seconds():,.0f} s from the first to the last commit; {words}"
    except (TypeError, ValueError):
        return words


def _views(run: Run) -> Iterator[Part]:
    people = shown(run)
    spec = charts.linked(run, people)
    if spec is None:
        yield Text("Nobody has a finite ρ: there is no plane to show.", "statement")
        return
    if not (run.births["cause_of_death"] == schema.CAUSES[0]).any():
        yield Text("Nobody lived to the end of a generation.", "statement")
    alt = (
        "Three linked views: the trade-off plane of replication error and accuracy, the lineage through time, and "
        "trajectories of the traits. The tables and figures below say the same without interaction."
    )
    yield Chart("linked", spec, alt, _how(run), charts.record_names(people.table))
    yield Text(f"Shown: {people.rule}.", "note")
    if not run.has_task:
        yield Text("The run has no task: the plane shows the genome's squared norm in place of accuracy.", "note")


def _how(run: Run) -> list[str]:
    """How to use the linked views."""
    lines = [
        "Hover over a point for its record; click for its line of descent, in black in all views, and its descendants "
        "in light blue. At first it is the dominant's.",
        "Diamonds are founders (generation 0), crosses died early. The blue steps are a generation's Pareto front, "
        "over all of its individuals; the dashed line is the noise floor ρ = σ², the dotted one ρ = 1, "
        "no better than printing zeros. Bands: 5–95 % of those that lived to "
        "the end of a generation; line: their median. On logarithmic axes, what is below "
        f"{SMALLEST:g} stands there.",
    ]
    if run.last > run.first:
        lines[:0] = [
            "Move the slider through the generations: the plane and the lineage show whoever was born then, the plane "
            "everybody else with a finite ρ in grey.",
            "Drag across generations in any trait panel to show those alone; click there to let the slider rule again.",
        ]
    if run.last > run.first + SETTLED:
        lines.append(
            f"Axes hold the survivors from generation {run.first + SETTLED} on, as those before are far off; 'all' and "
            "an early slider show them."
        )
    return lines


def _traits(run: Run) -> Table:
    """Medians of some generations."""
    chosen = sorted({run.first, min(run.first + SETTLED, run.last), (run.first + run.last) // 2, run.last})
    rows = []
    for trait in there(TRAITS, run.has_task):
        if trait in run.births and trait != "fitness":
            table = quantiles(run, trait).set_index("generation")
            if len(table):
                rows.append([TRAITS[trait].label, *(_quantiles(table, generation) for generation in chosen)])
    living = run.births["cause_of_death"] == schema.CAUSES[0]
    counts = [run.births["generation"] == generation for generation in chosen]
    rows.append(["individuals, and how many died early", *(f"{c.sum():,}, {(c & ~living).sum():,}" for c in counts)])
    head = [f"generation {generation}" + (" (founders)" if generation == 0 else "") for generation in chosen]
    return Table("Median [5 %, 95 %] of those that lived to the end", ["trait", *head], rows)


def _quantiles(table: pd.DataFrame, generation: int) -> str:
    if generation not in table.index:
        return "–"
    low, middle, high = (float(table[level][generation]) for level in ("q05", "median", "q95"))
    return f"{number(middle)} [{number(low)},\u00a0{number(high)}]"


def _worse(run: Run) -> Iterator[Text]:
    """What to say where the median ρ is above 1; not of founders, whose genomes nobody printed."""
    table = quantiles(run, "replication_error")
    table = table[(table["generation"] > 0) & (table["median"] > 1)]
    if len(table):
        last = table.iloc[-1]
        of = f"in {len(table):,} of {count(run.last - max(run.first, 1) + 1, 'generation')} after the founders"
        yield Text(
            f"Worse than printing zeros: the median ρ is above 1 {of}, {number(last['median'])} in generation "
            f"{int(last['generation'])}. Nothing replicates there.",
            "statement",
        )


def _islands(run: Run) -> Table:
    last, known = latest(run).head(100), medians(run)
    names = {trait: TRAITS[trait].short for trait in TOLD if trait in known}
    rows = [
        [
            str(island),
            *(f"{int(row[name]):,}" for name in ("generation", "size", "parents")),
            f"{int(row['diverged'] + row['collapsed']):,}",
            *map(number, known[list(names)].iloc[place].tolist()),
        ]
        for place, (island, row) in enumerate(last.iterrows())
    ]
    head = ["island", "generation", "born", "parents", "died early", *names.values()]
    more = run.generations["island"].nunique() - len(last)
    others = f", {count(more, 'island')} more" if more > 0 else ""
    return Table(f"Medians of those that lived to the end of each island's last generation{others}", head, rows)


def _again(run: Run, digest: str | None) -> Iterator[Part]:
    folder = shlex.quote(run.path)
    config = shlex.quote(f"{run.path.rstrip('/')}/config.yaml")
    commands = {
        f"alife run --config {config} --out again": "the same births, on a machine of the same class",
        "alife show again --digest": "equal digests mean identical births",
        f"alife plot {folder}": "the figures as PNG, SVG and PDF",
        f"alife report {folder}": "this page",
    }
    if run.first:
        del commands[next(iter(commands))]
        yield Text(f"This run was begun by 'alife fork' from generation {run.first} of another: fork that one again.")
    width = max(map(len, commands))
    lines = [f"{command:{width}}  # {what}" for command, what in commands.items()]
    yield Code("\n".join(lines), "On any machine with the same versions:")
    if digest:
        yield Facts([("digest of all births", digest)])
    flat = {"class of machine": run.manifest.get("class", {}), "versions": run.manifest.get("versions", {})}
    yield Facts([(name, ", ".join(f"{k} {v}" for k, v in values.items())) for name, values in flat.items()])
    restarts: list[dict[str, Any]] = run.manifest.get("restarts", [])
    if restarts:
        head = ["time", "generation", "host", "why", "seconds lost"]
        keys = ("time", "generation", "host", "why", "seconds_lost")
        rows = [[str(restart.get(key, "–")) for key in keys] for restart in restarts]
        yield Table("Restarts", head, rows)
    text = yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True)
    yield Code(text, "The whole configuration (config.yaml)", folded=True)
