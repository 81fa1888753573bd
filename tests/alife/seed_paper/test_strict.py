"""Strict quines, exact ones, and how fertile they are: small networks, seconds."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alife.organism import measures
from alife.seed_paper import annealing, contraction, exact, fertility, strict
from alife.seed_paper.frame import Outcome, Settings, Work
from alife.seed_paper.habitat import founders
from alife.seed_paper.registry import EXPERIMENTS
from analysis.figures import style
from analysis.figures.seed_paper import experiment
from analysis.paper import strict as report
from analysis.paper.results import Results


@pytest.fixture(autouse=True)
def without_autograd():
    with torch.no_grad():
        yield


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lengths of a second."""
    monkeypatch.setattr(strict, "STEPS", dict.fromkeys(strict.STEPS, (240, 240)))
    monkeypatch.setattr(strict, "schedule", lambda *a: annealing.schedule(*a, rounds=1))
    monkeypatch.setattr(strict, "COORDINATES", 64)
    monkeypatch.setattr(strict, "REFINEMENT", (5, 5))
    monkeypatch.setattr(strict, "TASK_WEIGHTS", {"auxiliary-low": (0.003,), "auxiliary-high": (0.1,)})
    monkeypatch.setattr(strict, "EXACT_HIDDEN", 6)
    monkeypatch.setattr(fertility, "DESCENT", (4, 4))
    monkeypatch.setattr(fertility, "COPIES", 3)
    monkeypatch.setattr(strict, "AUXILIARY_COORDINATES", 64)


def small_world(hidden: int, seeds: int = 3) -> tuple[Any, torch.Tensor]:
    config = strict.configured(Settings(seeds=seeds), "vanilla", hidden)
    return strict.place_of(Settings(seeds=seeds), "vanilla", hidden), founders(config)


def annealed(hidden: int, steps: int, work: Work | None = None, seeds: int = 3) -> tuple[Any, torch.Tensor]:
    place, begin = small_world(hidden, seeds)
    stages = annealing.schedule(steps, 3e-3, 512)
    keys = [(9, k) for k in range(seeds)]
    work = work or Work(Settings(seeds=seeds))
    networks, _ = annealing.anneal(work, place, begin, torch.zeros(seeds), keys, stages, lambda step, n: [])
    return place, networks


@pytest.fixture(scope="module")
def quines() -> tuple[Any, torch.Tensor]:
    with torch.no_grad():
        return annealed(12, 1500)


def test_annealing_makes_real_quines(quines):
    place, networks = quines
    _, begin = small_world(12)
    told = strict.judged(place, networks, begin)
    assert told["rho"].max() < 0.01
    assert told["participation"].min() > 0.05
    assert (told["squared_norm"] > 0.2 * measures.squared_norm(begin).numpy()).all()
    printed = place.emit(networks)
    direct = (printed - networks).square().sum(1) / networks.square().sum(1)
    np.testing.assert_allclose(told["rho"], direct, rtol=1e-4)


def test_participation_of_equal_weights_is_one_and_of_a_single_one_the_least():
    place, begin = small_world(6, 2)
    networks = torch.zeros_like(begin)
    networks[0] = 0.3
    networks[1, 5] = 2.0
    told = strict.described(place, networks)
    np.testing.assert_allclose(told["participation"], [1, 1 / networks.shape[1]], rtol=1e-5)


class Memory:
    """Keeps a state in memory."""

    def __init__(self) -> None:
        self.state: tuple[dict[str, NDArray[Any]], dict[str, Any]] | None = None

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        self.state = {name: array.copy() for name, array in arrays.items()}, dict(facts)

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        return self.state


class Killed(Exception):
    """Stands for a signal."""


@pytest.mark.parametrize("calls", [2, 24, 27])
def test_a_killed_part_goes_on_to_the_same_bits(monkeypatch: pytest.MonkeyPatch, calls: int):
    monkeypatch.setattr(annealing, "SAVE_SECONDS", -1.0)
    _, whole = annealed(8, 900)
    keep, told = Memory(), [0]

    def tell(share: float, words: str) -> None:
        told[0] += 1
        if told[0] == calls:
            raise Killed

    with pytest.raises(Killed):
        annealed(8, 900, Work(Settings(seeds=3), tell, keep))
    _, again = annealed(8, 900, Work(Settings(seeds=3), keep=keep))
    assert torch.equal(whole, again)


def test_rates_fall_to_the_floor_and_do_not_depend_on_where_a_segment_begins():
    stage = annealing.Stage(500, 3e-3, 1e-5, 64)
    whole = list(annealing._rates(stage, 0))
    assert whole[0] == pytest.approx(3e-3)
    assert whole[-1] == pytest.approx(1e-5, rel=0.01)
    assert whole == sorted(whole, reverse=True)
    assert list(annealing._rates(stage, 200)) == whole[200:]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 2))
