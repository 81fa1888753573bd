"""Statistics of traits are over those that lived to the end of their generation, in every table, figure and gauge."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.configuration.keys import Selection
from analysis import load_run
from analysis.assays import Result, fertility
from analysis.data.derived import derive
from analysis.data.run import Run
from analysis.evolution import trajectories
from analysis.evolution.dynamics import differentials
from analysis.evolution.fronts import hypervolumes
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from analysis.figures.fertility import fertility as fertility_figure
from analysis.report import of_run, summary
from analysis.report.change import forces
from analysis.studies import comparison, futures, treatments
from populations.record import rows
from populations.studies.run_rows import TESTED, run_rows
from tests.support.rows import configuration, create
from tests.support.synthetic import generation_table, synthetic_run, write_run

TRAITS = list(schema.SCORES)


def born(dead: int = 6, size: int = 24) -> dict[str, np.ndarray]:
    """An island's births: the first `dead` diverged; the others conceived equally many, whatever they achieved."""
    living = np.arange(size) >= dead
    draw = np.random.default_rng(0)
    births = {
        name: np.where(living, 0.01 + 0.001 * draw.random(size), np.nan).astype(np.float32) for name in schema.ERRORS
    }
    births["squared_norm"] = np.where(living, 6 + draw.random(size), 1e20).astype(np.float32)
    births["accuracy"] = np.where(living, 0.6 + 0.05 * draw.random(size), 0).astype(np.float32)
    births["newborn_accuracy"] = (0.1 + 0.01 * draw.random(size)).astype(np.float32)
    births["island"] = births["generation"] = np.zeros(size, np.int32)
    births["n_offspring"] = np.where(living, 2, 0).astype(np.int32)
    births["cause_of_death"] = np.where(living, "generation_end", "diverged").astype(object)
    return births


def test_death_alone_selects_no_trait() -> None:
    """Six of 24 diverged, at accuracy 0, and the others had equally many children: +0.58 sd if the dead counted."""
    births = born()
    row = rows.summaries(births, {0: 1.0})
    for trait in TRAITS:
        assert row[f"{trait}_differential"][0] == pytest.approx(0, abs=1e-6), trait
        assert row[f"{trait}_mean"][0] == pytest.approx(births[trait][6:].mean(), rel=1e-6), trait
        assert row[f"{trait}_median"][0] == pytest.approx(np.median(births[trait][6:]), rel=1e-6), trait
        for level, share in (("q05", 0.05), ("q95", 0.95)):
            assert row[f"{trait}_{level}"][0] == pytest.approx(np.quantile(births[trait][6:], share), rel=1e-5)
    assert (row["size"][0], row["diverged"][0], row["collapsed"][0], row["parents"][0]) == (24, 6, 0, 18)
    everybody = births | {"cause_of_death": np.full(24, "generation_end", object)}
    assert rows.summaries(everybody, {0: 1.0})["accuracy_differential"][0] == pytest.approx(0.58, abs=0.01)


def test_nobody_has_no_statistics() -> None:
    row = rows.summaries(born(dead=24), {0: 1.0})
    assert all(np.isnan(row[f"{trait}_median"][0]) and row[f"{trait}_differential"][0] == 0 for trait in TRAITS)


def measures(run: Run) -> dict[str, pd.DataFrame]:
    """All that is said of a run's traits, measure by measure."""
    record = demes(run)
    families = {"a": [run], "b": [replace(run, path="other")]}
    compared = comparison.compare(families, TRAITS, None, "b").rows
    return {
        "generations": generation_table(run.births),
        "quantiles": pd.concat([trajectories.quantiles(run, trait) for trait in (*TRAITS, "replication_loss")]),
        "islands": trajectories.island_medians(replace(run, generations=run.generations[[]]), "replication_loss"),
        "differentials": differentials(record),
        "price": price(record),
        "heritability": heritability(record),
        "forces": forces([run]),
        "medians": treatments.medians(run),
        "hypervolume": hypervolumes(run),
        "compare": pd.DataFrame([(row.label, row.trait, row.value.value) for row in compared]),
        "futures": pd.concat([fan.replays for fan in futures.futures(run, [replace(run, path="replay")])], axis=1),
        "show": summary.medians(run),
        "report": pd.DataFrame(of_run._traits(run).rows[:-1]),
    }


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    share=st.sampled_from([0.1, 0.4]),
    value=st.sampled_from([np.nan, 0.0, 1e-30, 0.5, 1e30]),
)
def test_what_the_dead_are_like_moves_nothing(seed: int, share: float, value: float) -> None:
    run = synthetic_run(7, 2, 8, seed=seed, death_rate=share)
    births = run.births[[*schema.BIRTHS]].copy()
    births.loc[births["cause_of_death"] != schema.CAUSES[0], TRAITS] = value
    births = derive(births.astype(dict.fromkeys(TRAITS, "float32")), Selection())
    other = replace(run, births=births, generations=generation_table(births))
    found, expected = measures(other), measures(run)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, obj=name)


