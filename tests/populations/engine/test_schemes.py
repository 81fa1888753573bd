"""Shipped schemes that look at more than two scores, in whole runs: births everywhere, clades, what is on record."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alife.cli.main import main
from alife.evolution.selection import is_recorded, probabilities
from analysis import load_run
from analysis.data.run import Run
from analysis.evolution.dynamics import differentials
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from analysis.report import summary
from analysis.studies.comparison import compare
from populations import evolve, resume
from populations.engine.fork import fork
from populations.record.reader import read_checkpoint
from populations.record.writer import digest
from tests.support.bred import unexplained
from tests.support.own import EXAMPLES, same_births_everywhere

SCHEMES: dict[str, dict[str, Any]] = {
    "lexicase": {"tolerance": 0.5},
    "novelty": {"neighbours": 2},
    "map_elites": {"accuracy_step": 0.05},
    "speciation": {"back": 3},
}
FIRST, *OTHERS = SCHEMES


def chosen_by(small: dict[str, Any], scheme: str, **selection: Any) -> dict[str, Any]:
    """A configuration under a scheme with parameters that are not its defaults."""
    return {**small, "selection": {"scheme": scheme, "parameters": SCHEMES[scheme], **selection}}


@pytest.mark.usefixtures("ray_8")
@pytest.mark.parametrize("scheme", [FIRST, *(pytest.param(word, marks=pytest.mark.nightly) for word in OTHERS)])
def test_births_are_the_same_on_any_number_of_workers_and_after_a_kill(scheme, small, tmp_path):
    run = load_run(same_births_everywhere(chosen_by(small, scheme), tmp_path, (1, 4)))
    assert ("chance" in run.births) == is_recorded(scheme)
    assert run.scheme == scheme


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_expected_is_known_and_a_shuffled_control_selects_nobody(scheme, small, tmp_path, capsys):
    config = {**small, "population": {"islands": 2, "size": 12}}
    for name, shuffled in (("selected", False), ("shuffled", True)):
        evolve(chosen_by(config, scheme, shuffled=shuffled), str(tmp_path / name), backend="local")
    run, control = (load_run(tmp_path / name) for name in ("selected", "shuffled"))
    summary.print_run(run)
    assert scheme in capsys.readouterr().out
    record = demes(run)
    by_deme = record.total(record.expected)
    np.testing.assert_allclose(by_deme, record.total(record.offspring), rtol=1e-5)
    assert not record.offspring[record.expected == 0].any()
    assert np.ptp(record.expected[record.living]) > 0.5
    null = demes(control)
    assert np.ptp(null.expected[null.living]) < 1e-6 < np.ptp(null.dealt[null.living])
    np.testing.assert_allclose(null.total(null.dealt), null.total(null.offspring), rtol=1e-5)
    split = price(record)
    gap = unexplained(split)
    assert gap.abs().max() < 1e-9
    assert differentials(null)["expected"].abs().max() < 1e-9
    assert np.isfinite(run.births["fitness"][record.living]).all()
    table = compare([run, control])
    assert table.against == f"shuffled {scheme}"


def test_parents_are_drawn_by_the_chances_on_record(small, tmp_path):
    """Children of each twentieth of the chances, over many generations, against what these lead one to expect."""
    config = {**small, "generations": 60, "life": {**small["life"], "steps": 2}, "checkpoint": {"every": 60}}
    for scheme in SCHEMES:
        evolve(chosen_by(config, scheme), str(tmp_path / scheme), backend="local")
        record = demes(load_run(tmp_path / scheme))
        expected, real = record.expected[record.living], record.offspring[record.living]
        some = expected > 0
        assert not real[~some].any()
        bins = np.digitize(expected[some], np.quantile(expected[some], np.linspace(0, 1, 21)[1:-1]))
        sums = [np.bincount(bins, weights=values[some], minlength=20) for values in (real, expected)]
        kept = sums[1] > 5
        assert stats.chisquare(sums[0][kept], sums[1][kept] * sums[0][kept].sum() / sums[1][kept].sum()).pvalue > 1e-3


def clades(births: pd.DataFrame, back: int) -> np.ndarray:
    """The ancestor of each so many generations ago, or the founder, by births on record."""
    parent = births.set_index("id")["ancestor_id"]
    found = births["id"].to_numpy()
    for _ in range(back):
        found = parent[found].to_numpy()
    return found


def held_to_the_record(run: Run, back: int, before: pd.DataFrame | None = None) -> None:
    """Chances on record are those that births, scores and descent on record, and who is known before, lead to."""
    births = run.births.assign(clade=clades(pd.concat([run.births, before]), back)[: len(run.births)])
    several = 0
    for _, here in births.groupby(["generation", "island"]):
        alive = (here["cause_of_death"] == "generation_end").to_numpy()
        rules = pd.Series(run.setting("selection"))
        scores = here["accuracy"].to_numpy(), here["replication_error"].to_numpy()
        expected = probabilities(rules, *scores, alive, clades=here["clade"].to_numpy())
        np.testing.assert_allclose(here["chance"], expected, rtol=1e-5)
        several += 1 < here["clade"].nunique() < len(here)
    assert several > 3, "clades that tell nobody apart test nothing"


@pytest.mark.parametrize("back", [1, 3, 50])
def test_clades_are_those_of_the_record_through_migration_checkpoints_and_resume(back, small, tmp_path):
    run, rules = str(tmp_path / "run"), {"scheme": "speciation", "parameters": {"back": back}}
    evolve({**small, "selection": rules}, run, backend="local")
    assert len(load_run(run).migrations)
    resume(run, generations=9, backend="local")
    held_to_the_record(load_run(run), back)
    evolve({**small, "generations": 9, "selection": rules}, str(tmp_path / "whole"), backend="local")
    assert digest(run) == digest(tmp_path / "whole")


def test_a_fork_has_the_clades_of_its_parent_and_makes_its_own_where_there_are_none(small, tmp_path):
    run, plain = str(tmp_path / "run"), str(tmp_path / "plain")
    evolve(chosen_by(small, "speciation"), run, backend="local")
    fork(run, 3, run + "-f", backend="local")
    assert digest(run + "-f") == digest(run, 3)
    _, newborns, _ = read_checkpoint(run, 3)
    assert all(group.lines is not None and group.lines.shape == (6, 3) for group in newborns.values())
    fork(run, 3, run + "-g", {"selection.scheme": "drift", "selection.parameters": {}}, backend="local")
    assert "chance" not in load_run(run + "-g").births

    evolve({**small, "generations": 4}, plain, backend="local")
    rules = {"selection.scheme": "speciation", "selection.parameters": {"back": 2}, "generations": 9}
    fork(plain, 3, plain + "-f", rules, backend="local")
    forked = load_run(plain + "-f")
    first = forked.births[forked.births["generation"] == 3]
    siblings = first.groupby("ancestor_id")["id"].count()
    assert siblings.max() > 1
    # of those before the thawed nothing but their parents is known
    held_to_the_record(forked, 2, pd.DataFrame({"id": siblings.index, "ancestor_id": siblings.index}))


@pytest.mark.parametrize("scheme", ["lexicase", "novelty"])
def test_without_a_task_schemes_by_class_are_refused_in_a_line(scheme, tmp_path: Path, capsys):
    words = ["run", "--task", "none", "--selection.scheme", scheme, "--out", str(tmp_path / "run")]
    assert main([*words, "--backend", "local"]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"alife: error: command line: selection.scheme: {scheme}: without a task there are no classes, by which it "
        "selects: name a task, or another scheme\n"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("scheme", ["map_elites", "speciation"])
def test_without_a_task_the_others_select_on_replication(scheme, small, tmp_path):
    run = str(tmp_path / "run")
    assert evolve({**chosen_by(small, scheme), "task": "none"}, run, backend="local") == "finished"
    record = demes(load_run(run))
    assert np.ptp(record.expected[record.living]) > 0.1


def test_nobody_who_died_early_is_a_parent_and_islands_may_die(small, tmp_path):
    life = {**small["life"], "optimizer": "sgd", "learning_rate": 1e20}
    for scheme in SCHEMES:
        run = str(tmp_path / scheme)
        assert evolve({**chosen_by(small, scheme), "life": life}, run, backend="local") == "extinct"
        births = load_run(run).births
        assert not births["n_offspring"].any()
        if is_recorded(scheme):
            assert not births["chance"].any()


@pytest.mark.parametrize("scheme", ["lexicase", "novelty", "speciation", f"{EXAMPLES}/my_selection.py:faithful"])
def test_the_fittest_whose_adult_is_stored_is_the_likeliest_parent(scheme, small, tmp_path):
    """Newborns of the last generation are not kept: the network is the one that is stored, or it is not there."""
    config = {**small, "generations": 5, "selection.scheme": scheme, "checkpoint": {"every": 9, "keep": 1}}
    evolve(config, str(tmp_path / "run"), backend="local")
    run = load_run(str(tmp_path / "run"))
    fittest = run.fittest()
    last = run.births.query("generation == @run.last")
    assert fittest.id == last.loc[last["chance"].idxmax(), "id"]
    network = fittest.network()
    error = np.square(network.emit().numpy(force=True) - fittest.genome()).sum() / np.square(fittest.genome()).sum()
    assert error == pytest.approx(fittest.scores["replication_error"], rel=1e-4)
