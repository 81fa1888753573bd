"""A measure of one's own in all that reads a run, without a word of it there: tables, pages, figures, files, sweeps."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import alife
from alife.cli.main import main
from analysis.data.run import Run, load_run
from analysis.evolution.islands import demes
from analysis.report import charts, individuals, of_run, summary, sweep_charts
from analysis.report.page import render
from analysis.studies import treatments
from populations import evolve
from populations.studies.plan import plan_of

TEXT = """
import alife

@alife.measure(noun="largest weight", symbol="M", scale="size", meaning="of the adult")
def largest(life):
    return abs(life.adults).max(axis=1)

@alife.measure(noun="share of luck", scale="share", direction=1)
def luck(life):
    return life.rng.random(len(life.living))
"""


@pytest.fixture(scope="module")
def base(idx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("measures") / "m.py"
    file.write_text(TEXT)
    return {
        "task": str(idx_folder),
        "generations": 6,
        "quine": {"hidden": 12, "coordinate_units": 6},
        "life": {"steps": 6, "coordinates": 32, "images": 16},
        "population": {"islands": 2, "size": 6},
        "measures": {"largest": f"{file}:largest", "luck": {"object": f"{file}:luck", "every": 4}},
    }


@pytest.fixture(scope="module")
def run(base: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("run") / "measured"
    evolve(base, out, backend="local")
    return load_run(out)


@pytest.fixture(scope="module")
def swept(base: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweep") / "swept"
    file = base["measures"]["largest"]
    only = {"measures": {"solo": file}}
    data = {
        "base": base,
        "treatments": {"w0": {"selection.accuracy_weight": 0}, "w1": {"selection.accuracy_weight": 1, **only}},
        "seeds": 2,
    }
    alife.sweep(data, out, backend="local")
    return out


def test_show_has_it_in_the_generation_in_which_it_was_taken(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", run.path]) == 0
    text = capsys.readouterr().out
    head = next(line for line in text.splitlines() if line.startswith("island generation"))
    assert " M " in head
    assert "share of luck: of generation 4, the last in which it was taken" in text
    table = summary.medians(summary.load(run.path))
    births = run.births[run.births["generation"] == 4]
    assert table["luck"].to_numpy() == pytest.approx(births.groupby("island")["luck"].median().to_numpy())
    assert table["largest"].notna().all()
    assert "chance" not in table


def test_a_page_has_it_in_its_tables_and_views(run: Run) -> None:
    text = render(of_run.page(run, [], []))
    for label in ("largest weight M", "share of luck", "log₁₀ largest weight M"):
        assert label in text, label
    numbers = next(line for line in text.splitlines() if "generation 4" in line)
    assert "generation 5" in numbers
    spec = charts.linked(run, individuals.shown(run))
    assert spec is not None
    assert {row["trait"] for row in spec["datasets"]["traits"]} >= {"largest", "luck"}
    assert {row["generation"] for row in spec["datasets"]["traits"] if row["trait"] == "luck"} == {0, 4}
    assert {"largest", "luck"} <= set(spec["datasets"]["births"][0])


@pytest.mark.nightly
def test_the_files_of_a_page_are_all_made(run: Run, swept: Path, tmp_path: Path) -> None:
    for path in (run.path, str(swept)):
        assert main(["report", path, "--out", str(tmp_path / "page.html"), "--format", "png"]) == 0
        assert "share of luck" in (tmp_path / "page.html").read_text()
        assert (tmp_path / "page-figures" / "traits.png").exists()


def test_figures_draw_it(run: Run) -> None:
    figure = alife.figures.traits(run)
    labels = {ax.get_ylabel(): ax for ax in figure.axes}
    assert {"largest weight M", "share of luck"} <= set(labels)
    assert labels["largest weight M"].get_yscale() == "log"
    assert labels["share of luck"].has_data()
    (thin,) = [line for line in labels["share of luck"].lines if line.get_label().startswith("median of each of 2")][:1]
    assert np.isfinite(thin.get_ydata()).all()
    assert thin.get_xdata().tolist() == [4]
    alone = alife.figures.traits(run, names=["luck"])
    assert alone.axes[0].get_ylabel() == "share of luck"
    forces = alife.figures.selection(run)
    ticks = [text.get_text() for text in forces.axes[0].get_yticklabels()]
    assert "log₁₀ largest weight M" in ticks
    assert "share of luck" not in ticks
    plt.close("all")


def test_an_unknown_trait_names_it_among_the_known(run: Run) -> None:
    with pytest.raises(alife.UserError, match=r"known are .*largest, luck"):
        alife.figures.traits(run, names=["none"])


def test_what_moves_it_is_split_where_every_generation_has_it(run: Run) -> None:
    record = demes(run)
    assert "largest" in record.traits
    assert "luck" not in record.traits


@pytest.mark.parametrize("format", ["alife", "newick", "parquet"])
def test_an_export_hands_it_over(run: Run, tmp_path: Path, format: str) -> None:
    out = tmp_path / "out"
    assert main(["export", run.path, "--format", format, "--out", str(out)]) == 0
    if format == "newick":
        assert "largest=" in out.read_text()
        return
    table = pd.read_csv(out) if format == "alife" else pd.read_parquet(out)
    assert table["largest"].to_numpy() == pytest.approx(run.births["largest"].to_numpy())
    assert np.array_equal(table["luck"].isna(), run.births["luck"].isna())


def test_a_comparison_has_it_with_the_generation_that_it_is_of(
    run: Run, base: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evolve({**base, "selection": {"scheme": "drift"}}, tmp_path / "drift", backend="local")
    assert main(["compare", run.path, str(tmp_path / "drift")]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "largest weight M" in text
    assert "share of luck: of generation 4, the last in which it was taken" in text
    rows = alife.compare([run.path, tmp_path / "drift"], ["luck", "largest"]).frame().set_index("trait")
    other = load_run(tmp_path / "drift")
    for name, when in (("luck", 4), ("largest", 5)):
        medians = {float(each.births.query(f"generation == {when}")[name].median()) for each in (run, other)}
        assert {round(rows[side][name], 6) for side in ("value", "reference")} == {round(one, 6) for one in medians}
    assert rows["effect_is"].to_dict() == {"luck": "difference", "largest": "factor"}


def test_runs_that_differ_by_their_measures_alone_are_one_treatment(
    run: Run, base: dict[str, Any], tmp_path: Path
) -> None:
    evolve({**base, "seed": 1, "measures": {}}, tmp_path / "bare", backend="local")
    with pytest.raises(alife.UserError, match="2 runs of one treatment"):
        alife.compare([run.path, tmp_path / "bare"])


def test_the_table_of_a_sweep_has_all_measures_of_its_runs(swept: Path) -> None:
    table = pd.read_parquet(swept / "generations.parquet")
    assert {"largest_median", "luck_mean", "solo_q95", "luck_differential"} <= set(table)
    assert table["largest_median"].notna().all()
    assert np.array_equal(table["luck_median"].notna(), table["generation"] % 4 == 0)
    assert np.array_equal(table["solo_median"].notna(), table["treatment"] == "w1")
    assert list(table)[-1] == "test_accuracy_median"


def test_a_sweep_tells_of_those_that_all_its_runs_have(swept: Path) -> None:
    sweep = treatments.load(swept)
    assert list(treatments.told(sweep))[-2:] == ["largest", "luck"]
    end = treatments.at_the_end(sweep["w0"], "luck")
    assert end.n == 2
    assert 0 <= end.value <= 1
    spec = sweep_charts.chart(sweep)
    assert spec is not None
    drawn = str({key: value for key, value in spec.items() if key != "datasets"})
    assert "share of luck" in drawn
    assert "solo" not in drawn


def test_a_sweep_with_a_wrong_measure_is_not_begun(base: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(TEXT.replace("axis=1", "axis=0"))
    wrong = {"w0": {}, "w1": {"measures": {"wrong": f"{tmp_path}/m.py:largest"}}}
    with pytest.raises(alife.UserError, match=r"treatment w1: measures\.wrong: .*gave float32 of shape"):
        alife.sweep({"base": base, "treatments": wrong}, tmp_path / "sweep", backend="local")
    assert not (tmp_path / "sweep").exists()


def test_a_sweep_that_varies_measures_is_written_and_read_again(base: dict[str, Any]) -> None:
    from populations.studies.plan import dump, parse_plan

    cadence = {"w0": {"measures.luck.every": 2}, "w1": {"measures": {"newborn_accuracy": {"every": 3}}}}
    plan = plan_of({"base": base, "treatments": cadence}, "sweep")
    assert plan.configs["w0"].measures["luck"].every == 2
    assert parse_plan(dump(plan), "again").configs == plan.configs
