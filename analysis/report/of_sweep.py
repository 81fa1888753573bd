"""The page of a sweep: where treatments sit, three trade-offs kept apart, selection against chance, and every run."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from alife.configuration.parsing import LARGEST_SWEEP
from alife.errors import UserError
from alife.format import files
from alife.words import count
from analysis.data.run import Run
from analysis.data.treatments import seed_of, unlike_data
from analysis.numbers import number, words
from analysis.report import pairs, statements, sweep_charts, tradeoffs
from analysis.report.page import Chart, Code, Facts, Page, Part, Picture, Section, Text
from analysis.report.pictures import relative
from analysis.report.treatments import Sweep, at, at_the_end, told
from analysis.statistics.estimate import Estimate
from analysis.tables import Link, Table

PLAN: Final = "sweep.yaml"

HOW: Final = (
    "Move the slider through the generations. Large marks are interquartile means over runs with their 95 % bootstrap "
    "intervals over runs, small ones single runs: hover for which. A run is the median over its survivors.",
    "Click a treatment in the legend to see it alone; shift-click adds another; click beside the plots to see all.",
    "Axes hold the generations from the fourth on, if there are so many: those before are far off.",
)


def page(sweep: Sweep, pictures: Sequence[Picture], left_out: Sequence[str], beside: Path) -> Page:
    """The page of a sweep.

    Args:
        sweep: From `treatments.load`.
        pictures: Its figures.
        left_out: A line for each that could not be drawn.
        beside: The page's folder, for links to the pages of runs.
    """
    name = sweep.path.rstrip("/").rpartition("/")[2] or sweep.path
    own = {
        name: [p for p in pictures if p.name.partition("-")[0] == name]
        for name in ("sites", "lives", "genomes", "beyond")
    }
    rest = [picture for picture in pictures if all(picture not in those for those in own.values())]
    sections = [Section("short", "In short", _safely(_in_short, sweep))] if sweep.groups else []
    sections.append(Section("facts", "The sweep", list(_facts(sweep))))
    if sweep.groups:
        among = [*_safely(statements.among_treatments, sweep), *own["sites"]]
        sections += [
            Section("sites", "Where each treatment sits", list(_sites(sweep))),
            Section("treatments", "Trade-off among treatments, over w", among),
            Section(
                "life",
                "Trade-off within a life, over task_weight",
                [*_safely(statements.within_a_life, sweep), *_safely(_life_pairs, sweep), *own["lives"]],
            ),
            Section(
                "genomes",
                "Trade-off among genomes",
                [*_safely(tradeoffs.genomes_parts, sweep), *_safely(_genome_pairs, sweep), *own["genomes"]],
            ),
            Section(
                "selection",
                "Selection against shuffled",
                [*_safely(statements.against_shuffled, sweep), *own["beyond"]],
            ),
            Section("figures", "More figures", [*rest, *(Text(line, "note") for line in left_out)]),
        ]
    sections += [
        Section("runs", "All runs", [_runs(sweep, beside)]),
        Section("again", "How to make it again", list(_again(sweep))),
    ]
    runs, treatments = count(len(sweep.runs), "run"), count(len(sweep.groups), "treatment")
    lead = f"A sweep over neural quines: {treatments}, {runs}. The unit of replication is the run; n counts runs."
    return Page(name, lead, sections)


def _safely(make: Callable[[Sweep], Iterator[Part]], sweep: Sweep) -> list[Part]:
    """A section, or the one line that says why there is none."""
    try:
        return list(make(sweep))
    except UserError as error:
        return [Text(str(error), "note")]


def _life_pairs(sweep: Sweep) -> Iterator[Part]:
    table = pairs.lives_table(sweep)
    yield from [table] if table else []


def _genome_pairs(sweep: Sweep) -> Iterator[Part]:
    table = pairs.genomes_table(sweep)
    yield from [table] if table else []


def _in_short(sweep: Sweep) -> Iterator[Part]:
    yield Text("Does specialisation trade against replication? Three questions, never merged, and what selection does:")
    yield Text(statements.among_treatments_in_short(sweep), "statement")
    yield Text(tradeoffs.in_short("Within a life, over task_weight", tradeoffs.within_lives(sweep)), "statement")
    yield Text(tradeoffs.in_short("Among genomes of a run", tradeoffs.among_genomes(sweep)), "statement")
    yield Text(statements.against_shuffled_in_short(sweep), "statement")
    yield Text(
        "There: the 95 % bootstrap intervals over runs lie on the side of a trade-off, for accuracy and replication, "
        "and the runs are as many as p < 0.05 takes (6 pairs). r_G·h·h is the genetic covariance of both in standard "
        "deviations within a common life.",
        "note",
    )


def _facts(sweep: Sweep) -> Iterator[Part]:
    statuses = [str(run.manifest["status"]) for run in sweep.runs]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))
    seeds = sorted({seed_of(run) for run in sweep.runs})
    born = sum(int(run.generations["size"].sum()) for run in sweep.runs)
    early = sum(int(run.generations[["diverged", "collapsed"]].to_numpy().sum()) for run in sweep.runs)
    restarts = sum(len(run.manifest.get("restarts", [])) for run in sweep.runs)
    rows = [("folder", sweep.path), ("runs", counts or "none with a committed generation")]
    if sweep.groups:
        lasts = sorted({run.last for run in sweep.runs})
        until = f"{lasts[0]}" if len(lasts) == 1 else f"{lasts[0]} to {lasts[-1]}"
        rows += [
            ("treatments", "; ".join(f"{label} ({len(runs)})" for label, runs in sweep.groups.items())),
            ("seeds", ", ".join(map(str, seeds))),
            ("last generation", until),
            ("births", f"{born:,}; {early:,} died early"),
            ("restarts", str(restarts) if restarts else "none"),
        ]
    yield Facts(rows)
    if sweep.empty:
        yield Text(f"Left out, as no generation is committed yet: {', '.join(sweep.empty)}.", "note")
    for why in sweep.unread.values():
        yield Text(f"Left out: {why}", "note")
    if unlike := unlike_data(sweep.runs):
        yield Text(unlike, "note")


def _sites(sweep: Sweep) -> Iterator[Part]:
    names = told(sweep)
    rows = []
    for label, runs in sweep.groups.items():
        estimates = [at_the_end(runs, trait) for trait in names]
        rows.append([label, f"{estimates[0].n}", *(_cell(e, estimates[0].n) for e in estimates)])
    rows += _founders(sweep, names)
    caption = (
        "Interquartile means over runs [95 % bootstrap interval over runs, from 3 on]; a run is the median over its "
        "individuals that lived to the end of its last generation, or of generation 0 for founders, whom nobody printed"
    )
    yield Table(caption, ["treatment", "runs", *names.values()], rows)
    worse = [label for label, runs in sweep.groups.items() if at_the_end(runs, "replication_error").value > 1]
    if worse:
        yield Text(f"ρ above 1 is worse than printing zeros: nothing replicates in {', '.join(worse)}.", "statement")
    if again := [run for run in sweep.runs if len(run.tests) > 1]:
        paths = ", ".join(run.path for run in again)
        yield Text(f"Test images were looked at more than once, as runs were extended: {paths}.", "note")
    spec = sweep_charts.chart(sweep)
    if spec:
        yield Chart("treatments-linked", spec, "Treatments on the plane, and their traits by generation.", HOW)
    else:
        yield Text("There is no plane to show: no accuracy, or no survivors.", "note")


def _founders(sweep: Sweep, names: Mapping[str, str]) -> list[list[str]]:
    """Rows of generation 0; treatments that begin alike have the same one."""
    found: dict[tuple[str, ...], list[str]] = {}
    for label, runs in sweep.groups.items():
        estimates = [at(runs, trait, [0] * len(runs)) for trait in names]
        if estimates[0].n or estimates[-1].n:
            n = max(e.n for e in estimates)
            cells = (f"{n}", *(_cell(e, n) if e.n else "–" for e in estimates))
            found.setdefault(cells, []).append(label)
    return [
        ["founders" if len(found) == 1 else f"founders of {', '.join(labels)}", *cells]
        for cells, labels in found.items()
    ]


def _cell(e: Estimate, runs: int) -> str:
    text = words(e)
    return text if e.n == runs else f"{text} (n = {e.n})"


def _runs(sweep: Sweep, beside: Path) -> Table:
    rows: list[list[str | Link]] = []
    for label, runs in sweep.groups.items():
        rows += [[_name(run, sweep, beside), label, *_end(run)] for run in runs]
    rows += [[path, "–", "–", "nothing committed", *["–"] * 5] for path in sweep.empty]
    rows += [[path, "–", "–", "cannot be read", *["–"] * 5] for path in sweep.unread]
    head = ["run", "treatment", "seed", "status", "last generation", "births"]
    head += ["selection accuracy", "test accuracy", "ρ"]
    return Table("A name leads to the run's own page if 'alife report' has written one", head, rows)


def _end(run: Run) -> list[str]:
    found = [at_the_end([run], trait).value for trait in ("accuracy", "test_accuracy", "replication_error")]
    born = int(run.generations["size"].sum())
    counts = [str(seed_of(run)), str(run.manifest["status"]), str(run.last), f"{born:,}"]
    return [*counts, *map(number, found)]


def _name(run: Run, sweep: Sweep, beside: Path) -> str | Link:
    name = run.path.removeprefix(sweep.path.rstrip("/") + "/")
    file = files.local(run.path) / "report.html"
    if files.is_remote(run.path) or not file.exists():
        return name
    return Link(name, relative(file, beside))


def _again(sweep: Sweep) -> Iterator[Part]:
    folder = shlex.quote(sweep.path)
    plan = files.local(sweep.path) / PLAN
    lines = [f"alife compare {folder}", f"alife report {folder}"]
    has_plan = not files.is_remote(sweep.path) and plan.is_file()
    if has_plan:
        lines.insert(0, f"alife sweep --config {shlex.quote(str(plan))} --out again")
    yield Code("\n".join(lines), "On any machine with the same versions:")
    classes = {", ".join(f"{k} {v}" for k, v in run.manifest.get("class", {}).items()): None for run in sweep.runs}
    versions = {", ".join(f"{k} {v}" for k, v in run.manifest.get("versions", {}).items()): None for run in sweep.runs}
    if sweep.runs:
        yield Facts([("class of machine", "; ".join(classes)), ("versions", "; ".join(versions))])
    if has_plan:
        yield Code(_plan(sweep), "The whole sweep (sweep.yaml)", folded=True)


def _plan(sweep: Sweep) -> str:
    try:
        data = files.read(files.local(sweep.path), PLAN, LARGEST_SWEEP)[:LARGEST_SWEEP]
    except OSError as error:
        return f"{PLAN} cannot be shown: {error.strerror or error}"
    return data.decode(errors="replace")
