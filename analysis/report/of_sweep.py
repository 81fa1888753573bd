"""The page of a sweep: where treatments sit, three trade-offs kept apart, selection against chance, and every run.

What it says is in sweep.txt.j2 and sweep_views.txt.j2 of `analysis/templates`, and in those of statements.py and
tradeoffs.py.
"""

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from alife.configuration.parsing import LARGEST_SWEEP
from alife.errors import UserError
from alife.format import files
from analysis import templates
from analysis.data import projections
from analysis.data.run import Run
from analysis.data.sweep import Sweep
from analysis.data.treatments import seed_of, unlike_data
from analysis.report import luck, statements, sweep_charts, tradeoffs
from analysis.report.of_run import made_with
from analysis.report.page import Chart, Code, Facts, Page, Part, Picture, Section, Text, said
from analysis.report.pictures import relative
from analysis.studies.survival import extinct, hazards
from analysis.studies.treatments import DEATHS, at, at_the_end, told
from analysis.studies.values import untested
from analysis.tables import Link, Table, table, written

PLAN: Final = "sweep.yaml"
ENDS: Final = ("accuracy", "test_accuracy", "replication_error")
"""Traits of a run's row, if the sweep has them."""


def page(sweep: Sweep, pictures: Sequence[Picture], left_out: Sequence[str], beside: Path) -> Page:
    """The page of a sweep.

    Args:
        sweep: From `treatments.load`.
        pictures: Its figures.
        left_out: A line for each that could not be drawn.
        beside: The page's folder, for links to the pages of runs.
    """
    named = {picture: picture.name.partition("-")[0] for picture in pictures}

    def section(name: str, title: str, *makers: Callable[[Sweep], Iterable[Part]], drawn: str = "") -> Section:
        parts = [part for make in makers for part in _safely(make, sweep)]
        return Section(name, title, [*parts, *(picture for picture, kind in named.items() if kind == drawn)])

    def rest(_: Sweep) -> Iterator[Part]:
        yield from (p for p, kind in named.items() if kind not in ("sites", "lives", "genomes", "luck", "beyond"))
        yield from (Text(line, "note") for line in left_out)

    within, among = statements.within_a_life, statements.among_treatments
    results = (
        [
            section("sites", "Where each treatment sits", _sites),
            section("treatments", "Trade-off among treatments, over w", among, drawn="sites"),
            section("life", "Trade-off within a life, over task_weight", within, tradeoffs.lives_pairs, drawn="lives"),
            section("genomes", "Trade-off among genomes", tradeoffs.genomes_parts, drawn="genomes"),
            section("luck", "How much of a front is luck", luck.parts, drawn="luck"),
            section("selection", "Selection against shuffled", statements.against_shuffled, drawn="beyond"),
            section("figures", "More figures", rest),
        ]
        if sweep.groups
        else []
    )
    sections = [
        *([section("short", "In short", _in_short)] if sweep.groups else []),
        section("facts", "The sweep", _facts),
        *results,
        section("runs", "All runs", lambda sweep: [_runs(sweep, beside)]),
        section("again", "How to make it again", _again),
    ]
    name = sweep.path.rstrip("/").rpartition("/")[2] or sweep.path
    return Page(name, _said(sweep, "lead")[0].text, sections)


def _safely(make: Callable[[Sweep], Iterable[Part]], sweep: Sweep) -> list[Part]:
    """Parts of a section, or the one line that says why there are none."""
    try:
        return list(make(sweep))
    except UserError as error:
        return [Text(str(error), "note")]


def _said(sweep: Sweep, section: str, **data: Any) -> list[Text]:
    return said("sweep", sweep=sweep, section=section, **data)


def _in_short(sweep: Sweep) -> list[Text]:
    answers = [
        statements.among_treatments_in_short(sweep),
        tradeoffs.in_short("Within a life, over task_weight", tradeoffs.within_lives(sweep)),
        tradeoffs.in_short("Among genomes of a run", tradeoffs.among_genomes(sweep)),
        statements.against_shuffled_in_short(sweep),
    ]
    return _said(sweep, "short", answers=answers)


def _facts(sweep: Sweep) -> Iterator[Part]:
    counts = [run.generations[["size", "diverged", "collapsed"]].sum() for run in sweep.runs]
    data = {
        "statuses": Counter(str(run.manifest["status"]) for run in sweep.runs),
        "seeds": sorted({seed_of(run) for run in sweep.runs}),
        "lasts": sorted({run.last for run in sweep.runs}),
        "born": sum(int(count["size"]) for count in counts),
        "early": sum(int(count["diverged"] + count["collapsed"]) for count in counts),
        "restarts": sum(len(run.manifest.get("restarts", [])) for run in sweep.runs),
    }
    facts = templates.sentences("sweep", section="facts", sweep=sweep, **data)
    yield Facts([fact.partition(": ")[::2] for fact in facts])
    yield from _said(sweep, "left out")
    for line in (unlike_data(sweep.runs), projections.shared(sweep.groups)):
        if line:
            yield Text(line, "note")


