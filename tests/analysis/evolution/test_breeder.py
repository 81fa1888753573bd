"""Responses to planted selection on traits of planted inheritance are those of the breeder's equation."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from alife.errors import UserError
from analysis.data.run import Run
from analysis.evolution.breeder import agreement, multivariate, responses
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from tests.analysis.evolution.test_dynamics import breed
from tests.support.planted import planted

TWO = ("accuracy", "newborn_accuracy")


def bred(
    heredity: ArrayLike, covariance: ArrayLike, weights: ArrayLike, *, generations=60, size=400, kept=0.3, bias=0.0
) -> Run:
    """Truncation on an index of two traits, whose parents' deviations are inherited by a matrix.

    A generation is normal about its mean, with the covariance P: breeding values from the parents' deviations z by
    heredity·z, and what else P has is noise. The share kept of truncation differs from generation to generation.

    Args:
        heredity: [2, 2], children (rows) on parents.
        covariance: [2, 2] P, of each generation of a population that is not selected.
        weights: [2] of the index.
        generations: How many.
        size: Of each.
        kept: Share that reproduces, on average.
        bias: What each child has more of both traits than inheritance gives it.
    """
    draw = np.random.default_rng(3)
    heredity, covariance, weights = np.asarray(heredity), np.asarray(covariance), np.asarray(weights)
    noise = np.linalg.cholesky(covariance - heredity @ covariance @ heredity.T)
    z = draw.multivariate_normal([0, 0], covariance, size)
    rows, parents = [z], []
    for _ in range(generations - 1):
        chosen = np.argsort(z @ weights)[-int(size * kept * draw.uniform(0.4, 1.6)) :]
        parents.append(draw.choice(chosen, size))
        mean = z.mean(axis=0)
        z = mean + bias + (z[parents[-1]] - mean) @ heredity.T + draw.standard_normal((size, 2)) @ noise.T
        rows.append(z)
    return planted(parents, dict(zip(TWO, np.moveaxis(np.array(rows), -1, 0), strict=True)))


def test_responses_are_heritability_times_differential():
    run = bred(0.4 * np.eye(2), np.eye(2), [1, 0])
    table = responses(demes(run), ["accuracy"])
    assert table["heritability"].to_numpy() == pytest.approx(0.4, abs=0.03)
    assert table["differential"].mean() > 1
    se = np.sqrt(1 / 400)
    assert (table["realised"] - 0.4 * table["differential"]).std() < 1.3 * se
    (row,) = agreement(table).to_dict("records")
    assert row["slope"] == pytest.approx(1, abs=0.15)
    assert row["correlation"] > 0.8
    assert row["bias"] == pytest.approx(0, abs=0.04)


def test_what_mutation_adds_is_bias_and_not_response():
    table = responses(demes(bred(0.4 * np.eye(2), np.eye(2), [1, 0], bias=-0.5)), ["accuracy"])
    (row,) = agreement(table).to_dict("records")
    assert (row["bias"], row["slope"]) == (pytest.approx(-0.5, abs=0.04), pytest.approx(1, abs=0.15))


def test_predictions_are_of_other_generations():
    """What children of one stretch of generations are like does not enter what is predicted of them."""
    run = bred(0.4 * np.eye(2), np.eye(2), [1, 0], generations=13, size=50)
    before = responses(demes(run), ["accuracy"])
    births = run.births.copy()
    births.loc[births["generation"] == 12, "accuracy"] *= 3
    run.births["accuracy"] = births["accuracy"]
    after = responses(demes(planted_again(run)), ["accuracy"])
    assert before["predicted"].iloc[-1] == after["predicted"].iloc[-1]
    assert before["realised"].iloc[-1] != after["realised"].iloc[-1]
    assert before["predicted"].iloc[0] != after["predicted"].iloc[0]


def planted_again(run: Run) -> Run:
    """A run with the same births, of which nothing has been computed."""
    births = run.births
    size = int((births["generation"] == 0).sum())
    slots = births["ancestor_id"].to_numpy().reshape(-1, size)[1:] & (2**20 - 1)
    return planted(slots, {"accuracy": births["accuracy"].to_numpy().reshape(-1, size)})


def test_correlated_responses_are_g_times_beta():
    """Selection is on the first trait alone; the second responds by its genetic covariance, of other sign than P's."""
    phenotypic = np.array([[1.0, 0.2], [0.2, 1.0]])
    genetic = np.array([[0.5, -0.2], [-0.2, 0.5]])
    record = demes(bred(genetic @ np.linalg.inv(phenotypic), phenotypic, [1, 0], generations=80))
    table = multivariate(record, TWO)
    first, second = (table[table["trait"] == trait].reset_index() for trait in TWO)
    assert first["gradient"].mean() > 0.5
    assert second["gradient"].mean() == pytest.approx(0, abs=0.05)
    assert second["differential"].mean() > 0.1
    assert second["realised"].mean() < -0.05
    for row in agreement(table).to_dict("records"):
        assert row["slope"] == pytest.approx(1, abs=0.2), row
        assert row["predicted"] == pytest.approx(row["realised"], abs=0.06), row
    assert responses(record, TWO).groupby("trait")["predicted"].mean()[TWO[1]] > 0.1


