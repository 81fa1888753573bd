"""Sweep files: what they mean, that they survive being written down, and how bad ones are refused."""

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alife.cli.main import main
from alife.errors import UserError
from alife.evolution.selection import named
from populations.studies.plan import difference, dump, parse_plan, plain, read_plan, shipped

FILE = """
base: {generations: 5, life: {steps: 7}, life.images: 9}
treatments:
  w0: {selection.accuracy_weight: 0}
  shuffled: {selection: {scheme: shuffled}}
grid:
  life.task_weight: [0.1, 1]
seeds: [4, 2]
quick:
  base: {life.steps: 3}
  treatments: [shuffled]
  grid: {}
  seeds: 3
"""


def test_treatments_meet_every_point_of_the_grid_under_every_seed():
    plan = parse_plan(FILE, "f.yaml")
    assert list(plan.configs) == [
        "w0,life.task_weight=0.1",
        "w0,life.task_weight=1",
        "shuffled,life.task_weight=0.1",
        "shuffled,life.task_weight=1",
    ]
    assert plan.keys == (
        "life.task_weight",
        "selection.scheme",
        "selection.shuffled",
        "selection.accuracy_weight",
    )
    runs = {run.name: run.config for run in plan.runs()}
    assert len(runs) == 8
    config = runs["shuffled,life.task_weight=1/seed-2"]
    assert (config.seed, config.selection.shuffled, config.life.task_weight) == (2, True, 1.0)
    assert all((c.generations, c.life.steps, c.life.images) == (5, 7, 9) for c in runs.values())


def test_all_treatments_begin_before_any_is_repeated():
    runs = parse_plan(FILE, "f.yaml").runs()
    assert [run.seed for run in runs] == [4] * 4 + [2] * 4
    assert len({run.treatment for run in runs[:4]}) == 4


def test_quick_lays_its_section_over_the_rest():
    plan = parse_plan(FILE, "f.yaml", quick=True)
    assert [run.name for run in plan.runs()] == ["shuffled/seed-0", "shuffled/seed-1", "shuffled/seed-2"]
    assert plan.base.life.steps == 3
    assert plan.base.life.images == 9


def test_assays_are_complete_and_quick_has_its_own():
    text = "assays: {garden: , within_life: {task_weights: [3, 0, 1, 3]}}\nquick: {assays: {garden: {sample: 7}}}"
    garden, within = parse_plan(text, "f").assays
    assert (garden.assay, garden.of(40), garden.sample, garden.replicates) == ("garden", [0, 3, 40], 96, 5)
    assert (within.of(40), within.task_weights) == ([0, 40], (0.0, 1.0, 3.0))
    [only] = parse_plan(text, "f", quick=True).assays
    assert (only.assay, only.sample) == ("garden", 7)
    plan = parse_plan(text, "f")
    assert parse_plan(dump(plan), "f") == plan
    assert difference(plan, parse_plan("seeds: 1", "f")) is None


def test_a_grid_alone_names_its_points_and_nothing_at_all_is_one_treatment():
    plan = parse_plan("grid: {selection.accuracy_weight: [0, 0.5], reproduction.heritable: [[], [mutation]]}", "f")
    assert list(plan.configs)[1:3] == [
        "selection.accuracy_weight=0,reproduction.heritable=mutation",
        "selection.accuracy_weight=0.5,reproduction.heritable=none",
    ]
    assert [run.name for run in parse_plan("seeds: 2", "f").runs()] == ["base/seed-0", "base/seed-1"]


def test_names_of_a_grid_stay_in_their_folder(tmp_path):
    names = list(parse_plan("grid: {task: [/data/a, ../../b, 'c d']}", "f").configs)
    assert names == ["task=-data-a", "task=----b", "task=c-d"]


def test_relative_folders_of_data_mean_the_same_on_every_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse_plan("base: {task: digits}", "f").configs["base"].task == str(tmp_path / "digits")


def test_ray_flags_go_before_the_file():
    plan = parse_plan("base: {ray.hosts: 3, ray.cpus_per_host: 2}", "f", ray={"hosts": 5})
    assert (plan.base.ray.hosts, plan.base.ray.cpus_per_host) == (5, 2)


