"""Treatments grouped, named, paired and compared; and what is said of them."""

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from alife import schema
from alife.errors import UserError
from analysis.data.controls import partners, unlike
from analysis.data.labels import labels
from analysis.data.run import Run
from analysis.data.treatments import find_runs, group, load_groups
from analysis.numbers import words
from analysis.studies import wording
from analysis.studies.comparison import compare
from analysis.tables import Terminal
from tests.support.synthetic import synthetic_run, write_run


def runs_of(seeds=range(6), generations=5, **world) -> list[Run]:
    return [synthetic_run(generations, 2, 8, seed=seed, path=f"{world}-{seed}", **world) for seed in seeds]


def shifted(run: Run, **shift: float) -> Run:
    """The same run with traits multiplied, accuracy added to."""
    births = run.births.copy()
    for trait, by in shift.items():
        births[trait] = births[trait] + np.float32(by) if trait == "accuracy" else births[trait] * np.float32(by)
    return replace(run, births=births, path=f"{run.path}-shifted")


@pytest.fixture(scope="module")
def weights() -> dict[str, list[Run]]:
    return group(runs_of(range(8), 12, accuracy_weight=0.0) + runs_of(range(8), 12, accuracy_weight=1.0))


def test_the_sentence_says_effects_intervals_and_how_many_runs(weights):
    (sentence,) = wording.sentences(compare(weights, ["accuracy", "copying_error"]))
    number = r"[+−]?[\d.]+"
    interval = rf"\[{number}, {number}\]"
    assert re.fullmatch(
        rf"w=1 against w=0: selection accuracy \+{number} {interval}, "
        rf"copying error ×{number} {interval}, 8 paired runs\.",
        sentence,
    )


def test_planted_effects_are_recovered():
    base = runs_of()
    comparison = compare({"plain": base, "more": [shifted(run, accuracy=0.03, copying_error=1.5) for run in base]})
    rows = {row.trait: row for row in comparison.rows}
    accuracy, copying, norm = (rows[trait] for trait in ("accuracy", "copying_error", "squared_norm"))
    assert accuracy.effect.value == pytest.approx(0.03, abs=1e-5)
    assert copying.effect.value == pytest.approx(1.5, rel=1e-5)
    assert norm.effect.value == pytest.approx(1)
    assert (accuracy.is_factor, copying.is_factor, norm.test.p) == (False, True, 1.0)
    assert accuracy.test.p < 1e-9, "all pairs differ by the same"
    assert accuracy.paired
    assert accuracy.effect.n == 6
    assert copying.value.value / copying.reference.value == pytest.approx(1.5, rel=1e-4)


def test_a_run_is_the_median_of_the_survivors_of_its_last_generation(weights):
    row = next(row for row in compare(weights, ["copying_error"]).rows)
    medians = []
    for run in weights["w=1"]:
        births = run.births[(run.births["generation"] == 11) & (run.births["cause_of_death"] == schema.CAUSES[0])]
        medians.append(births["copying_error"].median())
    assert row.value.value == pytest.approx(10 ** np.log10(medians).mean(), rel=1e-6)


def test_an_earlier_generation_can_be_compared(weights):
    founders = compare(weights, ["accuracy"], at=0).rows[0]
    assert founders.effect.value == 0
    with pytest.raises(UserError, match="generation 12 is not on record: its last is 11"):
        compare(weights, at=12)


def test_seeds_that_match_are_paired_and_others_are_not():
    plain, other = runs_of(range(5)), runs_of(range(3, 10), accuracy_weight=1.0)
    row = compare({"a": plain, "b": other}, ["accuracy"]).rows[0]
    assert not row.paired
    assert row.runs == (7, 5)
    assert row.test.name == "Welch's t"
    fewer = compare({"a": plain, "b": runs_of(range(1, 4), accuracy_weight=1.0)}, ["accuracy"]).rows[0]
    assert fewer.paired
    assert fewer.runs == (3, 3)
    assert partners([1, 2], []) is None
    comparison = compare({"a": plain, "b": other})
    assert "7 and 5 runs" in wording.sentences(comparison)[0]
    assert any("Not paired" in note for note in comparison.notes)


def test_too_few_runs_are_told_so():
    two = runs_of(range(2)), runs_of(range(2), accuracy_weight=1.0)
    (sentence,) = wording.sentences(compare({"a": two[0], "b": two[1]}, ["accuracy"]))
    assert sentence.endswith("2 paired runs; fewer than 3 bear no interval.")
    assert "[" not in sentence


