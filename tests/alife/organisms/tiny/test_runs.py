"""Each word of `quine.network` as a run: the same births everywhere, and what is told of them."""

import io
from pathlib import Path
from typing import Any

import pytest

import alife
from alife.cli.main import main
from alife.configuration.idle import idle
from analysis.report import summary
from tests.support.own import everywhere, same_births_everywhere

WORDS = ["weightwise", "aggregating", "recurrent", "soup"]
MEASURES = {"fixpoint": "alife.organisms.tiny:fixpoint_class", "fixpoints": "alife.organisms.tiny:is_fixpoint"}


def config_of(network: str) -> dict[str, Any]:
    """Of small islands that do not die out."""
    soup = {"parameters": {"attack": 0.3, "learn_from": 0.3, "self_train": 3}} if network == "soup" else {}
    return {
        "task": "none",
        "generations": 6,
        "quine": {"network": network, **soup},
        "life": {"steps": 3 if network == "soup" else 60, "learning_rate": 0.005, "coordinates": 16},
        "population": {"islands": 3, "size": 5},
        "migration": {"every": 2, "migrants": 1},
        "checkpoint": {"every": 2},
        "measures": MEASURES,
    }


@pytest.mark.usefixtures("ray_8")
@pytest.mark.parametrize(
    "network", ["weightwise", *(pytest.param(word, marks=pytest.mark.nightly) for word in ("soup", *WORDS[1:3]))]
)
@everywhere
def test_the_same_births_everywhere(workers: tuple[int, ...], network: str, tmp_path: Path) -> None:
    run = alife.load_run(same_births_everywhere(config_of(network), tmp_path, workers))
    living = run.births[run.births["cause_of_death"] == "generation_end"]
    assert living["fixpoint"].isin(range(5)).all()
    assert (living["fixpoints"] == (living["fixpoint"] == 2)).all()
    assert run.births["fixpoint"].notna().any()


@pytest.mark.parametrize("network", WORDS)
def test_what_is_told_of_it(network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = {**config_of(network), "generations": 2}
    alife.evolve(config, tmp_path / "run", backend="local")
    run = alife.load_run(tmp_path / "run")
    shown = io.StringIO()
    summary.print_run(run, shown)
    assert "fixpoint" in shown.getvalue()
    assert main(["show", str(tmp_path / "run")]) == 0
    assert network in capsys.readouterr().out
    somebody = run.births[run.births["cause_of_death"] == "generation_end"]["id"].iloc[-1]
    individual = run.individual(int(somebody))
    assert individual.network().emit().shape == individual.genome().shape


@pytest.mark.parametrize("network", ["soup", *(pytest.param(word, marks=pytest.mark.nightly) for word in WORDS[:3])])
def test_its_page_has_classes_of_fixpoints(network: str, tmp_path: Path) -> None:
    alife.evolve({**config_of(network), "generations": 2}, tmp_path / "run", backend="local")
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "fixpoint class" in (tmp_path / "run" / "report.html").read_text("utf-8")


def test_comparison_of_soups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(2):
        for name, passes in (("trained", 30), ("left", 0)):
            config = config_of("soup") | {"seed": seed, "generations": 1}
            config["quine"] = {"network": "soup", "parameters": {"attack": 0, "self_train": passes}}
            config["life"] = {"steps": 20, "learning_rate": 0.01}
            alife.evolve(config, tmp_path / f"{name}-{seed}", backend="local")
    births = {name: alife.load_run(tmp_path / f"{name}-0").births for name in ("trained", "left")}
    assert births["trained"]["fixpoints"].mean() > 0.5
    assert births["left"]["fixpoints"].mean() == 0
    assert main(["compare", *(str(tmp_path / f"{name}-{seed}") for name in births for seed in range(2))]) == 0
    assert "fixpoints" in capsys.readouterr().out


@pytest.mark.parametrize("network", WORDS)
def test_with_a_task_is_one_line(network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--quine.network", network, "--task", "glyphs", "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"task: glyphs: quine.network {network} names no classes: use --task none" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("network", "parameters", "said"),
    [
        ("soup", "{attack: 2}", "quine.network: soup: attack: input should be less than or equal to 1"),
        ("soup", "{network: dense}", "quine.network: soup: network: input should be 'weightwise', 'aggregating' or"),
        ("soup", "{severity: 0}", "quine.network: soup: severity: input should be greater than or equal to 1"),
        ("soup", "{imitate: 1}", "quine.network: soup: has no parameter imitate; it has network, activation, attack"),
        ("weightwise", "{activation: selu}", "quine.network: weightwise: activation: input should be 'linear', 'sigm"),
        ("recurrent", "{attack: 1}", "quine.network: recurrent: has no parameter attack; it has activation"),
    ],
)
def test_wrong_parameters_are_one_line(
    network: str, parameters: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--quine.network", network, "--quine.parameters", parameters, "--task", "none"]
    assert main(["run", *words, "--out", str(tmp_path / "run"), "--backend", "local"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()


UNSEEN = {
    "quine.coordinate_units": 7,
    "life.optimizer": "sgd",
    "life.coordinates": 5,
    "life.replication_weight": 0.0,
    "life.target": "self",
    "life.loss": "sum",
    "life.sampling": "epoch",
    "life.environment": "shared",
}


@pytest.mark.parametrize("network", WORDS)
def test_what_it_does_not_look_at_changes_no_birth(network: str, tmp_path: Path) -> None:
    config = {**config_of(network), "generations": 3}
    alife.evolve(config, tmp_path / "run", backend="local")
    called = idle(alife.parse_config(config))
    keys = [key for key in UNSEEN if key in called]
    assert ("life.optimizer" in keys) == (network == "soup")
    changed = alife.parse_config(config).model_dump()
    for key in keys:
        section, _, name = key.partition(".")
        changed[section][name] = UNSEEN[key]
    alife.evolve(changed, tmp_path / "other", backend="local")
    births = [alife.load_run(tmp_path / name).births for name in ("run", "other")]
    assert births[0].equals(births[1])


def test_a_life_of_a_soup_is_its_epochs(tmp_path: Path) -> None:
    born = {}
    for epochs in (0, 30):
        config = {**config_of("soup"), "generations": 1, "life": {"steps": epochs, "learning_rate": 0.01}}
        config["quine"] = {"network": "soup", "parameters": {"attack": 0, "self_train": 30}}
        alife.evolve(config, tmp_path / f"{epochs}", backend="local")
        born[epochs] = alife.load_run(tmp_path / f"{epochs}")
    births = born[0].births
    individual = born[0].individual(int(births["id"].iloc[0]))
    assert individual.network().weights.detach().numpy() == pytest.approx(individual.genome())
    assert born[30].births["squared_norm"].equals(births["squared_norm"]), "the founders are the same"
    assert births["self_error"].median() > 0.1
    assert born[30].births["self_error"].median() < 1e-6