def test_what_is_inherited_across_traits_is_not_symmetric():
    """The first trait of parents makes the second of their children, and not the other way round."""
    record = demes(bred([[0.2, 0.0], [0.6, 0.2]], np.eye(2), [1, 0]))
    rows = [agreement(multivariate(record, TWO, symmetric=symmetric)).iloc[1] for symmetric in (True, False)]
    assert rows[0]["bias"] > 0.1
    assert rows[1]["bias"] == pytest.approx(0, abs=0.04)
    assert rows[1]["slope"] == pytest.approx(1, abs=0.15)


def test_of_one_trait_both_equations_are_one():
    record = demes(bred(0.4 * np.eye(2), np.eye(2), [1, 0], generations=20))
    one, other = responses(record, ["accuracy"]), multivariate(record, ["accuracy"])
    ratio = one["predicted"] / other["predicted"]
    assert ratio.to_numpy() == pytest.approx(ratio[0])
    assert ratio[0] == pytest.approx((one["realised"] / other["realised"])[0])


def test_gradients_are_the_regression_of_relative_fitness():
    run = bred(0.4 * np.eye(2), [[1, 0.5], [0.5, 1]], [1, 0.5], generations=6, size=200)
    table = multivariate(demes(run), TWO, first=1)
    among = run.births[run.births["generation"] == 3]
    fitness = among["n_offspring"] / among["n_offspring"].mean()
    design = np.column_stack([np.ones(200), among[list(TWO)].to_numpy(np.float64)])
    by_hand = np.linalg.lstsq(design, fitness, rcond=None)[0][1:]
    of_all = run.births[run.births["generation"].between(1, 4)]
    scale = np.sqrt(
        np.mean(
            [group.to_numpy(np.float64).var(axis=0) for _, group in of_all.groupby("generation")[list(TWO)]], axis=0
        )
    )
    assert table.loc[table["generation"] == 3, "gradient"].to_numpy() == pytest.approx(by_hand * scale, rel=1e-5)


def test_collinear_traits_share_a_gradient():
    run = bred(0.4 * np.eye(2), np.eye(2), [1, 0], generations=12)
    run.births["newborn_accuracy"] = run.births["accuracy"]
    table = multivariate(demes(run), TWO, first=1)
    first, second = (table.loc[table["trait"] == trait, "gradient"].to_numpy() for trait in TWO)
    assert first == pytest.approx(second)
    assert (first > 0.3).all()
    assert table["predicted"].notna().all()


@pytest.mark.parametrize("world", [{}, {"deaths": 0.3}, {"swaps": 5}, {"crossover": 0.6}, {"survivors": 6}])
def test_responses_agree_with_the_price_equation(world):
    """Selection, sampling and viability of all demes add up to S, and with transmission to R."""
    record = demes(breed(8, 2, 30, **world))
    table = responses(record, ["accuracy"], first=1).set_index("generation")
    split = price(record, ["accuracy"]).query("generation >= 1")
    raised = record.living[record.children]
    lived = np.bincount(record.home[record.tree.parent[record.children]][raised], minlength=record.count)
    weight = lived[split["generation"].to_numpy() * 2 + split["island"].to_numpy()]
    parts = {
        "differential": split[["selection", "sampling", "viability"]].sum(axis=1),
        "realised": split[["selection", "sampling", "viability", "transmission"]].sum(axis=1),
    }
    for name, values in parts.items():
        by_hand = (values * weight).groupby(split["generation"]).sum() / (values * 0 + weight).groupby(
            split["generation"]
        ).sum()
        assert table[name].to_numpy() == pytest.approx(by_hand.to_numpy(), abs=1e-9), name


def test_short_records():
    record = demes(breed(3, 1, 10))
    assert responses(record, ["accuracy"], first=1)["predicted"].isna().all()
    assert multivariate(record, ["accuracy"], first=1)["predicted"].isna().all()
    assert agreement(responses(record, ["accuracy"], first=1))["slope"].isna().all()
    with pytest.raises(UserError, match="longer run"):
        responses(record, ["accuracy"])