def test_many_rows_are_corrected_for(weights):
    p = [row.test.p for row in compare(weights).rows]
    for method, least in (("holm", len(p) * min(p)), ("none", min(p)), ("bh", min(p))):
        adjusted = [row.adjusted for row in compare(weights, correction=method).rows]
        assert min(adjusted) >= min(least, 1) - 1e-12
        assert all(after >= before - 1e-12 for after, before in zip(adjusted, p, strict=True))


def test_an_effect_differs_from_none_just_where_its_interval_says_so(weights):
    for row in compare(weights).rows:
        assert (row.test.p < 0.05) == (not row.effect.covers(1 if row.is_factor else 0)), row


def test_the_shuffled_control_is_what_others_are_compared_with():
    groups = group(runs_of(range(3)) + runs_of(range(3), scheme="drift") + runs_of(range(3), scheme="shuffled"))
    assert list(groups) == ["tournament", "drift", "shuffled"]
    comparison = compare(groups, ["accuracy"])
    assert comparison.against == "shuffled"
    assert [row.label for row in comparison.rows] == ["tournament", "drift"]
    [note] = [note for note in comparison.notes if "deals out" in note]
    assert note.startswith(
        "drift against shuffled: shuffled deals out the chances of a tournament of 3, which drift is"
    )
    assert compare(groups, ["accuracy"], against="drift").against == "drift"
    with pytest.raises(UserError, match="w0: no such treatment: choose among tournament; drift; shuffled"):
        compare(groups, against="w0")


def test_each_task_weight_has_its_own_control():
    runs = []
    for weight, shift in ((0.1, 0.0), (0.3, 0.1)):
        for run in runs_of(range(4)) + runs_of(range(4), scheme="shuffled"):
            run.config["life"]["task_weight"] = weight
            run.births["accuracy"] += np.float32(shift)
            runs.append(run)
    for run in runs_of(range(4)):
        run.config["life"]["task_weight"] = 0.9
        runs.append(run)
    comparison = compare(group(runs), ["accuracy"])
    assert comparison.against == "its own shuffled control"
    assert {row.label: row.against for row in comparison.rows} == {
        "task weight=0.1": "shuffled, task weight=0.1",
        "task weight=0.3": "shuffled, task weight=0.3",
    }
    effects = [row.effect.value for row in comparison.rows]
    assert effects[0] == pytest.approx(effects[1], abs=1e-6), "the shift is in treatment and control alike"
    start = "task weight=0.3 against shuffled, task weight=0.3: selection accuracy"
    assert wording.sentences(comparison)[1].startswith(start)
    assert any("Left out" in note and "task weight=0.9" in note for note in comparison.notes)
    named = compare(group(runs), ["accuracy"], against="shuffled, task weight=0.1")
    assert len(named.rows) == 4


def test_a_null_of_the_same_scheme_with_other_parameters_is_unlike():
    def under(scheme: str, shuffled: bool, size: int = 3, **parameters: int) -> Run:
        run = synthetic_run(3, 1, 6)
        rules = {"scheme": scheme, "shuffled": shuffled, "parameters": parameters, "tournament_size": size}
        return replace(run, config=run.config | {"selection": run.config["selection"] | rules})

    assert unlike(under("novelty", False), under("novelty", True)) is None
    assert unlike(under("novelty", False), under("novelty", True, 5)) == "novelty (tournament size 5)"
    assert unlike(under("speciation", False, back=3), under("speciation", True, 5, back=3)) is None
    assert unlike(under("speciation", False, back=3), under("speciation", True, back=4)) == "speciation (back 4)"


def test_labels_are_short_and_unique():
    def config(scheme="tournament", w=0.5, **more):
        return {"selection.scheme": scheme, "selection.accuracy_weight": w, "reproduction.heritable": [], **more}

    assert labels([config(w=0.0), config(w=1.0), config("shuffled", 0.0)]) == ["w=0", "w=1", "shuffled"]
    assert labels([config("roulette"), config("tournament")]) == ["roulette", "tournament"]
    back = "selection.parameters.back"
    assert labels([config("speciation", **{back: 3}), config("speciation", **{back: 5})]) == ["back=3", "back=5"]
    assert labels([config("speciation"), config("lexicase", 1.0)]) == ["speciation, w=0.5", "lexicase"]
    assert labels([config("shuffled", 0.0), config("shuffled", 1.0)]) == [
        "selection.accuracy_weight=0",
        "selection.accuracy_weight=1",
    ]
    assert labels([config(**{"life.task_weight": w}) for w in (0.1, 1.0)]) == ["task weight=0.1", "task weight=1"]
    assert labels([config(**{"reproduction.heritable": h}) for h in ([], ["mutation"])]) == [
        "heritable=none",
        "heritable=mutation",
    ]
    assert labels([config()]) == ["all"]


