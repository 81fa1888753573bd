"""Pages of runs and sweeps: what they say, that names cannot break them, and that they work in a browser."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.cli.main import main
from alife.errors import UserError
from analysis.data.run import Run
from analysis.evolution.dynamics import effective_size
from analysis.evolution.islands import demes
from analysis.figures import beyond, registry
from analysis.figures import trades as trade_figures
from analysis.lineage.phylogeny import NOBODY, Phylogeny, line_of_descent, of_run
from analysis.report import (
    change,
    report,
    statements,
    tradeoffs,
)
from analysis.report import of_run as run_page
from analysis.report import of_sweep as sweep_page
from analysis.report.individuals import descent_intervals, rows, shown
from analysis.report.page import Chart, Page, Section, Text, render
from analysis.studies import treatments
from analysis.tables import Link, Table
from populations import evolve
from populations.record.writer import digest
from populations.studies.assay_runner import store
from tests.support import axe
from tests.support import browser as chrome
from tests.support.synthetic import EDGES, synthetic_run, write_run

NASTY = """<script>document.title='broken'</script>"'&"""


class Reader(HTMLParser):
    """Tags, texts by tag, and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts[self.tags[-1][0]][-1] += data

    @property
    def visible(self) -> str:
        """What a reader sees: no scripts, no styles."""
        return "\n".join(text for tag, texts in self.texts.items() if tag not in ("script", "style") for text in texts)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def page_of(run: Run) -> str:
    return render(run_page.page(run, [], []))


@pytest.fixture(scope="module")
def run() -> Run:
    return synthetic_run(12, 2, 8, seed=3, path="runs/a")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sweep") / "s"
    for name, world in {"w0": {"accuracy_weight": 0.0}, "w1": {"accuracy_weight": 1.0}}.items():
        for seed in range(6):
            write_run(root / f"runs/{name}/seed-{seed}", synthetic_run(10, 2, 16, seed=seed, **world))
    for seed in range(6):
        write_run(root / f"runs/shuffled/seed-{seed}", synthetic_run(10, 2, 16, seed=seed, scheme="shuffled"))
    return root


class TestIndividuals:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10**6), st.lists(st.integers(1, 6), min_size=1, max_size=7))
    def test_descent_is_told_by_numbers(self, seed: int, sizes: list[int]) -> None:
        rng = np.random.default_rng(seed)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        parent = np.full(starts[-1], NOBODY)
        for above, start, stop in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
            parent[start:stop] = rng.integers(above, start, stop - start)
        tree = Phylogeny(pd.DataFrame(index=range(len(parent))), parent, starts, 0)
        first, beyond = descent_intervals(tree)
        assert sorted(first) == list(range(len(parent)))
        for child in range(len(parent)):
            line, row = set(), child
            while row != NOBODY:
                line.add(row)
                row = parent[row]
            assert line == set(np.flatnonzero((first <= first[child]) & (first[child] < beyond)))

    def test_all_of_a_small_run_are_shown(self, run: Run) -> None:
        people = shown(run)
        assert set(people.table["id"]) == set(run.births["id"].astype(str))
        assert people.rule == "all 192 individuals"
        assert people.table["y"].notna().all()

    def test_a_large_run_is_sampled_by_the_rule_that_it_states(self) -> None:
        run = synthetic_run(40, 2, 30, seed=1)
        people = shown(run, most=400, latest=60)
        table = people.table
        assert len(table) < 500
        counts = table["generation"].value_counts()
        assert counts[39] == 60
        assert counts.drop(39).max() <= 9
        assert f"{len(table):,} of 2,400 individuals: all 60 of the last generation" in people.rule
        line = line_of_descent(of_run(run), int(table["id"].iloc[people.chosen]))
        assert set(line["id"].astype(str)) <= set(table["id"])

    def test_a_long_run_is_shown_every_so_many_generations(self) -> None:
        run = synthetic_run(1300, 1, 3, death_rate=0)
        people = shown(run)
        assert set(people.table["generation"]) == set(range(1299, -1, -3))
        assert people.rule.startswith("one generation in 3, and of these ")
        assert len(page_of(run)) < 4_000_000

    def test_an_absent_parent_gives_way_to_the_nearest_ancestor_shown(self) -> None:
        run = synthetic_run(40, 2, 30, seed=1)
        table = shown(run, most=400, latest=60).table
        tree = of_run(run)
        for one in table.iloc[::25].to_dict("records"):
            line = line_of_descent(tree, int(one["id"]))["id"].astype(str).iloc[:-1]
            there = [name for name in line if name in set(table["id"])]
            expected = table.set_index("id")["generation"][there[-1]] if there else np.nan
            np.testing.assert_equal(one["from_generation"], expected)

    def test_json_knows_no_nan(self) -> None:
        assert rows(pd.DataFrame({"a": [1.5, np.nan, np.inf], "b": [1, 2, 3]})) == [
            {"a": 1.5, "b": 1},
            {"a": None, "b": 2},
            {"a": None, "b": 3},
        ]


class TestPage:
    def test_whatever_text_holds_stays_text(self) -> None:
        table = Table(NASTY, [NASTY], [[Link(NASTY, "javascript:alert(1)")]])
        chart = Chart("c", {"description": NASTY}, NASTY, [NASTY])
        read = Reader(render(Page(NASTY, NASTY, [Section("s", NASTY, [Text(NASTY), table, chart])])))
        assert read.count("script") == 3
        assert read.texts["title"][0].strip() == NASTY
        assert read.texts["h1"][0].strip() == NASTY
        assert [a["href"] for tag, a in read.tags if tag == "a"] == ["#s", "./javascript%3Aalert%281%29"]

    def test_nothing_is_fetched_and_no_foreign_script_runs(self, run: Run) -> None:
        read = Reader(page_of(run))
        assert not [a for _, a in read.tags if str(a.get("src", "data:")).partition(":")[0] != "data"]
        policy = next(a["content"] for tag, a in read.tags if a.get("http-equiv") == "Content-Security-Policy")
        assert policy
        assert policy.startswith("default-src 'none'")
        assert "script-src 'sha256-" in policy
        assert "unsafe-eval" not in policy

    def test_every_section_is_headed_and_linked(self, run: Run) -> None:
        read = Reader(page_of(run))
        assert read.count("h1") == 1
        links = [a["href"] for tag, a in read.tags if tag == "a"]
        assert links == [f"#{a['id']}" for tag, a in read.tags if tag == "section"]


class TestRun:
    def test_numbers_configuration_and_commands_are_there(self, run: Run) -> None:
        text = render(run_page.page(run, [], ["figure x is left out"], digest="0123abc"))
        for words in (
            "tournament of 3, w = 0.5",
            "192; ",
            "alife run --config runs/a/config.yaml --out again",
            "0123abc",
            "accuracy_weight: 0.5",
            "cpu synthetic",
            "figure x is left out",
            "Standardised selection differentials",
            "The Price equation",
        ):
            assert words in text

    @pytest.mark.parametrize("name", EDGES)
    def test_odd_runs_have_sensible_pages(self, name: str) -> None:
        text = page_of(synthetic_run(**EDGES[name]))
        assert "The run" in text
        assert not re.search(r"\bnan\b", Reader(text).visible)

    def test_effective_size_counts_islands_where_no_two_share_a_parent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = synthetic_run(30, 2, 3, scheme="drift", death_rate=0)
        table = effective_size(demes(run))
        table = table[table["generation"] >= 3]
        assert np.isinf(table["effective"]).any()
        said = change._size(run).text
        assert f"of {len(table)} island generations: {1 / table['coalescence'].mean():.1f} of 3" in said
        monkeypatch.setattr(change, "effective_size", lambda _: table.assign(coalescence=0.0))
        with pytest.raises(UserError, match="effective size is not known"):
            change._size(run)

    def test_a_run_without_a_task_has_another_plane(self) -> None:
        text = page_of(synthetic_run(8, 2, 6, has_task=False))
        assert "the plane shows the genome&#39;s squared norm in place of accuracy" in text

    def test_an_empty_run_is_one_line(self) -> None:
        read = Reader(page_of(synthetic_run(0)))
        assert any("No generation is committed yet" in text for text in read.texts["p"])
        assert read.count("script") == 0

    def test_everybody_dead_is_said(self) -> None:
        assert "Nobody has a finite ρ" in page_of(synthetic_run(**EDGES["all dead at once"]))

    def test_the_page_and_its_figures_lie_in_the_run_s_folder(
        self, tmp_path: Path, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(registry, "PLOTS", {"hypervolume": registry.PLOTS["hypervolume"]})
        folder = tmp_path / "run"
        evolve(small, str(folder), backend="local")
        assert main(["report", str(folder)]) == 0
        assert capsys.readouterr().out == f"{folder}/report.html\n"
        assert digest(str(folder)) in (folder / "report.html").read_text()
        assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".svg", ".pdf"}
        read = Reader((folder / "report.html").read_text())
        picture = next(a for tag, a in read.tags if tag == "img")
        assert picture["alt"]
        assert str(picture["src"]).startswith("data:image/png;base64,")
        assert "./figures/hypervolume.pdf" in [a.get("href") for _, a in read.tags]

        drawn = (folder / "figures" / "hypervolume.png").stat().st_mtime_ns
        other = report(folder, tmp_path / "elsewhere" / "a.html")
        assert (folder / "figures" / "hypervolume.png").stat().st_mtime_ns == drawn
        assert "./a-figures/hypervolume.pdf" in other.read_text()

    def test_figures_are_drawn_again_only_if_the_run_went_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry, "PLOTS", {"hypervolume": registry.PLOTS["hypervolume"]})
        folder = write_run(tmp_path / "run", synthetic_run(3, 1, 4))
        report(folder)
        figure = folder / "figures" / "hypervolume.png"
        first = figure.stat().st_mtime_ns
        report(folder)
        assert figure.stat().st_mtime_ns == first
        write_run(folder, synthetic_run(4, 1, 4))
        report(folder)
        assert figure.stat().st_mtime_ns > first

    def test_no_run_is_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["report", str(tmp_path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1

    def test_a_place_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        folder = write_run(tmp_path / "run", synthetic_run(0))
        with pytest.raises(UserError, match="cannot be written"):
            report(folder, tmp_path / "file" / "a.html")


class TestSweep:
    def test_three_trade_offs_are_kept_apart(self, sweep: Path) -> None:
        page = sweep_page.page(treatments.load(sweep), [], [], sweep)
        text = {section.name: Reader(render(Page("", "", [section]))) for section in page.sections}
        assert "This trade-off is there: w=1 buys accuracy with copying error. w=1 against w=0:" in str(
            text["treatments"].texts["p"]
        )
        assert "alife assay RUN within_life" in str(text["life"].texts["p"])
        assert "Among genomes of a run: not measured." in str(text["short"].texts["p"])
        assert "alife assay RUN garden" in str(text["genomes"].texts["p"])
        assert any("w=1 against shuffled: selection accuracy +" in p for p in text["selection"].texts["p"])
        assert [cell.strip() for cell in text["sites"].texts["th"] if cell.strip() in ("w=0", "w=1", "shuffled")] == [
            "w=0",
            "w=1",
            "shuffled",
        ]

    def test_the_share_of_early_deaths_stands_beside_traits(self) -> None:
        runs = [synthetic_run(5, 2, 8, seed=seed, path=f"s/{seed}", death_rate=0.2) for seed in range(3)]
        found = treatments.at_the_end(runs, "early_deaths")
        dead = [(run.births.query("generation == 4")["cause_of_death"] != "generation_end").mean() for run in runs]
        assert (found.value, found.n) == (pytest.approx(np.mean(dead)), 3)
        page = render(sweep_page.page(treatments.Sweep("s", {"all": runs}), [], [], Path("s")))
        assert "early deaths are the share that did not" in page
        spared = [synthetic_run(5, 2, 8, seed=seed, path=f"s/{seed}", death_rate=0) for seed in range(3)]
        page = render(sweep_page.page(treatments.Sweep("s", {"all": spared}), [], [], Path("s")))
        assert "early deaths" not in page

    def test_the_page_leads_to_its_figures(
        self, sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(registry, "SWEEP", ("sites", "attainment"))
        page = tmp_path / "talk" / "s.html"
        assert main(["report", str(sweep), "--out", str(page)]) == 0
        assert capsys.readouterr().out == f"{page}\n"
        read = Reader(page.read_text())
        links = [a["href"] for tag, a in read.tags if tag == "a" and "s-figures/" in str(a["href"])]
        assert len(links) == 6
        assert all((page.parent / str(link)).exists() for link in links)

    def test_too_few_runs_are_said(self, sweep: Path, tmp_path: Path) -> None:
        for name in ("w0", "w1"):
            shutil.copytree(sweep / f"runs/{name}/seed-0", tmp_path / name)
        page = sweep_page.page(treatments.load(tmp_path), [], [], tmp_path)
        assert "Too few runs to say whether this trade-off is there." in render(page)
        assert "learned different data" not in render(page)

    def test_runs_that_learned_different_data_are_noted(self, tmp_path: Path) -> None:
        counts = {"learn": [5, 5], "select": [1, 1], "test": [1, 1]}
        for seed, learned in enumerate(("a1b2c3d4" * 8, "f" * 64)):
            run = synthetic_run(3, 1, 8, seed=seed)
            task = {"digest": learned, "shape": [8, 8], "classes": 2, "split": "stratified", "counts": counts}
            write_run(tmp_path / str(seed), replace(run, manifest={**run.manifest, "task": task}))
        text = render(sweep_page.page(treatments.load(tmp_path), [], [], tmp_path))
        assert "These runs learned different data, by their digests on record: a1b2c3d4 in 1 run" in text

    def test_two_pairs_bear_no_verdict_among_treatments(self, sweep: Path, tmp_path: Path) -> None:
        for name in ("w0", "w1"):
            for seed in range(2):
                shutil.copytree(sweep / f"runs/{name}/seed-{seed}", tmp_path / name / str(seed))
        text = render(sweep_page.page(treatments.load(tmp_path), [], [], tmp_path))
        assert "Too few runs to say whether this trade-off is there." in text
        assert "Among treatments, over w: too few runs to say: w=1 against w=0" in text

    def test_without_a_task_selection_is_still_told_in_short(self, tmp_path: Path) -> None:
        for scheme in ("tournament", "shuffled"):
            for seed in range(3):
                run = synthetic_run(5, 1, 8, seed=seed, scheme=scheme, has_task=False)
                write_run(tmp_path / f"{scheme}-{seed}", run)
        said = statements.against_shuffled_in_short(treatments.load(tmp_path))
        assert said.startswith("Selection against shuffled: tournament copying error ×")

    def test_within_a_life_founders_are_compared(self, tmp_path: Path) -> None:
        for weight in (0.03, 0.3):
            for seed in range(3):
                run = synthetic_run(5, 1, 8, seed=seed)
                run.config["life"]["task_weight"] = weight
                write_run(tmp_path / f"{weight}-{seed}", run)
        page = sweep_page.page(treatments.load(tmp_path), [], [], tmp_path)
        text = render(page)
        assert "The same founders, before anything had evolved" in text
        assert "task weight=0.3 against task weight=0.03: selection accuracy" in text

    def test_runs_without_generations_and_damaged_ones_are_listed(self, sweep: Path, tmp_path: Path) -> None:
        shutil.copytree(sweep / "runs/w0", tmp_path / "w0")
        write_run(tmp_path / "new", synthetic_run(0))
        (tmp_path / "w0/seed-1/manifest.json").write_text("{")
        (tmp_path / "w0/seed-0/report.html").write_text("")
        text = render(sweep_page.page(treatments.load(tmp_path), [], [], tmp_path))
        assert "Left out, as no generation is committed yet" in text
        assert "damaged: not valid JSON" in text
        assert 'href="./w0/seed-0/report.html"' in text

    def test_a_large_sweep_keeps_what_the_statements_need(self, sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = treatments.load(sweep)
        monkeypatch.setattr(treatments, "MOST_BIRTHS", 10)
        small = treatments.load(sweep)
        assert not small.whole
        for label, runs in whole.groups.items():
            for trait in treatments.DRAWN:
                a, b = (treatments.at_the_end(group, trait) for group in (runs, small.groups[label]))
                assert a == b

    def test_planted_trade_offs_among_genomes_and_within_lives_are_told_with_their_intervals(
        self, sweep: Path, tmp_path: Path
    ) -> None:
        root = tmp_path / "s"
        shutil.copytree(sweep, root)
        for name, correlation, cost in (("w0", 0.6, 0.0), ("w1", -0.7, 0.2), ("shuffled", 0.0, -0.2)):
            for seed in range(6):
                plant_assays(root / f"runs/{name}/seed-{seed}", seed, correlation, cost)
        page = sweep_page.page(treatments.load(root), [], [], root)
        text = {section.name: Reader(render(Page("", "", [section]))).texts for section in page.sections}
        said = {name: [" ".join(p.split()) for p in texts["p"]] for name, texts in text.items()}
        [life] = [line for line in said["short"] if line.startswith("Within a life, over task_weight")]
        assert "there in w=1 (accuracy +0.06" in life
        assert "; not shown in founders (accuracy +0.0" in life
        [among] = [
            line for line in said["short"] if line.startswith("Among genomes of a run: there in w=1 (r_G·h·h −0.")
        ]
        assert re.search(r"; not shown in w=0 \(.*\), shuffled \(", among)
        genomes = {line.split(":")[0]: line for line in said["genomes"]}
        assert "w=1: there. Accuracy and −log₁₀ ρ have" in genomes["w=1"]
        assert "6 runs of 40 genomes × 8 lives" in genomes["w=1"]
        assert "w=0: not shown, both go together." in genomes["w=0"]
        low, high = re.findall(r"correlation r_G \S+ \[(\S+),\s(\S+)\]", genomes["w=1"])[0]
        assert float(low.replace("−", "-")) < -0.7 < float(high.replace("−", "-"))
        lives = said["life"]
        assert sum(line.startswith("founders: not shown") for line in lives) == 1, "shown once"
        [heavy] = [line for line in lives if line.startswith("w=1 (generation 10)")]
        assert "there. From task weight 0.1 to 10: accuracy +0.06" in heavy
        assert "ρ ×2.5" in heavy, "two decades of weight, 0.2 decades of ρ each"
        assert any(
            re.search(r"no task at all to 0\.1 changes accuracy by 0\.(399|400) to 0\.4", line) for line in lives
        )
        assert any("not shown" in line for line in lives if line.startswith("shuffled (generation 10)"))
        luck = [line for line in said["luck"] if "6 runs of 40 genomes × 8 lives" in line]
        assert [line.partition(", a share")[0].partition(": of the")[0] for line in luck] == [
            f"{label}: part of a front is luck" for label in ("w=0", "w=1", "shuffled")
        ]

    def test_what_moves_traits_is_told_by_treatment(self, sweep: Path) -> None:
        table = change.of_treatments(treatments.load(sweep).groups)[0]
        cells = {(row[0], row[1]): row[2:] for row in table.texts}

        def ends(text: str) -> list[float]:
            return [float(x.replace("−", "-")) for x in re.split(r"[\[,\]]\s?", text)[:3]]

        for label, selects in (("w=1", True), ("shuffled", False)):
            runs, realised, selection, _, rms, *_ = map(str, cells[label, "selection accuracy"])
            assert runs == "6"
            assert (ends(realised)[1] > 0) == selects
            assert (ends(realised)[1] <= 0 <= ends(realised)[2]) != selects
            assert (ends(selection)[1] > 0) == selects
            assert ends(rms)[1] > 0, "chance moves islands, selected or not"
        page = sweep_page.page(treatments.load(sweep), [], [], sweep)
        assert "sampling, rms" in render(page)

    def test_trends_stand_beside_founders_and_the_control(self, sweep: Path) -> None:
        groups = treatments.load(sweep).groups
        figure = beyond.beyond(groups)
        assert len(figure.axes) == 6
        right = figure.axes[1]
        assert len([line for line in right.lines if len(line.get_xdata()) > 2]) == len(groups) - 1
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        assert "w=1: mean and its 95 % interval, n = 6 runs" in labels
        texts = labels + [text.get_text() for ax in figure.axes for text in ax.texts]
        assert sum(beyond.FOUNDERS in text for text in texts) >= 2
        with pytest.raises(UserError, match="no shuffled control"):
            beyond.beyond({"w=1": groups["w=1"]})

    def test_assays_of_two_runs_bear_no_verdict(self, sweep: Path, tmp_path: Path) -> None:
        runs = 2
        for name in ("w0", "w1"):
            for seed in range(runs):
                folder = tmp_path / name / str(seed)
                shutil.copytree(sweep / f"runs/{name}/seed-{seed}", folder)
                plant_assays(folder, seed, -0.7, 0.2)
        text = render(sweep_page.page(treatments.load(tmp_path), [], [], tmp_path))
        assert re.search(r"Among genomes of a run: too few runs to say in w=0 \(.*\), w=1 \(.*\)\.", text)
        assert "Within a life, over task_weight: too few runs to say in founders" in text
        assert not re.search(r"trade-off is there:|: there", text)
        groups = treatments.load(tmp_path).groups
        names = (
            trade_figures.genomes(groups).legends[0].get_texts()
            + beyond.beyond(
                groups | {"shuffled": [synthetic_run(10, 2, 16, seed=seed, scheme="shuffled") for seed in range(runs)]}
            )
            .legends[0]
            .get_texts()
        )
        labels = [text.get_text() for text in names if "mean" in text.get_text()]
        assert labels
        assert not any("interval" in label for label in labels)

    def test_one_task_weight_bears_no_verdict_within_a_life(self, sweep: Path, tmp_path: Path) -> None:
        for seed in range(6):
            folder = tmp_path / str(seed)
            shutil.copytree(sweep / f"runs/w1/seed-{seed}", folder)
            plant_assays(folder, seed, -0.7, 0.2, weights=((0.0, 0), (1.0, 1)))
        loaded = treatments.load(tmp_path)
        [early, late] = tradeoffs.within_lives(loaded)
        needs = "not measured, as it needs two task weights above 0, and these genomes lived under task weight 1 alone."
        assert early.sentence == f"founders: {needs}"
        assert late.sentence == f"all (generation 10): {needs}"
        assert "not measured, as it needs two task weights above 0, in founders" in tradeoffs.in_short(
            "W", [early, late]
        )
        assert tradeoffs.lives_table(loaded).texts[0][2:6] == ["–"] * 4
        assert "changes accuracy by" in tradeoffs.first_step(loaded)

    def test_the_page_says_what_heritability_leaves_out_and_whose_it_is(self, sweep: Path, tmp_path: Path) -> None:
        shutil.copytree(sweep / "runs/w1/seed-0", tmp_path / "r")
        plant_assays(tmp_path / "r", 0, -0.7, 0.2)
        text = render(sweep_page.page(treatments.load(tmp_path), [], [], tmp_path))
        assert "H² is that within a common life" in text
        assert "standard deviations within a common life" in text
        assert "conceived by a run&#39;s last generation" in text
        assert "phenotypic" not in text

    @pytest.mark.parametrize(("generations", "first"), [(4, 1), (10, 3)])
    def test_what_moves_traits_says_from_where_on(self, generations: int, first: int) -> None:
        groups = {"a": [synthetic_run(generations, 1, 8, seed=seed) for seed in range(2)]}
        assert f"from generation {first} on" in str(change.of_treatments(groups)[0].caption)

    def test_figures_of_assays_name_their_bands_with_their_n(self, sweep: Path, tmp_path: Path) -> None:
        root = tmp_path / "s"
        shutil.copytree(sweep, root)
        for name in ("w0", "w1", "shuffled"):
            for seed in range(6):
                plant_assays(root / f"runs/{name}/seed-{seed}", seed, -0.7, 0.2)
        groups = treatments.load(root).groups
        lives = [text.get_text() for text in trade_figures.lives(groups).legends[0].get_texts()]
        assert lives[0] == "founders: mean over runs and its 95 % interval, n = 6 runs"
        assert "w=1 (generation 10): mean over runs and its 95 % interval, n = 6 runs" in lives
        genomes = [text.get_text() for text in trade_figures.genomes(groups).legends[0].get_texts()]
        assert all("95 % interval" in text and "n = 6 runs" in text for text in genomes)
        for figure in (trade_figures.lives, trade_figures.genomes):
            with pytest.raises(UserError, match="no run has"):
                figure({"w": [synthetic_run(3)]})


WEIGHTS = ((0.0, 0), (0.1, 0), (1.0, 1), (10.0, 2))
"""Task weights, and decades above the lightest positive one."""


def plant_assays(
    folder: Path, seed: int, correlation: float, cost: float, weights: Sequence[tuple[float, int]] = WEIGHTS
) -> None:
    """A garden whose genomes correlate so, and lives in which a decade of task weight costs so much of −log₁₀ ρ."""
    rng = np.random.default_rng(seed)
    genome = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 40)
    chance = rng.normal(0, 0.5, (40, 8, 2))
    accuracy, fidelity = np.moveaxis(genome[:, None] + chance, -1, 0)
    ids, lives = np.divmod(np.arange(320), 8)
    error = 10.0 ** (-2 - 0.1 * fidelity.ravel())
    keys = {"id": ids, "island": ids % 2, "replicate": lives, "generation": np.full(320, 10, np.int32)}
    scores = {"accuracy": 0.6 + 0.01 * accuracy.ravel(), "replication_error": error, "copying_error": error}
    about = {"assay": "garden", "generations": [10]}
    store(str(folder), about, {"lives": {**keys, **scores}})
    tables = []
    for generation in (0, 10):
        noise = np.random.default_rng(seed) if generation == 0 else rng
        for weight, decades in weights:
            gain = 0.1 if not weight else 0.5 + 0.03 * decades
            price = cost * decades if generation else 0.0
            error = 10.0 ** (-2 + price + noise.normal(0, 0.01, 20))
            keys = {"id": np.arange(20), "replicate": np.zeros(20, np.int32)}
            keys |= {"generation": np.full(20, generation, np.int32), "task_weight": np.full(20, weight, np.float32)}
            accuracy = gain + noise.normal(0, 0.003, 20)
            tables.append({**keys, "accuracy": accuracy, "replication_error": error, "copying_error": error})
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    store(str(folder), {"assay": "within_life", "generations": [0, 10]}, {"weights": columns})


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chrome.chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def opened(browser: Any, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Any:
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(page_of(run), encoding="utf-8")
    chrome.show(browser, page)
    return browser


DOT, ANCESTRY = 34, 2.2
"""What points of the plane and highlighted branches of the lineage look like: their size, their width."""


class TestBrowser:
    def test_the_console_is_silent_and_nothing_is_asked_of_a_network(self, opened: Any) -> None:
        assert opened.get_log("browser") == []
        asked = chrome.requests(opened)
        assert [url for url in asked if url.startswith("file:")] != []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []

    @pytest.mark.parametrize("scheme", axe.SCHEMES)
    def test_everybody_can_use_it(self, opened: Any, scheme: str) -> None:
        assert axe.faults(opened, scheme) == []

    def test_the_slider_shows_another_generation(self, opened: Any, run: Run) -> None:
        from selenium.webdriver.common.keys import Keys

        def living(generation: int) -> int:
            among = run.births[run.births["generation"] == generation]
            return int(among["replication_error"].notna().sum())

        slider = opened.find_element("css selector", "#linked-controls input[type=range]")
        for key, generation in ((Keys.HOME, 0), (Keys.END, 11), (Keys.ARROW_LEFT, 10)):
            slider.send_keys(key)
            dots = chrome.items(opened, "linked", "size", DOT)
            assert {dot["generation"] for dot in dots} == {generation}
            assert len(dots) == living(generation)

    def test_a_click_in_the_plane_shows_record_and_line_of_descent(self, opened: Any, run: Run) -> None:
        tree = of_run(run)
        dots = chrome.items(opened, "linked", "size", DOT)
        for dot in (dots[0], dots[-1]):
            chrome.wait(opened, lambda dot=dot: self.picked(opened, dot))
            record = opened.find_element("css selector", "#linked-record dl").text
            assert dot["ancestor"] in record
            assert "cause of death" in record
            line = line_of_descent(tree, int(dot["id"]))["id"].astype(str)
            branches = chrome.items(opened, "linked", "strokeWidth", ANCESTRY)
            assert {branch["id"] for branch in branches} == set(line[1:])

    def picked(self, opened: Any, dot: Any) -> bool:
        """Click a point; whether it is the one picked, which it is not while the page still scrolls."""
        chrome.point(opened, "linked", dot["x"], dot["y"]).click().perform()
        return opened.find_element("id", "linked-id").get_attribute("value") == dot["id"]

    def test_a_parent_can_be_picked_without_a_mouse(self, opened: Any) -> None:
        from selenium.webdriver.common.keys import Keys

        box = opened.find_element("id", "linked-id")
        box.clear()
        box.send_keys("12345678", Keys.ENTER)
        assert "not among" in opened.find_element("css selector", "#linked-record output").text
        dot = chrome.items(opened, "linked", "size", DOT)[1]
        box.clear()
        box.send_keys(dot["id"], Keys.ENTER)
        opened.find_element("name", "parent").send_keys(Keys.ENTER)
        assert box.get_attribute("value") == dot["ancestor"]

    def test_generations_dragged_in_a_trait_are_shown_in_the_plane(self, opened: Any) -> None:
        points = [p for p in chrome.items(opened, "linked", "size", 12) if p.get("generation") in (2, 6)]
        x = {p["generation"]: p["x"] for p in points}
        y = max(p["y"] for p in points)
        left = min(p["x"] for p in points if p["generation"] == 2)
        right = min(p["x"] for p in points if p["generation"] == 6)
        assert x
        drag = chrome.point(opened, "linked", left - 4, y).click_and_hold()
        drag.move_by_offset(round(right - left) + 8, 0).release().perform()
        chrome.wait(
            opened, lambda: {dot["generation"] for dot in chrome.items(opened, "linked", "size", DOT)} == {*range(2, 7)}
        )

    def test_views_fit_a_narrow_window(self, opened: Any) -> None:
        opened.set_window_size(520, 900)
        fits = "const c = document.querySelector('#linked canvas'); return c && c.clientWidth <= innerWidth"
        chrome.wait(opened, lambda: opened.execute_script(fits))
        assert opened.execute_script("return document.documentElement.scrollWidth <= innerWidth")

    def test_names_from_users_run_no_script(self, browser: Any, tmp_path: Path) -> None:
        run = synthetic_run(5, 1, 6, path=f"runs/{NASTY.replace('/', '')}")
        run.config["task"] = NASTY
        page = tmp_path / "report.html"
        page.write_text(page_of(run), encoding="utf-8")
        chrome.show(browser, page)
        assert browser.title == NASTY.replace("/", "")
        assert browser.get_log("browser") == []
        assert NASTY in browser.find_element("id", "facts").text

    def test_treatments_move_with_the_slider(self, browser: Any, sweep: Path, tmp_path: Path) -> None:
        from selenium.webdriver.common.keys import Keys

        page = tmp_path / "sweep.html"
        page.write_text(render(sweep_page.page(treatments.load(sweep), [], [], tmp_path)), encoding="utf-8")
        chrome.show(browser, page)
        assert browser.get_log("browser") == []
        assert axe.faults(browser) == []
        large = chrome.items(browser, "treatments-linked", "size", 110)
        assert {mark["generation"] for mark in large} == {9}
        assert {mark["treatment"] for mark in large} == {"w=0", "w=1", "shuffled"}
        slider = browser.find_element("css selector", "#treatments-linked-controls input[type=range]")
        slider.send_keys(Keys.ARROW_LEFT)
        moved = chrome.items(browser, "treatments-linked", "size", 110)
        assert {mark["generation"] for mark in moved} == {8}
        assert [mark["x"] for mark in moved] != [mark["x"] for mark in large]