def old(folder: Path, run: Run, starts: tuple[int, ...] = ()) -> Path:
    """The run as format 1 wrote it; `starts`: generations from which format 2 went on with it."""
    told = {"time": "2026-01-01T12:00:00+00:00", "command": "alife", "version": "0", "versions": {}, "host": "a"}
    manifest = run.manifest | {"starts": [told | {"generation": generation} for generation in starts]}
    first = starts[0] if starts else run.last + 1
    table = generation_table(run.births, with_dead=True)
    later = (table["generation"] >= first).to_numpy()
    table[later] = generation_table(run.births)[later]
    return write_run(folder, replace(run, manifest=manifest, generations=table))


@pytest.mark.parametrize("starts", [(), (0,), (4,)])
def test_records_of_format_1_are_read_as_if_written_today(tmp_path: Path, starts: tuple[int, ...]) -> None:
    run = synthetic_run(8, 3, 9, seed=3, death_rate=0.3)
    folder = old(tmp_path / "run", run, starts)
    whole = load_run(folder)
    pd.testing.assert_frame_equal(whole.generations, run.generations, rtol=1e-5)
    assert whole.outdated == ""
    without = load_run(folder, births=False)
    last = (starts[0] if starts else 8) - 1
    said = f"statistics of generations 0 to {last} count those that died early" if last >= 0 else ""
    assert without.outdated == said
    console = io.StringIO()
    summary.print_run(without, console)
    assert ("count those that died early" in console.getvalue()) == bool(said)


def test_a_sweep_s_table_has_one_definition(tmp_path: Path) -> None:
    run = synthetic_run(6, 2, 8, seed=1, death_rate=0.3)
    recorder = create(tmp_path / "run", configuration(2, 8, 6))
    tables = run.births[[*schema.BIRTHS]].astype({"cause_of_death": object}), generation_table(run.births, True)
    for generation in range(6):
        births, here = (table[table["generation"] == generation] for table in tables)
        columns = [{name: table[name].to_numpy() for name in table} for table in (births, here)]
        moves = {name: np.zeros(0, kind) for name, kind in schema.MIGRATIONS.items()}
        recorder.add(generation, columns[0], moves, columns[1])
    recorder.commit(5, {}, status="extinct")
    recorder.close()
    table = run_rows(str(tmp_path / "run"), configuration(2, 8, 6)).to_pandas()
    pd.testing.assert_frame_equal(table.drop(columns=TESTED), run.generations, rtol=1e-5)
    assert table[TESTED].isna().all()


def test_a_line_that_diverged_is_counted_and_has_no_accuracy() -> None:
    lines = pd.DataFrame(
        {
            "id": np.repeat([1, 2, 3, 4], 2),
            "replicate": 0,
            "descent": np.tile([1, 2], 4),
            "learning": True,
            "noise": True,
            "replication_error": [0.1, 0.1, 0.1, 0.1, 0.1, np.nan, 0.1, np.nan],
            "founder_error": [0.1, 0.1, 0.1, 0.1, 0.1, np.nan, 0.1, np.nan],
            "norm_ratio": [1.0, 1.0, 1.0, 1.0, 1.0, np.nan, 1.0, np.nan],
            "accuracy": [0.6, 0.6, 0.6, 0.6, 0.6, 0.0, 0.6, 0.0],
        }
    )
    found, _ = fertility.summarise({"descent": lines}, {})
    values = {(row.quantity, row.generation): row.value for row in found}
    assert values["accuracy of the adult, with learning, with birth noise", 2] == pytest.approx(0.6)
    assert values["share of lines that have diverged, with learning, with birth noise", 2] == pytest.approx(0.5)
    about = {"name": "run", "generations": [3]}
    labels = fertility_figure(Result(about, found, [], (), {"descent": lines})).axes[0].get_legend_handles_labels()[1]
    assert "with learning, with birth noise: 2 of 4 live to the end" in labels