def test_the_jacobian_is_the_slope_of_emission(seed: int, scale: float):
    draw = np.random.default_rng(seed)
    hidden = 4
    n = hidden * (2 * hidden + 1)
    network = torch.from_numpy(scale * draw.standard_normal(n))
    features = torch.from_numpy(draw.standard_normal((n, hidden)))
    slope, printed = exact.jacobian(network, features, hidden)
    by_torch = torch.func.jacfwd(lambda t: _selu_network(t, features, hidden))(network)
    torch.testing.assert_close(slope, by_torch)
    torch.testing.assert_close(printed, _selu_network(network, features, hidden))


def _selu_network(network: torch.Tensor, features: torch.Tensor, hidden: int) -> torch.Tensor:
    square = hidden * hidden
    w1, w2, out = network[:square].view(hidden, hidden), network[square:-hidden].view(hidden, hidden), network[-hidden:]
    return torch.selu(torch.selu(features @ w1.T) @ w2.T) @ out


def test_refinement_never_makes_a_quine_worse_and_says_its_error(quines):
    place, networks = quines
    features = place.features.coordinates.double()
    for network in networks:
        before = ((exact.forward(network.double(), features, 12).printed - network).norm() / network.norm()) ** 2
        refined, error = exact.refine(network.double(), features, 12, steps=40)
        after = ((exact.forward(refined, features, 12).printed - refined).norm() / refined.norm()) ** 2
        assert error < before
        assert error == pytest.approx(after.item(), rel=1e-6)


def test_refinement_leaves_a_network_that_is_no_number_as_it_is(quines):
    place, networks = quines
    network = networks[0].double().clone()
    network[3] = torch.nan
    refined, error = exact.refine(network, place.features.coordinates.double(), 12, steps=3)
    assert torch.equal(refined.isnan(), network.isnan())
    assert np.isnan(error)


def test_refinement_damps_more_where_its_matrix_has_no_factor(quines, monkeypatch: pytest.MonkeyPatch):
    place, networks = quines
    factorise, asked = torch.linalg.cholesky_ex, []

    def cholesky_ex(matrix: torch.Tensor) -> Any:
        asked.append(matrix)
        return factorise(-matrix if len(asked) == 1 else matrix)

    monkeypatch.setattr(torch.linalg, "cholesky_ex", cholesky_ex)
    exact.refine(networks[0].double(), place.features.coordinates.double(), 12, steps=1)
    more = (asked[1] - asked[0]).diagonal()
    torch.testing.assert_close(more, torch.full_like(more, 3e-2), rtol=1e-6, atol=1e-9)


def test_an_exact_quine_descends_for_generations_without_learning():
    place, networks = annealed(16, 1500, seeds=24)
    features = place.features.coordinates.double()
    best = measures.relative_error(place.emit(networks), networks).argsort()[:3]
    refined = [exact.refine(networks[k].double(), features, 16, 150) for k in best]
    network, error = min(refined, key=lambda pair: pair[1])
    assert error < exact.PERFECT
    line = network
    for _ in range(10):
        line = exact.forward(line, features, 16).printed
    assert (line - network).square().sum() < 1e-6 * network.square().sum()
    single = network.float()[None]

    def emit(networks: torch.Tensor) -> torch.Tensor:
        return place.emit(networks)

    assert fertility.depths(emit, single, single, 10).item() == 10


def test_depth_counts_generations_until_the_first_that_is_no_longer_alike():
    _, begin = small_world(6, 2)

    def emit(networks: torch.Tensor) -> torch.Tensor:
        return 0.8 * networks

    # ρ to the founder after g generations is (1 - 0.8^g)², 0.5 at g = 5.5, and the norm is below one half from g = 4 on
    assert fertility.depths(emit, begin, begin, 10).tolist() == [3, 3]
    assert fertility.depths(emit, begin, begin, 2).tolist() == [2, 2]
    assert fertility.depths(emit, begin, -begin, 10).tolist() == [0, 0]


def test_answers_of_a_linear_emission_are_its_matrix():
    _, begin = small_world(4, 1)
    n = begin.shape[1]
    matrix = torch.diag(torch.linspace(0.1, 2.5, n))

    told = fertility.answers(lambda networks: networks @ matrix.T, begin, np.random.default_rng(0))
    assert told["radius"].item() == pytest.approx(2.5, rel=0.03)
    assert told["degree"].item() == pytest.approx(1, rel=0.01)
    assert told["gain"].item() == pytest.approx(matrix.square().sum().item() / n, rel=0.5)


