"""Schemes of selection: who can be chosen, how often, and that the expectation is the scheme's own."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from alife.configuration import schemes
from alife.configuration.keys import RunConfig, Selection
from alife.evolution.schemes import OFFERS, SCHEMES, asks
from alife.evolution.selection import CHANCE, expected_offspring, fitness, is_recorded, probabilities, select

DRAWS = 400
ACCURACY = np.array([0.5, 0.7, 0.7, 0.61, 0.2, 0.9, 0.7, 0.33, np.nan, 0.45], np.float32)
RHO = np.array([0.01, 0.02, 0.02, 0.004, 0.004, 0.3, 0.011, 0.05, np.nan, 0.009], np.float32)
LIVING = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 1], bool)


def rules(scheme: str, **changes: float) -> Selection:
    return Selection.model_validate({"scheme": scheme, **changes})


def shown(size: int, equal: bool = False) -> dict[str, Any]:
    """What schemes ask for by name: answers with ties to three classes of nine images, and clades of three."""
    draw = np.random.default_rng(size)
    answers = draw.multinomial(9, [0.5, 0.3, 0.2], (size, 3)).astype(np.float32) / 9
    if equal:
        return {"answers": np.repeat(answers[:1], size, axis=0), "clades": np.arange(size)}
    return {"answers": answers, "clades": np.arange(size) // 3}


def chosen(rules: Selection, accuracy, rho, living, *children_seed_generation_island: int) -> np.ndarray:
    """Slots of the parents."""
    columns = {"accuracy": np.asarray(accuracy), "replication_error": np.asarray(rho)}
    offered = shown(len(columns["accuracy"]))
    return select(rules, columns, living, *children_seed_generation_island, offered=offered).parents


def expected_of(
    rules: Selection, accuracy, rho, living, n_children: int, offered: dict[str, Any] | None = None
) -> np.ndarray:
    """[P] children that any scheme leads one to expect of each."""
    random = np.random.default_rng(0)
    return n_children * probabilities(
        rules, accuracy, rho, living, random=random, **(offered or shown(len(np.asarray(accuracy))))
    )


def offspring(scheme: Selection, draws: int = DRAWS, n_children: int = 10, accuracy=ACCURACY) -> np.ndarray:
    """[draws, P] realised numbers of children, one row a generation."""
    parents = [chosen(scheme, accuracy, RHO, LIVING, n_children, 3, g, 0) for g in range(draws)]
    return np.array([np.bincount(p, minlength=len(LIVING)) for p in parents])


def by_hand(scheme: str, draw: np.random.Generator) -> int:
    """One parent by the textbook procedure, on ranks worked out without the code under test."""
    slots = np.flatnonzero(LIVING)
    z = [stats.zscore(s[slots].astype(float)) for s in (ACCURACY, -np.log(RHO.astype(float)))]
    mix = dict(zip(slots, np.round(0.5 * z[0] + 0.5 * z[1], 12), strict=True))
    if scheme == "tournament":
        entrants = draw.choice(slots, 3)
        best = [i for i in set(entrants.tolist()) if mix[i] == max(mix[j] for j in entrants)]
        return draw.choice(best)
    if scheme == "truncation":
        return draw.choice(sorted(slots, key=lambda i: (mix[i], draw.random()))[-5:])
    if scheme == "roulette":
        weight = np.exp([mix[i] for i in slots])
        return draw.choice(slots, p=weight / weight.sum())
    return draw.choice(slots)


def test_registry_is_what_the_configuration_allows():
    assert list(schemes.UNUSED) == list(SCHEMES) == list(schemes.SCHEMES), (
        "what each does not look at, and its parameters"
    )
    assert {*schemes.BY_CLASS} == {name for name in SCHEMES if "answers" in asks(name)}
    assert {name for scheme in SCHEMES for name in asks(scheme)} == {*OFFERS}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_realised_offspring_follow_the_expectation(scheme):
    counts = offspring(rules(scheme)).sum(axis=0)
    expected = expected_of(rules(scheme), ACCURACY, RHO, LIVING, 10) * DRAWS
    assert np.array_equal(counts[expected == 0], np.zeros((expected == 0).sum()))
    seen = expected > 0
    assert stats.chisquare(counts[seen], expected[seen]).pvalue > 1e-3


@pytest.mark.parametrize("scheme", ["tournament", "truncation", "roulette", "drift"])
def test_expectation_is_that_of_the_textbook_procedure(scheme):
    draw = np.random.default_rng(5)
    counts = np.bincount([by_hand(scheme, draw) for _ in range(1500)], minlength=len(LIVING))
    expected = expected_offspring(rules(scheme), ACCURACY, RHO, LIVING, 1500)
    seen = expected > 0
    assert counts[~seen].sum() == 0
    assert stats.chisquare(counts[seen], expected[seen]).pvalue > 1e-3


def test_tournament_of_three_without_ties_is_the_known_formula():
    n = np.arange(1, 6)
    got = expected_offspring(rules("tournament", accuracy_weight=1), n / 10, np.full(5, 0.1), np.ones(5, bool), 125)
    np.testing.assert_allclose(got, n**3 - (n - 1) ** 3)


def test_nsga2_ranks_fronts_then_crowding():
    accuracy = np.array([0.1, 0.4, 0.5, 0.9, 0.05, 0.4])
    rho = np.exp(-np.array([0.9, 0.6, 0.5, 0.1, 0.05, 0.6]))
    got = expected_offspring(rules("nsga2"), accuracy, rho, np.ones(6, bool), 36)
    # the two ends, then the less crowded of the middle, then two clones that share, then the dominated one
    np.testing.assert_allclose(got, [10, 4, 7, 10, 1, 4])


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if not asks(scheme)])
def test_batched_rows_equal_rows_alone(scheme):
    draw = np.random.default_rng(0)
    accuracy, rho = draw.integers(0, 5, (4, 7)) / 10, draw.random((4, 7))
    living = draw.random((4, 7)) < 0.7
    living[1] = False
    whole = expected_offspring(rules(scheme), accuracy, rho, living, np.arange(4))
    for row in range(4):
        alone = expected_offspring(rules(scheme), accuracy[row], rho[row], living[row], row)
        np.testing.assert_allclose(whole[row], alone, atol=1e-12)


def test_shuffled_has_the_tournaments_offspring_distribution():
    selected, shuffled = (np.sort(offspring(rules(scheme)), axis=1) for scheme in ("tournament", "shuffled"))
    table = np.array([np.bincount(counts.ravel(), minlength=8)[:8] for counts in (selected, shuffled)])
    assert stats.chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue > 1e-3
    assert shuffled.var() > 1.3 * offspring(rules("drift")).var()


def test_shuffled_is_blind_to_scores():
    counts = offspring(rules("shuffled", accuracy_weight=1))[:, LIVING]
    slopes = [np.cov(row, ACCURACY[LIVING])[0, 1] for row in counts]
    assert abs(stats.ttest_1samp(slopes, 0).statistic) < 3.5
    driven = [
        np.cov(row, ACCURACY[LIVING])[0, 1] for row in offspring(rules("tournament", accuracy_weight=1))[:, LIVING]
    ]
    assert stats.ttest_1samp(driven, 0).statistic > 20


def test_weight_moves_selection_from_one_score_to_the_other():
    for_fidelity, for_accuracy = (
        expected_offspring(rules("tournament", accuracy_weight=w), ACCURACY, RHO, LIVING, 100) for w in (0, 1)
    )
    assert for_accuracy.argmax() == 5
    assert sorted(np.argsort(for_fidelity)[-2:]) == [3, 4]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges(scheme):
    s = rules(scheme)
    one = np.ones(1, bool)
    assert chosen(s, [0.5], [0.1], one, 3, 0, 0, 0).tolist() == [0, 0, 0]
    assert chosen(s, ACCURACY, RHO, np.zeros(10, bool), 5, 0, 0, 0).shape == (0,)
    assert chosen(s, [], [], np.empty(0, bool), 5, 0, 0, 0).dtype == np.int64
    assert chosen(s, ACCURACY, RHO, LIVING, 0, 0, 0, 0).shape == (0,)
    survivor = np.arange(10) == 4
    assert set(chosen(s, ACCURACY, RHO, survivor, 5, 0, 0, 0).tolist()) == {4}
    equal = expected_of(s, np.full(8, 0.3), np.full(8, 0.1), np.ones(8, bool), 8, shown(8, equal=True))
    np.testing.assert_allclose(equal, 1)
    dust = np.full(8, 0.1) * (1 + 1e-7 * np.arange(8))
    np.testing.assert_allclose(expected_of(s, np.full(8, 0.3), dust, np.ones(8, bool), 8, shown(8, equal=True)), 1)
    no_task = expected_of(s, np.full(8, np.nan), np.linspace(0.1, 0.9, 8), np.ones(8, bool), 8)
    assert no_task.sum() == pytest.approx(8)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_same_key_same_parents(scheme):
    def parents(seed: int, generation: int, island: int) -> list[int]:
        return chosen(rules(scheme), ACCURACY, RHO, LIVING, 50, seed, generation, island).tolist()

    assert parents(1, 2, 3) == parents(1, 2, 3)
    assert len({tuple(parents(*key)) for key in [(1, 2, 3), (2, 2, 3), (1, 3, 3), (1, 2, 4)]}) == 4


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("shuffled", [False, True])
def test_chances_are_noted_where_scores_do_not_say_them(scheme, shuffled):
    columns = {"accuracy": ACCURACY, "replication_error": RHO}
    choice = select(rules(scheme, shuffled=shuffled), columns, LIVING, 5, 3, 0, 0, offered=shown(10))
    assert is_recorded(scheme) == bool(asks(scheme)) == (set(choice.columns) == {CHANCE["name"]})
    if is_recorded(scheme):
        noted = choice.columns[CHANCE["name"]]
        np.testing.assert_allclose(noted, expected_of(rules(scheme), ACCURACY, RHO, LIVING, 1), rtol=1e-6)


def test_rules_may_come_from_a_plain_namespace():
    plain = SimpleNamespace(**RunConfig().selection.model_dump())
    same = expected_offspring(RunConfig().selection, ACCURACY, RHO, LIVING, 10)
    np.testing.assert_array_equal(expected_offspring(plain, ACCURACY, RHO, LIVING, 10), same)


def test_fitness_mixes_standardised_scores():
    mix = fitness(ACCURACY[LIVING], RHO[LIVING], 0.25, "tournament")
    by_scipy = [stats.zscore(s[LIVING].astype(float)) for s in (ACCURACY, -np.log(RHO))]
    np.testing.assert_allclose(mix, 0.25 * by_scipy[0] + 0.75 * by_scipy[1], rtol=1e-5)
    np.testing.assert_allclose(fitness(ACCURACY[LIVING], RHO[LIVING], 0.25, "roulette"), np.exp(mix))
    assert fitness([0.4, 0.4], [0.1, 0.1], 0.5, "tournament").tolist() == [0, 0]


scores = hnp.arrays(np.float32, 12, elements=st.sampled_from([0.0, 1e-6, 0.01, 0.1, 0.5, 1.0, 3.0]))


@settings(max_examples=100, deadline=None)
@given(
    accuracy=scores,
    rho=scores,
    living=hnp.arrays(bool, 12),
    scheme=st.sampled_from(sorted(SCHEMES)),
    weight=st.floats(0, 1),
    n=st.integers(0, 30),
    share=st.floats(0.01, 1),
    k=st.integers(1, 20),
)
def test_invariants(accuracy, rho, living, scheme, weight, n, share, k):
    s = rules(scheme, accuracy_weight=weight, truncation=share, tournament_size=k)
    offered = shown(12)
    expected = expected_of(s, accuracy, rho, living, n, offered)
    assert expected.shape == (12,)
    assert (expected >= 0).all()
    assert (expected[~living] == 0).all()
    assert expected.sum() == pytest.approx(n if living.any() else 0, abs=1e-9)
    turned = np.random.default_rng(n).permutation(12)
    moved = {name: values[turned] for name, values in offered.items()}
    again = expected_of(s, accuracy[turned], rho[turned], living[turned], n, moved)
    np.testing.assert_allclose(again, expected[turned], atol=1e-9)
    parents = chosen(s, accuracy, rho, living, n, 0, 0, 0)
    assert len(parents) == (n if living.any() else 0)
    assert living[parents].all()
    assert expected[parents].all(), "nobody without a chance"
    better = np.flatnonzero(living)[fitness(accuracy, rho, weight, "tournament")[living].argsort()]
    if scheme in ("tournament", "truncation", "roulette") and living.all():
        assert (np.diff(expected[better]) >= -1e-9).all()


@settings(max_examples=60, deadline=None)
@given(accuracy=scores, rho=scores, living=hnp.arrays(bool, 12), scheme=st.sampled_from(sorted(SCHEMES)))
def test_equals_share(accuracy, rho, living, scheme):
    twins = [0, *range(11)]
    offered = {name: values[twins] for name, values in shown(12).items()}
    chance = expected_of(rules(scheme), accuracy[twins], rho[twins], living[twins], 1, offered)
    assert chance[0] == pytest.approx(chance[1], abs=1e-12)