def test_the_shipped_sweeps():
    assert "tradeoff" in shipped()
    plan = read_plan("tradeoff")
    weights = {c.selection.accuracy_weight for c in plan.configs.values() if named(c.selection) == "tournament"}
    assert weights == {0, 0.25, 0.5, 0.75, 1}
    assert {named(c.selection) for c in plan.configs.values()} == {"tournament", "shuffled", "drift"}
    tasks = {c.life.task_weight for c in plan.configs.values()}
    assert 0.1 in tasks
    assert len(plan.configs) == 7 * len(tasks)
    assert len(plan.seeds) >= 8
    quick = read_plan("tradeoff", quick=True)
    assert list(quick.configs) == ["w0", "w0.5", "w1", "shuffled"]
    assert len(quick.seeds) == 6
    assert [assay.assay for assay in quick.assays] == ["garden", "within_life"]
    plan = read_plan("precision")
    assert [c.life.precision for c in plan.configs.values()] == ["float32", "bfloat16"]
    assert len(plan.seeds) >= 8


KEYS = {
    "life.task_weight": st.floats(0, 10),
    "life.steps": st.integers(0, 10**6),
    "selection.scheme": st.sampled_from(["tournament", "drift", "shuffled"]),
    "reproduction.heritable": st.lists(st.sampled_from(["mutation", "task_weight"]), max_size=2, unique=True),
    "life.chunk": st.none() | st.integers(1, 9),
}
SETTINGS = st.fixed_dictionaries({}, optional=KEYS)


@settings(deadline=None, max_examples=50)
@given(
    base=SETTINGS,
    treatments=st.dictionaries(
        st.from_regex(r"[a-z0-9½é][a-z0-9.=+,-]?[a-z½]", fullmatch=True), SETTINGS, min_size=1, max_size=4
    ),
    seeds=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4, unique=True),
)
def test_a_plan_survives_being_written_down(base, treatments, seeds):
    text = yaml.safe_dump({"base": base, "treatments": treatments, "seeds": seeds}, allow_unicode=True)
    try:
        plan = parse_plan(text, "f")
    except UserError as error:
        assume(not any(twins in str(error) for twins in ("are the same", "cannot tell these names apart")))
        raise
    again = parse_plan(dump(plan), "g")
    assert again == plan
    assert difference(plan, again) is None
    for run in plan.runs():
        for key, value in treatments[run.treatment].items():
            told = named(run.config.selection) if key == "selection.scheme" else plain(run.config, key)
            assert told == value