def test_what_says_where_a_run_was_made_is_no_treatment():
    here, there = runs_of(range(2))
    there.config["device"] = "cuda"
    there.config["ray"]["hosts"] = 7
    there.config["life"]["threads"] = 16
    assert list(group([here, there])) == ["all"]


def test_a_run_and_its_copy_are_refused():
    run, other = runs_of(range(2))
    with pytest.raises(UserError, match="the same treatment and the same seed 0"):
        group([run, other, replace(run, path="copy")])
    with pytest.raises(UserError, match=r"-0 and copy: the same treatment and the same seed 0"):
        compare({"a": [run, replace(run, path="copy")], "b": [other]})


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ({"a": runs_of(range(2))}, "2 runs of one treatment, nothing to compare: name"),
        ({}, "0 runs of one treatment"),
        ({"a": runs_of(range(2)), "b": []}, "b: a treatment without runs"),
        ({"a": runs_of([0]), "b": [synthetic_run(0)]}, "no committed generation yet"),
        (
            {"a": runs_of([0]), "b": [replace(runs_of([0])[0], births=synthetic_run(0).births)]},
            "loaded without births",
        ),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(groups, says):
    with pytest.raises(UserError, match=says):
        compare(groups)


def test_unknown_traits_and_those_of_some_runs_only_are_named():
    some = {"a": runs_of(range(2)), "b": runs_of(range(2), heritable=("mutation",))}
    with pytest.raises(UserError, match="trait mutation: not on record in all of these runs: choose among accuracy"):
        compare(some, ["mutation"])
    both = {
        "a": runs_of(range(3), heritable=("mutation",)),
        "b": runs_of(range(3), heritable=("mutation",), mutation=0.1),
    }
    rows = {row.trait: row for row in compare(both).rows}
    assert rows["mutation"].effect.value == pytest.approx(2, rel=0.2)
    without = {"a": runs_of(range(2), has_task=False), "b": runs_of(range(2), has_task=False, mutation=0.1)}
    assert "accuracy" not in {row.trait for row in compare(without).rows}


def test_a_generation_after_the_extinction_of_a_run_can_be_compared():
    (dead,) = runs_of([3], accuracy_weight=1.0, dead_islands={0: 2, 1: 2})
    dead = replace(dead, manifest={**dead.manifest, "status": "extinct"})
    groups = {"a": runs_of(range(4)), "b": [*runs_of(range(3), accuracy_weight=1.0), dead]}
    comparison = compare(groups, ["accuracy", "early_deaths"], at=4)
    assert [row.runs for row in comparison.rows] == [(3, 3), (3, 3)]
    assert any(note.startswith("b: nobody lived to the end in 1 of 4 runs") for note in comparison.notes)
    with pytest.raises(UserError, match="generation 30 is not on record"):
        compare(groups, ["accuracy"], at=30)


def test_extinct_runs_are_left_out_and_told_of():
    alive = runs_of(range(4))
    dead = runs_of([3], accuracy_weight=1.0, dead_islands={0: 2, 1: 2})
    comparison = compare({"a": alive, "b": runs_of(range(3), accuracy_weight=1.0) + dead}, ["accuracy", "early_deaths"])
    rows = {row.trait: row for row in comparison.rows}
    assert rows["accuracy"].runs == (3, 3)
    assert rows["early_deaths"].runs == (4, 4)
    assert any(note.startswith("b: nobody lived to the end in 1 of 4 runs: left out") for note in comparison.notes)
    assert any("2 to 4: they did not run equally long" in note for note in comparison.notes)
    assert "(n = 3)" in wording.sentences(comparison)[0]
    all_dead = compare(
        {"a": alive[:1], "b": runs_of([0], dead_islands={0: 2, 1: 2}, accuracy_weight=1.0)}, ["accuracy"]
    )
    assert "accuracy undefined" in wording.sentences(all_dead)[0]
    assert "undefined" in wording.plain(all_dead)


def test_unfinished_runs_are_told_of():
    runs = runs_of(range(3))
    half = replace(runs[0], manifest=runs[0].manifest | {"status": "interrupted"})
    comparison = compare({"a": [half, *runs[1:]], "b": runs_of(range(3), accuracy_weight=1.0)}, ["accuracy"])
    assert f"Not finished: {half.path}." in comparison.notes


