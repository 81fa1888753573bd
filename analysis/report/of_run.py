"""The page of one run: its numbers, linked views, figures, what moved its traits, and how to make it again.

What it says is in run.txt.j2, run_views.txt.j2, facts.txt.j2 and change.txt.j2 of `analysis/templates`.
"""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import yaml

from alife import schema
from alife.traits import SMALLEST, TRAITS, enter, score, there
from analysis import templates
from analysis.data.run import Run
from analysis.evolution.islands import SETTLED
from analysis.evolution.trajectories import quantiles
from analysis.figures.registry import HISTORY
from analysis.numbers import number
from analysis.report import charts, history
from analysis.report.change import of_run
from analysis.report.individuals import shown
from analysis.report.page import Chart, Code, Facts, Page, Part, Picture, Section, Text, said
from analysis.report.summary import facts, islands
from analysis.tables import Table, table


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
    enter(run.manifest)
    about = Facts(facts(run, page=True))
    sections = [Section("facts", "The run", [about, *(_said(run, "empty") if run.generations.empty else [])])]
    if not run.generations.empty:
        evolved = [picture for picture in pictures if picture.name in HISTORY]
        others = [picture for picture in pictures if picture not in evolved]
        sections += [
            Section("views", "Plane, lineage and traits, linked", list(_views(run))),
            Section("numbers", "Traits in numbers", [_traits(run), *_worse(run), islands(run)]),
            Section("figures", "Figures", [*others, *(Text(line, "note") for line in left_out)]),
            Section("forces", "What moved the traits", list(of_run(run))),
            Section("history", "Natural history", [*history.parts(*history.history(run)), *evolved]),
        ]
    sections.append(Section("again", "How to make it again", list(_again(run, digest))))
    return Page(run.name, _said(run, "lead")[0].text, sections)


def _said(run: Run, section: str, **data: Any) -> list[Text]:
    return said("run", run=run, of=run.setting, section=section, **data)


def _views(run: Run) -> Iterator[Part]:
    people = shown(run)
    spec = charts.linked(run, people)
    if spec is None:
        yield from _said(run, "unseen")
        return
    if not (run.births["cause_of_death"] == schema.CAUSES[0]).any():
        yield from _said(run, "dead")
    alt = (
        f"Three linked views: the trade-off plane of replication error and {score()}, the lineage through time, and "
        "trajectories of the traits. The tables and figures below say the same without interaction."
    )
    how = templates.sentences("run_views", first=run.first, last=run.last, settled=SETTLED, smallest=SMALLEST)
    yield Chart("linked", spec, alt, how, charts.record_names(people.table))
    yield from _said(run, "shown", rule=people.rule)


def _traits(run: Run) -> Table:
    """Medians of some generations."""
    taken = {run.taken(name, run.last) for name in (*run.measures, "newborn_accuracy")}
    steps = {run.first, min(run.first + SETTLED, run.last), (run.first + run.last) // 2, run.last, *taken}
    chosen = sorted(step for step in steps if step >= run.first)
    heads = {each: f"generation {each}" + (" (founders)" if each == 0 else "") for each in chosen}
    rows: list[dict[str, Any]] = []
    for trait in there(TRAITS, run.has_task):
        if trait in run.births and trait != "fitness" and (not TRAITS[trait].own or trait in run.measures):
            levels = quantiles(run, trait).set_index("generation")
            if len(levels):
                cells = {heads[each]: _quantiles(levels, each) for each in chosen}
                rows.append({"trait": TRAITS[trait].label} | cells)
    early = run.births["cause_of_death"] != schema.CAUSES[0]
    born = {each: run.births["generation"] == each for each in chosen}
    counts = {heads[each]: f"{all_.sum():,}, {(all_ & early).sum():,}" for each, all_ in born.items()}
    rows.append({"trait": "individuals, and how many died early", **counts})
    return table("Median [5 %, 95 %] of those that lived to the end", rows)


def _quantiles(levels: pd.DataFrame, generation: int) -> str | None:
    if generation not in levels.index:
        return None
    low, middle, high = (number(levels[level][generation]) for level in ("q05", "median", "q95"))
    return f"{middle} [{low},\u00a0{high}]"


def _worse(run: Run) -> list[Text]:
    """What to say where the median ρ is above 1; not of founders, whose genomes nobody printed."""
    levels = quantiles(run, "replication_error")
    worse = levels[(levels["generation"] > 0) & (levels["median"] > 1)]
    return _said(run, "worse", worse=worse.to_dict("records"))


def _again(run: Run, digest: str | None) -> Iterator[Part]:
    folder, config = shlex.quote(run.path), shlex.quote(f"{run.path.rstrip('/')}/config.yaml")
    commands = {
        f"alife run --config {config} --out again": "the same births, on a machine of the same class",
        "alife show again --digest": "equal digests mean identical births",
        f"alife plot {folder}": "the figures as PNG, SVG and PDF",
        f"alife report {folder}": "this page",
    }
    if run.first:
        del commands[next(iter(commands))]
    yield from _said(run, "again")
    width = max(map(len, commands))
    lines = [f"{command:{width}}  # {what}" for command, what in commands.items()]
    yield Code("\n".join(lines), "On any machine with the same versions:")
    if digest:
        yield Facts([("digest of all births", digest)])
    yield made_with([run])
    if restarts := run.manifest.get("restarts", []):
        keys = ("time", "generation", "host", "why", "seconds_lost")
        yield table("Restarts", [{key.replace("_", " "): str(each.get(key, "–")) for key in keys} for each in restarts])
    text = yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True)
    yield Code(text, "The whole configuration (config.yaml)", folded=True)


def made_with(runs: Sequence[Run]) -> Facts:
    """The classes of machine and the versions that runs were made with."""
    rows = []
    for name, key in (("class of machine", "class"), ("versions", "versions")):
        texts = (", ".join(f"{k} {v}" for k, v in run.manifest.get(key, {}).items()) for run in runs)
        rows.append((name, "; ".join(dict.fromkeys(texts))))
    return Facts(rows)