def test_the_radius_is_the_growth_in_the_long_run_and_not_the_largest_at_once():
    """A matrix that enlarges one direction 20-fold, once: what it gives grows by 0.9 from then on."""
    _, begin = small_world(4, 1)
    matrix = torch.zeros(begin.shape[1], begin.shape[1])
    matrix[0, 0], matrix[1, 1], matrix[0, 1] = 0.9, 0.1, 20.0
    assert torch.linalg.matrix_norm(matrix, 2) > 20
    told = fertility.answers(lambda networks: networks @ matrix.T, begin, np.random.default_rng(0))
    assert told["radius"].item() == pytest.approx(0.9, rel=0.01)


def test_a_noisy_depth_is_the_median_of_an_even_number_too(monkeypatch):
    """Of 20 copies the mean of the tenth and the eleventh, not the tenth alone."""
    place, begin = small_world(4, 1)
    monkeypatch.setattr(fertility, "depths", lambda emit, begin, founders, most: torch.arange(len(begin)).float())
    settings = Settings(seeds=1)
    rows, _ = fertility.follow(settings, place, "strict vanilla", begin, (0,))
    assert fertility.COPIES == 20
    assert rows[0]["noisy_depth"] == 9.5
    assert contraction.median is fertility.median


def test_halves_of_the_vanilla_strict_quines_come_together_in_the_order_of_their_seeds():
    even, odd = np.array([[0.0], [2.0], [4.0]], np.float32), np.array([[1.0], [3.0]], np.float32)
    whole = fertility.together({"vanilla-even": even, "vanilla-odd": odd, "exact": even})
    assert whole["vanilla"][:, 0].tolist() == [0, 1, 2, 3, 4]
    assert whole["exact"] is even
    assert fertility.together({"vanilla-even": even[:1]})["vanilla"][:, 0].tolist() == [0], "of one seed"


def test_solutions_keep_their_seeds_when_one_of_them_is_no_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fertility, "DESCENT", (2, 2))
    monkeypatch.setattr(fertility, "COPIES", 2)
    place, begin = small_world(8, 3)
    monkeypatch.setattr(fertility, "place_of", lambda *a: place)
    genomes = begin.numpy().copy()
    genomes[1, 5] = np.nan
    told = fertility.run(Work(Settings(seeds=3), earlier=lambda name: {"sgd": genomes} if name == "E1" else {}), "")
    assert [row["seed"] for row in told.rows] == [0, 2]
    assert {row["seed"] for row in told.curves} == {0, 2}


def test_a_solution_lives_where_it_comes_from_whatever_its_size(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fertility, "habitat", lambda config: config)
    monkeypatch.setattr(fertility, "configuration", lambda settings, kind: kind)
    monkeypatch.setattr(strict, "place_of", lambda settings, kind, hidden: (kind, hidden))
    as_large = torch.zeros(1, 2 * 112 * 112 + 112)  # and as an auxiliary network of 51 classes
    assert as_large.shape[1] == 25_200 == 20_100 + 51 * 100
    known = {("E1", "sgd"): "vanilla", ("E7", "auxiliary"): "auxiliary"}
    known |= {("strict", "auxiliary 0.1"): ("auxiliary", 100), ("strict", "vanilla"): ("vanilla", 112)}
    for (source, variant), place in known.items():
        assert fertility.place_of(Settings(), source, variant, as_large) == place


def test_every_part_tells_the_same_things_of_its_seeds_and_keeps_test_images_for_the_end(short, idx_folder: Path):
    asked = Settings(seeds=2, task=str(idx_folder))
    outcomes = {part: strict.run(Work(asked), part) for part in strict.PARTS}
    assert [row["seed"] for part in strict.VANILLA for row in outcomes[part].rows] == [0, 1]
    for outcome in outcomes.values():
        for row in outcome.rows:
            assert {"experiment", "variant", "seed", "L_SR", "rho", "squared_norm", "participation"} <= row.keys()
        assert not any("accuracy" in row for row in outcome.curves)
    front = [row for part in strict.TASK_WEIGHTS for row in outcomes[part].rows]
    assert {row["task_weight"] for row in front} == {0.003, 0.1}
    assert all(0 <= row["accuracy"] <= 1 and 0 <= row["select_accuracy"] <= 1 for row in front)

    def earlier(name: str) -> dict[str, Any]:
        if name != "strict":
            return {}
        return {variant: g for outcome in outcomes.values() for variant, g in outcome.genomes.items()}

    told = fertility.run(Work(asked, earlier=earlier), "")
    assert {row["variant"] for row in told.rows} >= {"strict vanilla", "strict exact", "strict auxiliary 0.1"}
    for row in told.rows:
        assert row["class"] in ("divergent", "zero", "fixpoint", "second-order", "none")
        assert 0 <= row["depth"] <= fertility.DESCENT[0]
    of_auxiliary = [row for row in told.curves if row["variant"] == "strict auxiliary 0.1"]
    assert {row["generation"] for row in of_auxiliary} == set(range(1, fertility.DESCENT[0] + 1))
    assert all("select_accuracy" in row for row in of_auxiliary)
    everything = [*outcomes.values(), told]
    results = Results(
        "",
        asdict(asked),
        [{"experiment": "strict", **facts_of} for facts_of in (outcome.facts for outcome in outcomes.values())],
        pd.DataFrame([row for outcome in everything for row in outcome.rows]),
        pd.DataFrame([row for outcome in everything for row in outcome.curves]),
    )
    with style.styled():
        for name in ("strict", "fertility"):
            figure = experiment(results, name)
            assert all(ax.has_data() for ax in figure.axes)
            figure.draw_without_rendering()
    assert any("test accuracy" in text for text in report.statements(results))
    assert len([*report.fertility(results)]) == len({row["variant"] for row in told.rows})


