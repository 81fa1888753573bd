"""Runs that share their fixed projections: told apart where a study varies them, and said to be dependent."""

from dataclasses import replace

import pytest

from alife.errors import UserError
from analysis.data.controls import families
from analysis.data.projections import OWN, of, of_all, shared, words
from analysis.data.run import Run
from analysis.data.treatments import group, load_groups
from analysis.report import of_sweep
from analysis.report.page import Text
from analysis.studies import treatments
from analysis.studies.comparison import compare
from tests.support.synthetic import synthetic_run, write_run


def under(projection: int | None, seed: int, **world) -> Run:
    """A run of a seed whose projections are those of another, or its own."""
    run = synthetic_run(3, 1, 6, seed=seed, path=f"{projection}-{seed}-{world}", **world)
    quine = run.config["quine"] | {"projection_seed": seed if projection is None else projection}
    return replace(run, config=run.config | {"quine": quine})


def crossed(**world) -> list[Run]:
    return [under(projection, seed, **world) for projection in range(3) for seed in range(4)]


def test_projections_are_a_factor_where_a_seed_has_several():
    groups = group(crossed())
    assert {label: [of(run) for run in runs] for label, runs in groups.items()} == {
        f"projection seed={projection}": [projection] * 4 for projection in range(3)
    }
    single = group([under(projection, 0) for projection in range(3)])
    assert list(single) == ["projection seed=own", "projection seed=1", "projection seed=2"]


def test_replicates_under_their_own_projections_are_one_treatment():
    assert list(group([under(None, seed) for seed in range(4)])) == ["all"]
    assert list(group([under(seed + 100, seed) for seed in range(4)])) == ["all"]
    both = group([under(None, seed) for seed in range(3)] + [under(9, seed) for seed in range(3)])
    assert [(label, of_all(runs)) for label, runs in both.items()] == [
        ("projection seed=own", OWN),
        ("projection seed=9", 9),
    ]


def test_a_copy_is_refused_still():
    with pytest.raises(UserError, match="the same treatment and the same seed 2"):
        group([*crossed(), replace(under(1, 2), path="copy")])


def test_what_a_sweep_names_tells_a_seed_s_own_projections_from_the_same_that_all_share(tmp_path):
    for projection, name in ((None, "own"), (0, "one")):
        for seed in range(2):
            write_run(tmp_path / "runs" / name / f"seed-{seed}", under(projection, seed))
    (tmp_path / "sweep.yaml").write_text("base: {}\n")
    groups = load_groups([tmp_path])
    assert {label: [of(run) for run in runs] for label, runs in groups.items()} == {"one": [0, 0], "own": [0, 1]}
    assert words([under(0, 0), under(0, 0), under(0, 1)], ["own", "one", "one"]) == [OWN, 0, 0]


def test_only_runs_under_the_same_projections_differ_by_a_key_alone():
    groups = group(crossed(accuracy_weight=0.0) + crossed(accuracy_weight=1.0))
    found = families(groups, "selection.accuracy_weight")
    assert [[of_all(runs) for runs in family.values()] for family in found] == [[0, 0], [1, 1], [2, 2]]
    null = group(crossed() + crossed(scheme="shuffled"))
    assert {(of_all(null[row.label]), of_all(null[row.against])) for row in compare(null, ["accuracy"]).rows} == {
        (projection, projection) for projection in range(3)
    }


def test_shared_projections_are_told_of():
    groups = group(crossed())
    line = (
        "Runs of each treatment share a projection (quine.projection_seed 0; 1; 2): intervals over them are about "
        "these projections alone."
    )
    assert shared(groups) == line
    assert line in compare(groups, ["accuracy"]).notes
    facts = of_sweep._facts(treatments.Sweep("sweep", groups))
    assert line in [part.text for part in facts if isinstance(part, Text)]
    own = {"own": [under(None, seed) for seed in range(4)]}
    assert shared(own) == ""
    assert shared({"a": [under(5, 0)], "b": [under(5, 0)]}) == "", "a run each"
    assert shared(own | {"one": groups["projection seed=1"]}) == (
        "Runs of one share a projection (quine.projection_seed 1): intervals over them are about this projection alone."
    )


def test_tiny_networks_draw_no_projections():
    runs = [under(5, seed) for seed in range(2)]
    for run in runs:
        run.config["quine"]["network"] = "weightwise"
    assert shared({"all": runs}) == ""
