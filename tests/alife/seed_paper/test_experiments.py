"""The seed paper's experiments: interrupted and resumed, scheduled, and set beside the paper's values."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from alife.cli.main import main
from alife.errors import Unfit, UserError
from alife.format.manifest import told
from alife.seed_paper import optimizers, regeneration, training
from alife.seed_paper.frame import Settings, Work
from alife.seed_paper.registry import EXPERIMENTS
from alife.world.task import load_task
from analysis.paper import verdicts
from analysis.paper.results import Results, load, reported
from analysis.report.of_paper import publish
from populations.record.storage import open_folder
from populations.studies import paper, paper_folder
from populations.studies.jobs import Stopped

SMALL = Settings(seeds=2)


class Memory:
    """Keeps the last state, as a folder would, and stops the work at a moment."""

    def __init__(self, stop_at=None):
        self.state, self.saves, self.stop_at = None, 0, stop_at

    def save(self, arrays, facts):
        self.state = {k: v.copy() for k, v in arrays.items()}, json.loads(json.dumps(facts))
        self.saves += 1
        if self.saves == self.stop_at:
            raise Stopped("SIGINT")

    def load(self):
        return self.state


@pytest.mark.parametrize("function", [optimizers.adamax, regeneration.alternate])
def test_what_was_killed_and_goes_on_ends_with_the_same_bits(function, monkeypatch):
    monkeypatch.setattr(training, "SAVE_SECONDS", 0)
    monkeypatch.setitem(optimizers.EPOCHS, "E2", 4)
    monkeypatch.setattr(regeneration, "GENERATIONS", 4)
    whole = function(Work(SMALL, keep=Memory()), "")
    memory = Memory(stop_at=2)
    with pytest.raises(Stopped):
        function(Work(SMALL, keep=memory), "")
    memory.stop_at = None
    parts = function(Work(SMALL, keep=memory), "")
    assert parts.rows == whole.rows
    assert parts.curves == whole.curves
    assert parts.genomes.keys() == whole.genomes.keys()
    for name, genomes in whole.genomes.items():
        assert np.array_equal(parts.genomes[name], genomes)


def test_the_number_of_seeds_does_not_change_a_network(monkeypatch):
    monkeypatch.setitem(optimizers.EPOCHS, "E2", 1)
    two, three = (optimizers.adamax(Work(replace(SMALL, seeds=k)), "") for k in (2, 3))
    for one, other in zip(two.genomes["adamax"], three.genomes["adamax"], strict=False):
        assert np.corrcoef(one, other)[0, 1] > 0.99, "the same but for rounding, which training magnifies"


def test_what_one_begins_from_is_done_too_and_unknown_names_are_refused():
    assert paper.names(["E6"]) == ["E1", "E6"]
    assert paper.names([]) == paper.names(["all"]) == list(EXPERIMENTS)
    with pytest.raises(UserError, match="no experiment E9"):
        paper.names(["E9"])


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    out = tmp_path_factory.mktemp("paper") / "out"
    assert main(["paper", "E0", "E5", "--out", str(out), "--seeds", "2", "--backend", "local"]) == 0
    return out


def test_results_are_plain_files_and_finished_parts_are_skipped(done, capsys):
    names = {file.name for file in (done / "results").iterdir()}
    assert {"E0.json", "E0.rows.parquet", "E0.safetensors", "E5.curves.parquet"} <= names
    assert load_file(done / "results/E5.safetensors")["optimised"].shape == (2, 20_100)
    before = {file: file.stat().st_mtime_ns for file in (done / "results").iterdir()}
    assert main(["paper", "E0", "E5", "--out", str(done), "--seeds", "2", "--backend", "local"]) == 0
    assert before == {file: file.stat().st_mtime_ns for file in (done / "results").iterdir()}
    assert "done in" not in capsys.readouterr().err


def test_ray_gives_the_bits_of_the_local_backend(done, tmp_path):
    assert main(["paper", "E5", "--out", str(tmp_path / "ray"), "--seeds", "2", "--ray.hosts", "1"]) == 0
    here, there = (folder / "results/E5.safetensors" for folder in (done, tmp_path / "ray"))
    assert here.read_bytes() == there.read_bytes()


def test_the_page_holds_ours_beside_the_papers_and_rho_beside_all(done):
    table, page = (done / "table.md").read_text(), (done / "paper.html").read_text()
    assert "1072.05" in table
    assert "arXiv:1803.05859" in table
    assert "share one draw of the fixed projections, that of seed 0: standard deviations and" in table
    rows = verdicts.rows(load(str(done)))
    assert {row.experiment for row in rows} == {"E0", "E5"}
    assert all(np.isfinite(row.rho) for row in rows)
    ours = {(row.experiment, row.what): row.mean for row in rows}
    for _, line in reported().iterrows():
        assert ours.get((line["experiment"], line["what"])) != line["value"]
    assert page.count("data:image/png") == 2
    frame = pd.read_csv(done / "table.csv")
    assert len(frame) == len(rows)
    assert (done / "figures/E5.svg").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["E9"], "no experiment E9"),
        (["E0", "--seeds", "0"], "0 is not allowed: from 1 to 1024"),
        (["E0", "--quick", "--full"], "not allowed with argument --quick"),
        (["E0", "--seeds", "many"], "many is not allowed: from 1 to 1024"),
        (["E5", "--seed", "-1"], "seed: -1 is not allowed"),
        (["E5", "--task", "/nowhere"], "task: '/nowhere' is not allowed: no such folder"),
        *((["E5", name, "--task", "none"], "task: none: ") for name, e in EXPERIMENTS.items() if e.classifies),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(capsys, tmp_path, more, says):
    try:
        code = main(["paper", *more, "--out", str(tmp_path / "out")])
    except SystemExit as stop:
        code = stop.code
    error = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(error) == 1
    assert says in error[0]
    assert not (tmp_path / "out").exists()


def test_those_that_classify_are_known():
    names = {name for name, experiment in EXPERIMENTS.items() if experiment.classifies}
    assert names == {"E0", "E7", "E8", "tradeoff", "strict", "fertility"}


def test_a_folder_is_not_asked_for_data_that_nothing_waits_for(done, monkeypatch):
    def load_task(spec):
        raise UserError("no data")

    monkeypatch.setattr("alife.seed_paper.habitat.load_task", load_task)
    assert main(["paper", "E0", "--out", str(done), "--seeds", "2", "--backend", "local", "--no-figures"]) == 0


def test_other_settings_or_a_folder_of_something_else_are_refused(done, tmp_path, capsys):
    assert main(["paper", "E0", "--out", str(done), "--seeds", "3"]) == 2
    assert "was begun with seeds = 2, not 3" in capsys.readouterr().err
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["paper", "E0", "--out", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_of_data_is_found_from_anywhere(idx_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(idx_folder.parent)
    settings = paper_folder.settled(open_folder(str(tmp_path / "out")), Settings(False, 2, 0, idx_folder.name))
    assert settings.task == str(idx_folder)


def test_the_page_says_what_data_were_learned(done):
    data = json.loads((done / "paper.json").read_text())["data"]
    assert data == load_task("mnist").on_record()
    for page in ("paper.html", "table.md"):
        assert told(data) in (done / page).read_text()


def test_other_data_than_a_folder_has_learned_are_refused(tmp_path, capsys):
    data, out = load_task("mnist").on_record(), tmp_path / "out"
    other = {**data, "digest": 64 * "0"}
    out.mkdir()
    paper_folder.write_plan(open_folder(str(out)), SMALL, other, set())
    before = (out / "paper.json").read_bytes()
    assert main(["paper", "E7", "--out", str(out), "--seeds", "2", "--backend", "local"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"alife: error: task: mnist holds {told(data)}, but {out} was begun with {told(other)}: ")
    assert (out / "paper.json").read_bytes() == before
    assert not (out / "results").exists()
    with pytest.raises(Unfit, match="a machine holds other data at mnist"):
        paper.do_part("E7", "", asdict(SMALL), str(out))


def test_what_data_a_folder_of_an_earlier_version_has_learned_is_not_made_up(tmp_path):
    data = load_task("glyphs").on_record()
    for over, known in (({("E0", "")}, False), ({("E5", "")}, True)):
        folder = open_folder(str(tmp_path / str(known)))
        folder.make()
        paper_folder.write_plan(folder, SMALL, None, set())
        paper_folder.write_plan(folder, SMALL, data, over)
        assert paper_folder.stored_data(folder) == (data if known else None)
        folder.put("paper.json", b'{"seeds": 2, "full": false, "data": {"digest": 3}}')
        with pytest.raises(UserError, match="not what a record says of its data"):
            paper_folder.stored_data(folder)


def course_of(values, norms=None):
    norms = [[70.0] * 3] * len(values) if norms is None else norms
    rows = [
        {"epoch": epoch, "seed": seed, "L_SR": value, "squared_norm": norms[epoch][seed]}
        for epoch, value in enumerate(values)
        for seed in range(3)
    ]
    return verdicts.course(pd.DataFrame(rows), "L_SR")


def test_verdicts_follow_the_data():
    assert course_of([90, 70, 66, 66]) == ["falls from 90.0"]
    assert course_of([90, 64, 66, 75]) == ["lowest 64.0 at epoch 1, then rises"]
    assert course_of([90, 700, 600, 550]) == ["explodes"]
    assert course_of([66, 66.5, 66]) == ["stays where it starts (66.0)"]
    gone = course_of([90, 1, 0], [[70] * 3, [1] * 3, [1e-9, 1e-9, np.nan]])
    assert gone == ["diverges in 1 of 3", "collapses to zero in 2 of 3"]
    near, far = np.linspace(84, 92, 8), np.linspace(67, 73, 8)
    assert verdicts.agreement(90.16, near) == "agrees within 10 %: −2"
    assert verdicts.agreement(90.16, 10 * (near - 88) + 88) == "not shown to agree within 10 %: −2 [−23, +18]"
    assert verdicts.agreement(32.1, far) == "above the paper: +118 %"
    assert verdicts.agreement(np.nan, far) == ""
    assert verdicts.agreement(0.9041, [0.9006 + x for x in (-0.008, 0.008, 0.001, -0.001)], "accuracy") == (
        "agrees within 2 points: −0.4"
    )
    assert verdicts.agreement(0.9633, [0.8979, 0.8909, 0.9049], "accuracy") == "below the paper: −6.5 points"
    assert (
        verdicts.agreement(0.9, [0.91, 0.92], "accuracy") == "+1.5 points, of too few networks to say whether it agrees"
    )
    assert verdicts.copying(1.0) == "copies no better than printing zeros"
    assert verdicts.copying(0.002) == "a quine: R² = 0.998"


def test_a_network_that_is_no_number_is_counted_and_left_out():
    rows = pd.DataFrame(
        {
            "experiment": "E1",
            "part": "rmsprop",
            "variant": "rmsprop",
            "seed": [0, 1],
            "L_SR": [500.0, np.inf],
            "rho": [1.2, np.nan],
            "sqrt_margin": 0.1,
            "quotient": 3.0,
        }
    )
    facts = [{"experiment": "E1", "part": part, "length": f"as {part}"} for part in ("sgd", "rmsprop")]
    (row,) = verdicts.rows(Results("x", {}, facts, rows, rows.assign(epoch=30, squared_norm=1.0)))
    assert row.mean == 500
    assert "1 of 2 networks have no finite value" in row.verdict
    assert row.length == "as rmsprop"
    assert publish.__doc__