def test_early_deaths_are_compared_where_there_are_any():
    none = {"a": runs_of(range(3), death_rate=0.0), "b": runs_of(range(3), death_rate=0.0, mutation=0.1)}
    assert "early_deaths" not in {row.trait for row in compare(none).rows}
    some = none | {"b": runs_of(range(3), death_rate=0.3)}
    row = compare(some).rows[-1]
    assert row.trait == "early_deaths"
    assert row.effect.value == pytest.approx(0.3, abs=0.2)


def test_folders_are_grouped_like_runs(tmp_path, weights):
    for label, runs in weights.items():
        for run in runs[:3]:
            write_run(tmp_path / "sweep" / label / f"seed-{run.manifest['seed']}", run)
    as_runs = compare({label: runs[:3] for label, runs in weights.items()})
    one_folder = compare([tmp_path / "sweep"])
    several = compare(sorted((tmp_path / "sweep").glob("*/*")))
    for comparison in (one_folder, several):
        pd.testing.assert_frame_equal(comparison.frame(), as_runs.frame())
    assert len(find_runs(tmp_path / "sweep" / "w=0")) == 3
    assert list(load_groups([tmp_path / "sweep"], births=False)) == ["w=0", "w=1"]
    twice = compare([tmp_path / "sweep", tmp_path / "sweep" / "w=0"])
    assert twice.rows[0].runs == (3, 3)


def test_a_sweep_s_own_names_are_used_where_its_plan_lies_beside(tmp_path, weights):
    for name, label in (("gentle", "w=0"), ("harsh", "w=1")):
        for run in weights[label][:3]:
            write_run(tmp_path / "sweep" / "runs" / name / f"seed-{run.manifest['seed']}", run)
    sweep = tmp_path / "sweep"
    assert list(load_groups([sweep], births=False)) == ["w=0", "w=1"]
    (sweep / "sweep.yaml").write_text("seeds: 3\n")
    assert list(load_groups([sweep], births=False)) == ["gentle", "harsh"]
    assert list(load_groups([sweep / "runs" / "harsh", sweep / "runs" / "gentle"], births=False)) == ["harsh", "gentle"]
    assert compare([sweep]).against == "gentle"
    (sweep / "runs" / "harsh" / "seed-0").rename(sweep / "runs" / "gentle" / "seed-9")
    assert list(load_groups([sweep], births=False)) == ["w=0", "w=1"], "those of one name were not treated alike"


def test_runs_that_learned_different_data_are_noted(weights):
    def taught(run, digest):
        return replace(run, manifest={**run.manifest, "task": {"digest": digest}})

    here = {label: [taught(run, "a1b2c3d4e5") for run in runs] for label, runs in weights.items()}
    assert not any("data" in note for note in compare(here).notes)
    here["w=1"][7] = taught(here["w=1"][7], "ffffffffff")
    (note,) = [note for note in compare(here).notes if "data" in note]
    paths = weights["w=0"][0].path, weights["w=1"][7].path
    assert note == (
        f"These runs learned different data, by their digests on record: a1b2c3d4 in 15 runs ({paths[0]}, …); ffffffff "
        f"in 1 run ({paths[1]})."
    )


def test_folders_without_runs_are_named(tmp_path):
    with pytest.raises(UserError, match="no run there, nor in the folders below it"):
        find_runs(tmp_path)
    with pytest.raises(UserError, match="no run there"):
        compare([tmp_path / "absent"])


def test_the_table_comes_in_four_forms_that_agree(weights):
    named = {"a | b": weights["w=0"], "[bold]c": weights["w=1"]}
    comparison = compare(named)
    numbers = pd.read_csv(io.StringIO(wording.csv(comparison)))
    assert len(numbers) == len(comparison.rows)
    assert numbers["effect"].tolist() == pytest.approx([row.effect.value for row in comparison.rows])
    assert set(numbers["treatment"]) == {"[bold]c"}
    text, marked = wording.plain(comparison), wording.markdown(comparison)
    console = Console(file=io.StringIO(), width=160)
    console.print(Terminal(wording.table(comparison), 2))
    for row in comparison.rows:
        for form in (text, marked, console.file.getvalue()):
            assert words(row.effect, not row.is_factor, row.is_factor) in form
    assert "[bold]c" in text
    lines = [line for line in marked.splitlines() if line.startswith("|")]
    assert len(lines) == len(comparison.rows) + 2
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {10}
    assert all(note in marked for note in comparison.notes)


def test_a_scheme_of_another_source_is_another_treatment():
    runs = [
        replace(run, manifest=run.manifest | {"objects": {"selection.scheme": {"sha256": source * 64}}})
        for source in "ab"
        for run in runs_of(range(2))
    ]
    assert list(group(runs)) == ["source=aaaaaaaa", "source=bbbbbbbb"]
    assert list(group(runs[:2])) == ["all"]