def test_the_same_seed_gives_the_same_outcome(short):
    def made() -> Outcome:
        return strict.run(Work(Settings(seeds=2)), "vanilla-odd")

    one, two = made(), made()
    assert one.rows == two.rows
    assert one.curves == two.curves
    np.testing.assert_array_equal(one.genomes["vanilla-odd"], two.genomes["vanilla-odd"])


def test_the_front_has_at_least_five_task_weights_and_every_part_is_known():
    assert len({weight for weights in strict.TASK_WEIGHTS.values() for weight in weights}) >= 5
    assert EXPERIMENTS["strict"].parts == strict.PARTS
    assert EXPERIMENTS["contraction"].parts == tuple(contraction.ATTEMPTS)
    assert EXPERIMENTS["fertility"].after == fertility.SOURCES


def test_a_part_without_a_network_says_so():
    assert strict.run(Work(Settings(seeds=1)), "vanilla-odd").rows == []


def contracted(part: str, monkeypatch: pytest.MonkeyPatch, steps: int) -> Outcome:
    monkeypatch.setattr(contraction, "STEPS", (steps, steps))
    return contraction.run(Work(Settings(seeds=2)), part)


@pytest.mark.parametrize("part", list(contraction.ATTEMPTS))
def test_every_attempt_is_measured_alike_and_again_the_same(part: str, monkeypatch: pytest.MonkeyPatch):
    outcome = contracted(part, monkeypatch, 40)
    assert len(outcome.rows) == 8
    assert outcome.rows[0].keys() >= {"rho", "radius", "degree", "depth", "depth_0.01", "depth_0.05", "depth_0.2"}
    assert contracted(part, monkeypatch, 40).rows == outcome.rows
    ends = [row["rho"] for row in outcome.curves if row["epoch"] == 40]
    np.testing.assert_allclose(ends, [row["rho"] for row in outcome.rows], rtol=1e-5)


def test_emission_as_a_function_is_the_organisms_own():
    place, begin = small_world(8)
    plain = contraction.emission(place.features.coordinates, scaled=False)
    torch.testing.assert_close(plain(begin), place.emit(begin), rtol=1e-4, atol=1e-5)
    scaled = contraction.emission(place.features.coordinates, scaled=True)(begin)
    torch.testing.assert_close(scaled.norm(dim=1), begin.norm(dim=1))
    assert measures.relative_error(scaled / scaled.norm(), plain(begin) / scaled.norm()).isfinite().all()


def test_damping_errors_makes_emission_contract_once_newborns_are_scaled(monkeypatch: pytest.MonkeyPatch):
    damped = contracted("gain-scaled", monkeypatch, 900).rows
    alone = contracted("replicate-scaled", monkeypatch, 900).rows
    assert np.median([row["radius"] for row in damped]) < 1.15
    assert np.median([row["radius"] for row in alone]) > 1.15


def test_attempts_are_drawn_and_told(monkeypatch: pytest.MonkeyPatch):
    outcomes = {part: contracted(part, monkeypatch, 4) for part in ("replicate", "gain-scaled")}
    results = Results(
        "",
        asdict(Settings(seeds=2)),
        [{"experiment": "contraction", "part": part, **outcome.facts} for part, outcome in outcomes.items()],
        pd.DataFrame([row for outcome in outcomes.values() for row in outcome.rows]),
    )
    with style.styled():
        experiment(results, "contraction").draw_without_rendering()
    said = [*report.attempts(results)]
    assert len(said) == 2
    assert contraction.ATTEMPTS["gain-scaled"].what in said[1]
