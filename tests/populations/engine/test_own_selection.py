"""Selection schemes of one's own in whole runs: births, what is shown of them, and each mistake in a line."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from alife.errors import UserError
from alife.evolution import selection
from analysis import load_run
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from analysis.figures import forces
from analysis.report import summary
from analysis.studies.comparison import compare
from populations import evolve, resume
from populations.engine.fork import fork
from populations.record.writer import digest
from tests.support.own import EXAMPLES, everywhere, same_births_everywhere

FAITHFUL = f"{EXAMPLES}/my_selection.py:faithful"
VERSATILE = f"{EXAMPLES}/my_selection.py:versatile"


def own(folder: Path, body: str) -> str:
    """The name of a scheme with this body."""
    (folder / "own.py").write_text(f"import numpy as np\n\n\ndef scheme(columns, living):\n    {body}\n")
    return f"{folder}/own.py:scheme"


@pytest.mark.usefixtures("ray_8")
@everywhere
def test_the_example_gives_the_same_births_everywhere_and_is_shown(workers, small, tmp_path):
    config = {**small, "selection": {"scheme": FAITHFUL, "parameters": {"share": 0.4}}}
    run = load_run(same_births_everywhere(config, tmp_path, workers))
    shown = io.StringIO()
    summary.print_run(run, shown)
    assert "my_selection.py:faithful (share 0.4)" in shown.getvalue()
    others = [str(tmp_path / f"shuffled-{seed}") for seed in range(2)]
    for seed, other in enumerate(others):
        evolve({**config, "seed": seed, "selection": {**config["selection"], "shuffled": True}}, other, backend="local")
    table = compare([run, *others])
    assert table.against == "shuffled my_selection.py:faithful"
    assert {row.label for row in table.rows} == {"my_selection.py:faithful"}
    assert forces.selection(run).axes


@pytest.mark.usefixtures("ray_8")
@everywhere
def test_one_that_asks_for_answers_is_given_them_everywhere(workers, small, tmp_path):
    run = load_run(same_births_everywhere({**small, "selection": {"scheme": VERSATILE}}, tmp_path, workers))
    equals = run.births.groupby(["generation", "island", "accuracy"])["chance"]
    assert equals.nunique().max() > 1, "who are equally accurate are so at different classes"


LOOKS_AT_ANSWERS = """
import numpy as np

def scheme(columns, living, *, answers):
    assert answers.dtype == np.float32 and answers.shape == (6, 10, 10) and not answers.flags.writeable
    if columns["id"].max() > 5:  # neither on trial, nor the founders of island 0, who have the same ids
        right = np.einsum("pcc->p", answers) / 10  # the classes have six images each
        assert np.abs(right - columns["accuracy"]).max() < 1e-6
        assert np.abs(answers.sum(2) - 1).max() < 1e-6
    return living * 1.0
