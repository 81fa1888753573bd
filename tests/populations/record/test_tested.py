"""Accuracy on test images: beside the accuracy that selection saw, for the generation that a run ended with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife import schema
from alife.cli.main import main
from alife.configuration.keys import Selection
from alife.errors import UserError
from alife.format import tested
from alife.format.tested import OnTestImages
from analysis import load_run, print_run
from analysis.data.derived import derive
from analysis.data.run import Run, lived
from analysis.data.treatments import group
from analysis.report import of_run, of_sweep
from analysis.report.page import render
from analysis.studies import comparison, treatments
from analysis.studies.values import untested
from analysis.studies.wording import markdown, sentences
from populations import evolve
from populations.engine.evolve import resume
from populations.record.writer import read_config
from populations.studies.run_rows import TESTED, run_rows
from tests.support.synthetic import synthetic_run


def with_tests(run: Run, shift: float = -0.01) -> Run:
    """The run with a score on test images for all that lived to the end of its last generation."""
    alive = lived(run.births[run.births["generation"] == run.last])
    scores = dict(zip(alive["id"].tolist(), (alive["accuracy"] + shift).tolist(), strict=True))
    tests = (OnTestImages(run.last, scores, frozenset()),)
    births = derive(run.births[[*schema.BIRTHS]], Selection(), tests)
    return replace(run, births=births, tests=tests)


@given(st.dictionaries(st.integers(0, 500), st.floats(0, 1)), st.integers(0, 10**6))
def test_what_is_written_is_read(scores: dict[int, float], generation: int) -> None:
    found = OnTestImages(generation, {schema.pack_id(3, generation, k): v for k, v in scores.items()}, frozenset())
    assert tested.parse(tested.dump(found), generation, 501) == found
    older = json.dumps(json.loads(tested.dump(found))["individuals"]).encode()
    assert tested.parse(older, generation, 501) == found
    for other in (generation + 1, 0 if generation else 5):
        if scores:
            with pytest.raises(ValueError, match="generation"):
                tested.parse(tested.dump(found), other, 501)


DAMAGED = ["", "[]", "7", "[" * 5000, '{"1": 0.5}', "{" + " " * 10**5 + "}"]
DAMAGED += [json.dumps({"-1": {"test_accuracy": 0.5, "dominant": False}})]
DAMAGED += [json.dumps({"0": {"test_accuracy": v, "dominant": False}}) for v in (2, "a", None, float("nan"), True)]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        tested.parse(content.encode(), 0, 18)


def test_a_run_says_both_accuracies_and_an_extension_that_it_looked_again(
    small: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "run")
    events: list[dict[str, Any]] = []
    evolve({**small, "generations": 3}, out, backend="local", sinks=[events.append])
    run = load_run(out)
    (first,) = run.tests
    ids = lived(run.births[run.births["generation"] == 2])["id"]
    assert (first.generation, set(first.accuracy), len(first.dominant)) == (2, set(ids), 3)
    assert run.births["test_accuracy"].notna().sum() == len(ids)
    assert [e.before for e in events if e.kind == "tested"] == [[]]
    assert main(["show", out]) == 0
    said = " ".join(capsys.readouterr().out.split())
    medians = np.median([*first.accuracy.values()]), lived(run.births.query("generation == 2"))["accuracy"].median()
    assert (
        "test images generation 2: accuracy {:.3f}, on the images of selection {:.3f} (medians".format(*medians) in said
    )
    assert "selection test" in said

    resume(out, generations=5, backend="local", sinks=[events.append])
    assert [e.before for e in events if e.kind == "tested"] == [[], [2]]
    longer = load_run(out)
    assert [each.generation for each in longer.tests] == [2, 4]
    assert main(["show", out]) == 0
    assert "; looked at before, for generation 2" in " ".join(capsys.readouterr().out.split())
    page = render(of_run.page(longer, [], []))
    assert "test accuracy" in page
    assert "looked at before, for generation 2" in page

    table = run_rows(out, read_config(out)).to_pandas()
    births = lived(longer.births).groupby(["generation", "island"])["test_accuracy"].median()
    expected = births.reindex(pd.MultiIndex.from_frame(table[["generation", "island"]])).to_numpy()
    np.testing.assert_allclose(table[TESTED], expected, rtol=1e-6)
    assert table[TESTED].notna().sum() == 6

    (Path(out) / "test-0000004.json").write_text("{}x")
    with pytest.raises(UserError, match=r"test-0000004\.json: damaged: restore it from a copy, or remove it"):
        load_run(out)
    (Path(out) / "test-0000004.json").rename(Path(out) / "test-0000009.json")  # as if never committed
    assert [each.generation for each in load_run(out).tests] == [2]


def test_comparisons_give_both() -> None:
    runs = [synthetic_run(8, 2, 8, seed=seed, accuracy_weight=w) for w in (0.0, 1.0) for seed in range(6)]
    groups = group([with_tests(run, -0.01 * (1 + run.setting("selection.accuracy_weight"))) for run in runs])
    found = comparison.compare(groups)
    rows = {row.trait: row for row in found.rows}
    assert list(rows)[:2] == ["accuracy", "test_accuracy"]
    assert rows["test_accuracy"].effect.value == pytest.approx(rows["accuracy"].effect.value - 0.01, abs=1e-6)
    (sentence,) = sentences(found)
    assert ": selection accuracy +" in sentence
    assert ", test accuracy +" in sentence
    assert "| test accuracy |" in markdown(found)
    assert "test_accuracy" not in {row.trait for row in comparison.compare(groups, at=4).rows}
    assert "test_accuracy" not in {row.trait for row in comparison.compare(group(runs)).rows}
    with pytest.raises(UserError, match="trait test_accuracy: not on record in all of these runs"):
        comparison.compare(group(runs), ["test_accuracy"])


def test_the_page_of_a_sweep_gives_both(tmp_path: Path) -> None:
    worlds = [{"accuracy_weight": 0.0}, {"accuracy_weight": 1.0}, {"scheme": "shuffled"}]
    runs = [
        with_tests(synthetic_run(8, 2, 8, seed=seed, path=f"s/{number}-{seed}", **world))
        for number, world in enumerate(worlds)
        for seed in range(3)
    ]
    sweep = treatments.Sweep("s", group(runs), [], {}, True)
    text = render(of_sweep.page(sweep, [], [], tmp_path))
    for words in ("selection accuracy", "test accuracy", "test accuracy +"):
        assert words in text
    value = treatments.at_the_end(next(iter(sweep.groups.values())), "test_accuracy").value
    assert f"{value:.3g}" in text


def test_an_accuracy_that_was_not_measured_is_said_to_be_missing(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        synthetic_run(5, 2, 8, seed=seed, path=f"s/{w:g}-{seed}", accuracy_weight=w) for w in (0, 1) for seed in (0, 1)
    ]
    why = "test images are looked at once, when a run has lived its last generation."
    untested, whole = comparison.compare(group(runs)), comparison.compare(group([*map(with_tests, runs)]))
    assert f"Test accuracy: not measured in these runs: {why}" in untested.notes
    assert not any("not measured" in note for note in whole.notes)
    assert not any("not measured" in note for note in comparison.compare(group(runs), ["accuracy"]).notes)
    some = comparison.compare(group([with_tests(runs[0]), *runs[1:]]))
    assert f"Test accuracy: not measured in 3 of 4 runs (s/0-1, …): {why}" in some.notes
    earlier = comparison.compare(group([*map(with_tests, runs)]), at=2)
    assert f"Test accuracy: not measured in these runs for generation 2: {why}" in earlier.notes
    page = render(of_sweep.page(treatments.Sweep("s", group(runs)), [], [], Path("s")))
    assert f"Test accuracy: not measured in these runs: {why}" in page
    print_run(runs[0])
    assert "not measured: they are looked at once, when a run has lived its last generation" in capsys.readouterr().out


def test_a_run_without_a_task_has_no_accuracy_to_miss(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [synthetic_run(4, 1, 8, seed=seed, mutation=m, has_task=False) for m in (0.05, 0.1) for seed in (0, 1)]
    sweep = treatments.Sweep("s", group(runs))
    texts = [*comparison.compare(sweep).notes, render(of_sweep.page(sweep, [], [], Path("s")))]
    print_run(runs[0])
    assert not any("est accuracy" in text or "test images" in text for text in [*texts, capsys.readouterr().out])


def test_nobody_is_missed_of_a_run_that_nobody_survived() -> None:
    assert untested([synthetic_run(3, 2, 4, death_rate=1)]) == []