def _sites(sweep: Sweep) -> Iterator[Part]:
    names = told(sweep)
    rows: list[dict[str, Any]] = []
    for label, runs in sweep.groups.items():
        found = {name: at_the_end(runs, name) for name in names}
        n = next(iter(found.values())).n
        rows.append({"treatment": label, "runs": n} | {name: _cell(e, n) for name, e in found.items()})
    caption = _said(sweep, "medians", died=DEATHS in names)[0].text
    yield table(caption, rows + _founders(sweep, list(names)))
    worse = [label for label, runs in sweep.groups.items() if at_the_end(runs, "replication_error").value > 1]
    again = [run.path for run in sweep.runs if len(run.tests) > 1]
    gone = extinct(sweep.groups)
    yield from _said(sweep, "sites", extinct=gone, worse=worse, again=again, untested=untested(sweep.runs))
    if gone:
        yield table(_said(sweep, "hazards")[0].text, _hazards(sweep))
    if spec := sweep_charts.chart(sweep):
        how = templates.sentences("sweep_views")
        yield Chart("treatments-linked", spec, "Treatments on the plane, and their traits by generation.", how)
    else:
        yield from _said(sweep, "no plane")


def _hazards(sweep: Sweep) -> list[dict[str, Any]]:
    """A row for each treatment: how many of its runs died out, and at what rate."""
    found = hazards(sweep.groups)
    died = [sum(run.is_extinct for run in runs) for runs in sweep.groups.values()]
    return [
        {"treatment": each.treatment, "runs": each.n, "extinct": count, "deaths in 1,000 generations": each}
        for each, count in zip(found, died, strict=True)
    ]


def _founders(sweep: Sweep, names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of generation 0; treatments that begin alike have the same one."""
    found: dict[tuple[str, ...], list[str]] = {}
    for label, runs in sweep.groups.items():
        estimates = [at(runs, trait, [0] * len(runs)) for trait in names]
        if estimates[0].n or estimates[-1].n:
            n = max(e.n for e in estimates)
            found.setdefault((f"{n}", *(_cell(e, n) if e.n else "–" for e in estimates)), []).append(label)
    return [
        {"treatment": "founders" if len(found) == 1 else f"founders of {', '.join(labels)}"}
        | dict(zip(("runs", *names), cells, strict=True))
        for cells, labels in found.items()
    ]


def _cell(e: Any, runs: int) -> str:
    return written(e) if e.n == runs else f"{written(e)} (n = {e.n})"


def _runs(sweep: Sweep, beside: Path) -> Table:
    rows: list[dict[str, Any]] = []
    known = told(sweep)
    for label, runs in sweep.groups.items():
        for run in runs:
            about = {"seed": str(seed_of(run)), "status": run.manifest["status"], "last generation": str(run.last)}
            about["births"] = int(run.generations["size"].sum())
            traits = {name: at_the_end([run], name).value for name in ENDS if name in known}
            rows.append({"run": _name(run, sweep, beside), "treatment": label} | about | traits)
    rows += [{"run": path, "status": "nothing committed"} for path in sweep.empty]
    rows += [{"run": path, "status": "cannot be read"} for path in sweep.unread]
    return table("A name leads to the run's own page if 'alife report' has written one", rows)


def _name(run: Run, sweep: Sweep, beside: Path) -> str | Link:
    name = run.path.removeprefix(sweep.path.rstrip("/") + "/")
    file = files.local(run.path) / "report.html"
    if files.is_remote(run.path) or not file.exists():
        return name
    return Link(name, relative(file, beside))


def _again(sweep: Sweep) -> Iterator[Part]:
    folder = shlex.quote(sweep.path)
    plan = files.local(sweep.path) / PLAN
    has_plan = not files.is_remote(sweep.path) and plan.is_file()
    first = [f"alife sweep --config {shlex.quote(str(plan))} --out again"] if has_plan else []
    lines = [*first, f"alife compare {folder}", f"alife report {folder}"]
    yield Code("\n".join(lines), "On any machine with the same versions:")
    if sweep.runs:
        yield made_with(sweep.runs)
    if has_plan:
        yield Code(_plan(sweep), "The whole sweep (sweep.yaml)", folded=True)


def _plan(sweep: Sweep) -> str:
    try:
        data = files.read(files.local(sweep.path), PLAN, LARGEST_SWEEP)[:LARGEST_SWEEP]
    except OSError as error:
        return f"{PLAN} cannot be shown: {error.strerror or error}"
    return data.decode(errors="replace")