def test_what_differs_is_named_and_where_it_runs_is_no_difference():
    plan = parse_plan(FILE, "f")
    assert difference(plan, parse_plan(FILE.replace("steps: 7", "steps: 8"), "f")) == (
        "treatment w0,life.task_weight=0.1 has life.steps = 7 in it, not 8"
    )
    assert difference(plan, parse_plan(FILE.replace("[4, 2]", "3"), "f")) == "its seeds are 4, 2, not 0, 1, 2"
    assert difference(plan, parse_plan(FILE.replace("w0:", "w9:"), "f")) == (
        "treatment w0,life.task_weight=0.1 is in it"
    )
    assert difference(plan, parse_plan(FILE, "f", ray={"hosts": 9})) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("treatments: {w0: {life.stepz: 3}}", "treatment w0: life.stepz: unknown key"),
        ("treatments: {w0: {life: {stepz: 3}}}", "treatment w0: life.stepz: unknown key"),
        ("base: {lief: {steps: 3}}", "base: lief: unknown key"),
        ("grid: {life.steps: [3, many]}", "treatment life.steps=many: life.steps: 'many' is not allowed"),
        ("grid: {life.steps: 3}", "grid: life.steps: 3: expected a list"),
        ("grid: {life.steps: []}", "expected a list"),
        ("grid: {life.steps: [3, 3]}", "3 is there twice"),
        ("grid: {life.learning_rate: [0.5, '0.5']}", "would be called life.learning_rate=0.5"),
        ("grid: {life.learning_rate: [0.5, 0.50e+0, 5.0e-1]}", "0.5 is there twice"),
        ("grid: {life.task_weight: [1, '1.0']}", "are the same"),
        ("treatments: {a: {life.steps: 3}, b: {life: {steps: 3}}}", "treatments a and b are the same"),
        ("treatments: {a: {life.steps: 3}, A: {life.steps: 4}}", "cannot tell these names apart"),
        ("treatments: {a: {life.steps: 3}, a: {life.steps: 4}}", "a is there twice"),
        ("treatments: {a: {life.steps: 3, life: {steps: 4}}}", "treatment a: life.steps is there twice"),
        ("treatments: {a: {life: 3, life.steps: 4}}", "treatment a: life is there twice"),
        ("treatments: {a: {life.steps: 3}}\ngrid: {life.steps: [3]}", "life.steps is in the grid too"),
        ("treatments: {../x: {life.steps: 3}}", "'../x' cannot name a folder"),
        ("treatments: {/etc: {life.steps: 3}}", "cannot name a folder"),
        ("treatments: {a..b: {life.steps: 3}}", "cannot name a folder"),
        ("treatments: {.a: {life.steps: 3}}", "cannot name a folder"),
        ('treatments: {"a\\nb": {life.steps: 3}}', "cannot name a folder"),
        ('treatments: {"a\\n": {life.steps: 3}}', "cannot name a folder"),
        ("treatments: {'a*': {life.steps: 3}}", "cannot name a folder"),
        ("treatments: {1: {life.steps: 3}}", "cannot name a folder"),
        (f"treatments: {{{'a' * 200}: {{life.steps: 3}}}}", "too long for a folder"),
        ("treatments: [a]", "treatments: expected names"),
        ("treatments: {a: 3}", "treatment a: 3 is not allowed"),
        ("treatments: {a: {seed: 3}}", "say 'seeds:'"),
        ("base: {seed: 3}", "say 'seeds:'"),
        ("treatments: {a: {ray.address: x}}", "all runs share one cluster"),
        ("treatments: {a: {ray: {}}, b: {ray: 3}}", "all runs share one cluster"),
        ("seeds: 0", "seeds: 0 is not allowed"),
        ("seeds: [1, 1]", "1 is there twice"),
        ("seeds: [1, -1]", "seeds: -1 is not allowed"),
        ("seeds: [1, 1.5]", "seeds: 1.5 is not allowed"),
        ("seeds: true", "seeds: True is not allowed"),
        ("seeds: 1000000", "seeds: 1000000 is not allowed"),
        ("seeds: 60000\ntreatments: {a: {life.steps: 1}, b: {life.steps: 2}}", "more than 100,000 runs"),
        ("treatment: {a: {}}", "treatment: unknown; a sweep has base, treatments, grid, seeds, assays, quick"),
        ("assays: [garden]", "assays: expected names"),
        ("assays: {gardn: {}}", "assays: gardn: there is no such assay: choose among garden, within_life"),
        ("assays: {garden: {size: 3}}", "assays: garden: size: expected generations, sample"),
        ("assays: {garden: {replicates: 2}}", "assays: garden: replicates 2: the garden assay needs at least 5"),
        ("assays: {garden: {sample: many}}", "assays: garden: sample: 'many' is not allowed"),
        ("assays: {garden: {task_weights: [1, 2]}}", "task_weights: this assay has none"),
        ("assays: {garden: {generations: [first]}}", "generations: ['first'] is not allowed"),
        ("assays: {garden: {generations: []}}", "generations: [] is not allowed"),
        ("assays: {fertility: {generations: [1, last]}}", "takes one generation, not 2"),
        ("assays: {within_life: {task_weights: [1]}}", "two or more different numbers"),
        ("assays: {within_life: {task_weights: [1, yes]}}", "task_weights: [1, True] is not allowed"),
        ("base: [", "not valid YAML"),
        ("- 3", "expected keys and values"),
        ("base: {migration.migrants: 50}", "migration.migrants"),
        ("base: {task: /nowhere}", "/nowhere"),
    ],
)
def test_a_bad_file_is_one_line_and_writes_nothing(capsys, tmp_path, text, says):
    path = tmp_path / "sweep.yaml"
    path.write_text(text)
    code = main(["sweep", "--config", str(path), "--out", str(tmp_path / "out"), "--backend", "local"])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert says in captured.err
    assert len(captured.err.splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["sweep.yaml"]


@pytest.mark.parametrize(
    ("quick", "says"),
    [
        ("", "has no 'quick:' section"),
        ("quick: {treatments: [b]}", "quick: treatments: b: there is no such treatment"),
        ("quick: {treatments: [a, a]}", "is there twice"),
        ("quick: {quick: {}}", "quick: quick: unknown"),
        ("quick: {treatments: {b: {life.stepz: 3}}}", "treatment b: life.stepz"),
    ],
)
def test_a_bad_quick_section_is_refused(quick, says):
    with pytest.raises(UserError, match=says):
        parse_plan(f"treatments: {{a: {{life.steps: 3}}}}\n{quick}", "f", quick=True)


def test_an_absent_file_names_the_shipped_sweeps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"--config nothing: No such file.*tradeoff"):
        read_plan("nothing")
    (tmp_path / "tradeoff").write_text("seeds: 3")
    assert len(read_plan("tradeoff").runs()) == 3, "a file of one's own goes first"
