"""From a folder of results to its table, figures and page."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from alife.errors import written
from alife.format import files
from alife.seed_paper.registry import EXPERIMENTS
from analysis.figures import making
from analysis.figures.saving import FORMATS, attempt
from analysis.figures.seed_paper import experiment
from analysis.numbers import spread
from analysis.paper import strict, tables, tradeoff, verdicts
from analysis.paper.results import Results, load
from analysis.report.page import Page, Part, Section, Text, said
from analysis.report.pictures import picture, relative
from analysis.report.write import save
from analysis.tables import Link
from analysis.templates import sentences

TABLE: Final = "table"
PAGE: Final = "paper.html"


def publish(path: str) -> list[str]:
    """Write the table (Markdown, CSV), a figure an experiment, and the page that holds them all.

    Args:
        path: The folder that `alife paper` wrote. What is published lies in it, or, if that is not on this machine, in
            a folder of its name here.

    Returns:
        Lines to print: the table, and where everything is.

    Raises:
        UserError: No results there, or a place that cannot be written.
    """
    results = load(path)
    out = Path(path.rstrip("/").rpartition("/")[2]) if files.is_remote(path) else files.local(path)
    making.own_folder(out, "figures")
    rows = verdicts.rows(results)
    for file, text in ((f"{TABLE}.md", tables.markdown(results, rows)), (f"{TABLE}.csv", tables.as_csv(rows))):
        with written(out / file):
            files.replace(out / file, text.encode())
    sections = [*_sections(results, rows, out)]
    seeds, full = results.settings["seeds"], results.settings["full"]
    lead = sentences("paper", of="lead", seeds=seeds, full=full)[0]
    page = save(Page("The seed paper beside its own numbers", lead, sections), out / PAGE)
    return [*_summary(rows), f"{page} and {out / TABLE}.md, .csv, {out / 'figures'}"]


def _sections(results: Results, rows: list[verdicts.Row], out: Path) -> Iterator[Section]:
    yield Section("table", "In short", [*_table(results, rows)])
    for name in results.experiments:
        yield Section(name, f"{name}: {EXPERIMENTS[name].title}", [*_experiment(results, name, rows, out)])


def _table(results: Results, rows: list[verdicts.Row]) -> Iterator[Part]:
    yield tables.table("The paper's values, as reported, and ours", rows, tables.SHORT)
    yield from (Text(note, "note") for note in tables.notes(results))
    yield tables.table("The paper's derived measures, and accuracy on the test images", rows, tables.DERIVED)


def _experiment(results: Results, name: str, rows: list[verdicts.Row], out: Path) -> Iterator[Part]:
    parts = [facts for facts in results.facts if facts["experiment"] == name]
    about = {
        "parts": len(EXPERIMENTS[name].parts),
        "missing": len(EXPERIMENTS[name].parts) - len(parts),
        "shortened": any(facts.get("shortened") for facts in parts),
        "seconds": sum(facts.get("seconds", 0) for facts in parts),
        "lengths": dict.fromkeys(facts.get("length", "") for facts in parts),
    }
    yield from said("paper", of="experiment", **about)
    for text in STATEMENTS.get(name, lambda _: ())(results):
        yield Text(text)
    lines: list[str] = []
    files = attempt(name, partial(experiment, results, name), out / "figures", lines.append)
    yield from (Text(line, "note") for line in lines)
    if files:
        links = [Link(kind.upper(), relative(file, out)) for kind, file in zip(FORMATS, files, strict=True)]
        caption = f"{EXPERIMENTS[name].title}. {CAPTIONS.get(name, CAPTION)}"
        yield picture(name, files[0].read_bytes(), EXPERIMENTS[name].title, caption, links)
    for row in rows:
        if row.experiment == name and row.verdict:
            yield Text(f"{row.what[0].upper()}{row.what[1:]}: {row.verdict}.")


STATEMENTS: Final[dict[str, Callable[[Results], Iterable[str]]]] = {
    tradeoff.NAME: tradeoff.statements,
    "strict": strict.statements,
    "fertility": strict.fertility,
    "contraction": strict.attempts,
}
"""What to say of experiments beside the table."""

CAPTION: Final = "Lines are medians over networks, bands from the lowest to the highest."
CAPTIONS: Final = {
    "E0": "Each point is an untrained network.",
    "strict": "Left, each line is a network; right, each dot is a network at its end, on test images met once.",
    "contraction": "Each mark is a network (H = 8).",
    "fertility": "Each line is the median over networks; it ends where descendants have left what can be drawn.",
    "E6": "Each line is a network; it ends where it has collapsed to zero or left float32.",
    "tradeoff": "Each line is the mean of one λ's networks from the first epoch on; a dot is a network at its end.",
}


def _summary(rows: list[verdicts.Row]) -> list[str]:
    """The table in lines of a terminal."""
    lines = []
    for row in rows:
        value, rho = (spread(*pair) for pair in ((row.mean, row.sd), (row.rho, row.rho_sd)))
        short = " (shortened)" if row.shortened else ""
        lines.append(f"{row.experiment:<12}{row.what}{short}: {row.quantity} {value}, ρ {rho}; paper {row.reported}")
        lines.append(f"{'':<12}{row.verdict}")
    return lines
