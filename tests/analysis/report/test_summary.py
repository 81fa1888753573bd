"""The state of a run as text: what is in it for runs of every kind, on a terminal and off it."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from analysis import load_run, print_run
from analysis.data.run import Run, lived
from analysis.report.summary import MAX_ISLANDS, table
from tests.support.synthetic import EDGES, synthetic_run, write_run


def shown(run: Run) -> str:
    out = io.StringIO()
    print_run(run, out)
    return out.getvalue()


def fact(text: str, name: str) -> str:
    found = re.search(rf"^{name} +(.*)$", text, re.MULTILINE)
    assert found, f"{name} is not in\n{text}"
    return found[1]


def island(text: str, number: int) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [str(number)])


def test_the_state_of_a_run_is_all_there(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path / "run", synthetic_run(12, 3, 10, seed=5, death_rate=0.1)))
    text = shown(run)
    assert fact(text, "run") == str(tmp_path / "run")
    assert fact(text, "status") == "finished"
    assert fact(text, "generations") == "12 of 12 done"
    assert fact(text, "seed") == "5"
    assert fact(text, "islands") == "3 × 10 individuals"
    assert fact(text, "treatment").startswith(
        "tournament of 3, w = 0.5; σ = 0.05 (noise floor of ρ: 0.0025); ring, 1 mig"
    )
    assert "40 steps of adamax" in fact(text, "life")
    causes = run.births["cause_of_death"].value_counts()
    early = causes["diverged"] + causes["collapsed"]
    expected = f"360; {early} died early: {causes['diverged']} diverged, {causes['collapsed']} collapsed"
    assert fact(text, "births") == expected
    assert fact(text, "restarts") == "none"
    births = sum(part["size"] for part in run.manifest["parts"]["births"])
    assert fact(text, "on disk").endswith(f"; {births / 360:.1f} bytes a birth")
    assert fact(text, "last commit").startswith("2026-01-01T12:03:00+00:00, ")


def test_an_island_s_row_is_the_medians_of_its_last_generation() -> None:
    run = synthetic_run(8, 3, 9, death_rate=0.05)
    text = shown(run)
    for number in range(3):
        here = run.births.query("generation == 7 and island == @number")
        row = island(text, number)
        assert row[1:3] == ["7", "9"]
        alive = lived(here)
        assert row[3] == f"{alive['accuracy'].median():.3f}"
        traits = ("replication_error", "replication_loss", "copying_error", "self_error", "squared_norm")
        assert [float(cell) for cell in row[4:9]] == pytest.approx([alive[name].median() for name in traits], rel=0.01)
        assert row[9] == str((here["n_offspring"] > 0).sum())
        assert row[10] == str((here["cause_of_death"] != "generation_end").sum())


def test_loss_never_stands_without_the_relative_error() -> None:
    run = synthetic_run(3, 1, 5)
    assert re.search(r"ρ +L_SR", shown(run))
    without = shown(replace(run, births=run.births.head(0)))
    assert "L_SR" not in without
    assert "ρ" in without


def test_dead_islands_are_named_with_the_generation_of_their_death() -> None:
    text = shown(synthetic_run(9, 3, 6, dead_islands={1: 4}))
    assert "died out: 1 (generation 4)" in text
    assert island(text, 1)[1] == "4"
    assert "died out" not in shown(synthetic_run(3, 2, 6, death_rate=0))


def test_a_run_that_was_resumed_says_so() -> None:
    run = synthetic_run(3, 1, 4)
    assert "writers" not in shown(replace(run, manifest={**run.manifest, "epoch": 1}))
    text = shown(replace(run, manifest={**run.manifest, "epoch": 3}))
    assert fact(text, "writers") == "3, one after another: it was resumed or extended"


def test_restarts_are_counted_with_their_reasons_and_the_last_is_told() -> None:
    run = synthetic_run(3, 1, 4)
    restarts = [
        {"time": "2026-01-01T12:01:00Z", "generation": 1, "host": "a", "why": "hung", "seconds_lost": 2.5},
        {"time": "2026-01-01T12:02:00Z", "generation": 2, "host": "b", "why": "killed", "seconds_lost": 4.0},
        {"time": "2026-01-01T12:03:00Z", "generation": 2, "host": "c", "why": "hung", "seconds_lost": 0.25},
    ]
    text = shown(replace(run, manifest={**run.manifest, "restarts": restarts}))
    assert fact(text, "restarts") == "3, 6.8 s lost: 2 × hung, 1 × killed; the last: c in generation 2"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=5), "5 seconds ago"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(minutes=90), "90 minutes ago"),
        (timedelta(hours=30), "30 hours ago"),
        (timedelta(days=9), "9 days ago"),
        (timedelta(seconds=-40), "0 seconds ago"),
    ],
)
def test_the_age_of_the_last_commit_is_told(age: timedelta, words: str) -> None:
    out = io.StringIO()
    now = datetime(2026, 1, 1, 12, 3, tzinfo=UTC) + age
    Console(file=out, width=200).print(table(synthetic_run(2, 1, 3), now))
    assert words in out.getvalue()


def test_treatments_differ_in_words() -> None:
    assert fact(shown(synthetic_run(2, 1, 3, scheme="drift")), "treatment").startswith("drift; ")
    assert "heritable: mutation" in fact(shown(synthetic_run(2, 1, 3, heritable=("mutation",))), "treatment")
    assert "no migration" in fact(shown(synthetic_run(2, 1, 3, migrants=0)), "treatment")
    assert fact(shown(synthetic_run(2, 1, 3, has_task=False)), "life").endswith("task none")


def test_plain_text_where_there_is_no_terminal() -> None:
    text = shown(synthetic_run(4, 2, 5))
    assert "\x1b" not in text
    assert not re.search("[┃│─━╭…]", text)
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_narrow_terminal_cuts_no_number() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    console.print(table(synthetic_run(30, 4, 24)))
    assert "…" not in out.getvalue()
    assert "\x1b[1m" in out.getvalue()


@pytest.mark.parametrize("width", [20, 33, 40, 53, 64])
def test_at_any_width_all_numbers_are_there_whole(width: int) -> None:
    run = synthetic_run(30, 4, 24)
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=width, color_system=None).print(table(run))
    lines = out.getvalue().splitlines()
    assert "…" not in out.getvalue()
    assert max(map(len, lines)) <= width
    lines = lines[next(i for i, line in enumerate(lines) if line.startswith("median")) :]
    wide = [island(shown(run), number) for number in range(4)]
    for number, cells in enumerate(wide):
        parts = [line.split()[1:] for line in lines if line.split()[:1] == [str(number)]]
        assert sum(parts, [str(number)]) == cells


def test_rho_above_1_gets_a_remark() -> None:
    run = synthetic_run(4, 3, 6)
    assert "printing zeros" not in shown(run)
    worse = run.generations.assign(
        replication_error_median=run.generations["replication_error_median"].where(run.generations["island"] != 2, 1.5)
    )
    assert "ρ above 1: worse than printing zeros, on island 2\n" in shown(replace(run, generations=worse))
    worse["replication_error_median"] = 3.0
    assert "zeros, on islands 0, 1, 2\n" in shown(replace(run, generations=worse))
    founders = replace(run, generations=worse[worse["generation"] == 0])
    assert "printing zeros" not in shown(founders)


def test_one_is_no_plural() -> None:
    text = shown(synthetic_run(1, 1, 1))
    assert fact(text, "islands") == "1 × 1 individual"
    assert not re.search(r"\b1 \w+s\b(?<!is)", text.replace("died", "")), text


def test_a_path_with_markup_is_printed_as_it_is() -> None:
    assert fact(shown(synthetic_run(1, 1, 2, path="runs/[red]x[/]")), "run") == "runs/[red]x[/]"


def test_many_islands_are_counted() -> None:
    text = shown(synthetic_run(1, MAX_ISLANDS + 7, 1, death_rate=0))
    assert "and 7 islands more" in text


@pytest.mark.parametrize("world", EDGES.values(), ids=EDGES)
def test_odd_runs_have_a_state(world: dict) -> None:
    run = synthetic_run(**world)
    text = shown(run)
    assert fact(text, "status") == run.manifest["status"]
    assert "nan" not in text


def test_an_empty_run_says_so() -> None:
    text = shown(synthetic_run(0))
    assert fact(text, "generations") == "none of 1 committed yet"
    assert "island " not in text