"""


def test_answers_are_those_of_the_adults_on_the_images_of_selection(small, tmp_path):
    (tmp_path / "own.py").write_text(LOOKS_AT_ANSWERS)
    config = {**small, "selection.scheme": f"{tmp_path}/own.py:scheme"}
    assert evolve(config, str(tmp_path / "run"), backend="local") == "finished"


def test_one_that_asks_for_answers_is_refused_without_a_task(small, tmp_path):
    with pytest.raises(UserError, match=r"my_selection.py:versatile: asks for answers, which nobody gives without a"):
        evolve({**small, "task": "none", "selection": {"scheme": VERSATILE}}, str(tmp_path / "run"), backend="local")
    assert not (tmp_path / "run").exists()


def test_what_is_expected_of_a_scheme_of_ones_own_is_on_record(small, tmp_path):
    for name, shuffled in (("selected", False), ("shuffled", True)):
        rules = {"scheme": FAITHFUL, "shuffled": shuffled}
        evolve({**small, "selection": rules}, str(tmp_path / name), backend="local")
    run, control = load_run(tmp_path / "selected"), load_run(tmp_path / "shuffled")
    births = run.births[run.births["generation"] < 5]
    assert births.groupby(["generation", "island"], observed=True)["chance"].sum().round(5).eq(1).all()
    assert not births["n_offspring"][births["chance"] == 0].any()
    np.testing.assert_allclose(demes(run).expected, demes(run).dealt)
    assert np.ptp(demes(control).expected[demes(control).living]) < 1e-6 < np.ptp(demes(control).dealt)
    assert run.births["fitness"].dropna().equals(run.births["chance"][run.births["fitness"].notna()])
    forces_of = {r.path: price(demes(r)) for r in (run, control)}
    assert np.abs(forces_of[control.path]["selection"]).max() < 1e-6 < np.abs(forces_of[run.path]["selection"]).max()


def test_any_scheme_can_be_shuffled_and_old_words_hold(small, tmp_path):
    digests = {}
    for name, rules in {
        "as ever": {"scheme": "shuffled"},
        "as now": {"scheme": "tournament", "shuffled": True},
        "truncation": {"scheme": "truncation", "shuffled": True},
        "selected": {"scheme": "truncation"},
    }.items():
        evolve({**small, "selection": rules}, str(tmp_path / name), backend="local")
        digests[name] = digest(tmp_path / name)
    assert digests["as ever"] == digests["as now"]
    assert len(set(digests.values())) == 3
    assert load_run(tmp_path / "as ever").scheme == "shuffled"
    assert load_run(tmp_path / "truncation").scheme == "shuffled truncation"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "return np.ones(3)",
            "gave float64 of shape (3,) on trial, with made-up scores: chances of parenthood, an array of 6",
        ),
        ("return np.ones((len(living), 1))", "gave float64 of shape (6, 1)"),
        ("return 1.0", "gave float64 of shape ()"),
        ("return None", "gave NoneType"),
        ("return living * np.random.random(len(living))", "gives other chances when it is called again"),
        ("return ['a'] * len(living)", "gave <U1 of shape (6,)"),
        ("return living + 1j", "gave complex128 of shape (6,)"),
        ("return [[1], [1, 2]]", "gave a list"),
        ("return np.full(len(living), np.nan)", "gave nan to individual 0"),
        ("return np.where(living, np.inf, 0)", "gave inf to individual 0"),
        ("return living - 0.5", "gave -0.5 to individual 1"),
        ("return np.ones(len(living))", "gave chances to the dead"),
        ("return np.zeros(len(living))", "gave nobody a chance"),
        ("return columns['accuracies']", "line 5: KeyError: accuracies: there are replication_error, "),
        ("columns['accuracy'][:] = 0", "line 5: ValueError: assignment destination is read-only"),
        ("living[:] = True", "line 5: ValueError: assignment destination is read-only"),
        ("raise SystemError('no')", "it failed on trial, with made-up scores: line 5: SystemError: no"),
    ],
)
def test_a_wrong_scheme_is_found_before_anything_is_made(body, said, small, tmp_path):
    with pytest.raises(UserError) as error:
        evolve({**small, "selection.scheme": own(tmp_path, body)}, str(tmp_path / "run"), backend="local")
    assert str(error.value).startswith(f"selection.scheme: {tmp_path}/own.py:scheme: ")
    assert said in str(error.value)
    assert not (tmp_path / "run").exists()


FAILS_LATER = "return living * 1.0 if columns['id'].max() < (3 << 20) + 100 else 1 / 0"


def test_a_scheme_that_fails_late_costs_no_birth(small, tmp_path):
    scheme, run = own(tmp_path, FAILS_LATER), str(tmp_path / "run")
    config = {**small, "population": {"islands": 1, "size": 6}, "selection.scheme": scheme}
    said = r"it failed in generation 4 on island 0: line 5: ZeroDivisionError.*; mend it, and 'alife resume"
    with pytest.raises(UserError, match=said):
        evolve(config, run, backend="local")
    manifest = load_run(run).manifest
    assert (manifest["status"], manifest["generation"]) == ("interrupted", 3)


def test_another_source_is_refused_by_name_or_goes_on_record(small, tmp_path):
    run = str(tmp_path / "run")
    config = {**small, "generations": 3, "selection.scheme": own(tmp_path, "return living * 1.0")}
    evolve(config, run, backend="local")
    before = digest(run)
    own(tmp_path, "return living * 2.0")
    for again in (lambda **how: resume(run, generations=6, **how), lambda **how: fork(run, 2, run + "-f", **how)):
        with pytest.raises(UserError, match=r"own.py:scheme: its source was .* --allow-changed, which goes on record"):
            again(backend="local")
        assert again(backend="local", allow_changed=True) == "finished"
        own(tmp_path, "return living * 3.0")
    assert digest(run, 0, 2) == before
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert [line for line in manifest["warnings"] if line.startswith("changed: selection.scheme: ")]
    assert fork(run, 3, run + "-g", {"selection.scheme": "drift"}, backend="local") == "finished"


def test_readers_need_no_scheme(small, tmp_path):
    run = str(tmp_path / "run")
    evolve({**small, "selection.scheme": own(tmp_path, "return living * 1.0")}, run, backend="local")
    (tmp_path / "own.py").write_text("raise SystemExit('executed')")
    assert set(demes(load_run(run)).expected[demes(load_run(run)).living].round(5)) == {1.0}
    with pytest.raises(UserError, match="cannot be imported: line 1: SystemExit: executed"):
        resume(run, generations=9, backend="local")


def test_the_trial_tells_a_scheme_all_that_it_will_be_given(small, tmp_path):
    wanted = [*selection.IDS, "accuracy", "replication_error", "copying_error", "squared_norm", "mutation"]
    scheme = own(tmp_path, f"return living * (1.0 + sum(len(columns[name]) for name in {wanted}))")
    config = {**small, "reproduction.heritable": "mutation", "selection.scheme": scheme}
    assert evolve(config, str(tmp_path / "run"), backend="local") == "finished"
