"""From one generation to the next: who survives, and that a survivor is the same to the bit, whatever a fork does."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alife import schema
from alife.configuration.keys import RunConfig, Selection, parse_config
from alife.errors import UserError
from alife.evolution.reproduction import Newborns, birth, founders
from alife.evolution.schemes import SCHEMES
from alife.evolution.selection import Choice, fitness, select
from alife.evolution.succession import following
from alife.format import checkpoints
from alife.organism.shape import Shape
from populations.engine import migration

SHAPE = Shape(hidden=4, coordinate_units=2, classes=3)
SIZE = 6


def config(**keys: Any) -> RunConfig:
    return parse_config({"population.size": SIZE, "population.islands": 2, "migration.every": 2, **keys})


def genomes(newborns: Newborns) -> dict[int, bytes]:
    return dict(zip(newborns.ids.tolist(), (row.tobytes() for row in birth(newborns, SHAPE)), strict=True))


def chosen(rules: Selection, accuracy: Any, rho: Any, living: Any, *key: int) -> Choice:
    columns = {"accuracy": np.asarray(accuracy, np.float32), "replication_error": np.asarray(rho, np.float32)}
    draw, size = np.random.default_rng(0), len(columns["accuracy"])
    offered = {"answers": draw.random((size, 3, 3)), "clades": draw.integers(0, 3, size)}
    return select(rules, columns, living, *key, offered=offered)


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 3),
        "selection.survivors": st.integers(0, 5),
        "reproduction.operator": st.sampled_from(["gaussian", "sparse", "per_matrix"]),
        "reproduction.mutation": st.sampled_from([0.0, 0.05, 0.5]),
        "reproduction.heritable": st.sampled_from([[], ["mutation"], ["mutation", "task_weight"]]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(worlds, st.integers(1, 4)), min_size=1, max_size=4), st.integers(0, 99))
def test_survivors_are_the_same_to_the_bit_through_forks_migration_and_checkpoints(
    eras: list[tuple[dict[str, Any], int]], key: int
) -> None:
    """Each element of `eras` is a fork that changes seed, operator and survivors, and lives some generations."""
    draw = np.random.default_rng(key)
    groups = {island: founders(config(), SHAPE.n_weights, island) for island in range(2)}
    generation, known = 0, {k: v for group in groups.values() for k, v in genomes(group).items()}
    for keys, lives in eras:
        rules = config(**keys)
        for _ in range(lives):
            generation += 1
            next_groups = {}
            for island, parents in groups.items():
                scores = draw.random((2, SIZE))
                choice = chosen(rules.selection, *scores, draw.random(SIZE) < 0.8, SIZE, rules.seed, generation, island)
                if not len(choice.parents):
                    choice = chosen(rules.selection, *scores, np.ones(SIZE, bool), SIZE, rules.seed, generation, island)
                emitted = draw.standard_normal((SIZE, SHAPE.n_weights), dtype=np.float32)
                born = following(rules, emitted, parents, choice, generation, island, SHAPE)
                kept = len(choice.survivors)
                assert kept <= rules.selection.survivors
                assert born.ids.tolist() == [schema.pack_id(island, generation, slot) for slot in range(SIZE)]
                assert born.ancestors.tolist() == parents.ids[[*choice.survivors, *choice.parents]].tolist()
                assert born.ages.tolist() == [*(parents.ages[choice.survivors] + 1).tolist(), *[0] * (SIZE - kept)]
                for name, values in born.traits.items():
                    assert values[:kept].tobytes() == parents.traits[name][choice.survivors].tobytes()
                next_groups[island] = born
            groups = migration.migrate(rules, next_groups, generation)
            _, groups, _ = checkpoints.decode(checkpoints.encode(generation, groups, {}), "here")
            for group in groups.values():
                assert (group.ages >= 0).all()
                assert (group.ages <= generation).all()
                for identity, ancestor, age in zip(group.ids, group.ancestors, group.ages, strict=True):
                    genome = genomes(group)[int(identity)]
                    assert genome == checkpoints.born(groups, int(identity), SHAPE.hidden).tobytes()  # type: ignore[union-attr]
                    if age:
                        assert genome == known[int(ancestor)]
            known = {k: v for group in groups.values() for k, v in genomes(group).items()}


def test_a_default_generation_is_what_was_conceived_and_its_checkpoint_says_nothing_of_survivors():
    rules = config()
    parents = founders(rules, SHAPE.n_weights, 0)
    choice = chosen(rules.selection, np.arange(6), np.full(6, 0.1), np.ones(6, bool), SIZE, 0, 0, 0)
    assert (len(choice.parents), len(choice.survivors)) == (SIZE, 0)
    born = following(rules, parents.messages, parents, choice, 1, 0, SHAPE)
    assert np.array_equal(born.origins, born.ids)
    data = checkpoints.encode(1, {0: born}, {})
    assert b"origins" not in data
    assert b'"past"' not in data


ACCURACY = np.array([0.5, 0.7, 0.1, 0.9, 0.3, 0.95])
RHO = np.array([0.01, 0.02, 0.5, 0.3, 0.004, 0.2])


@pytest.mark.parametrize("scheme", ["tournament", "truncation", "roulette"])
def test_the_fittest_by_the_mix_survive(scheme):
    for weight, best in ((1.0, [1, 3]), (0.0, [0, 4])):
        rules = Selection.model_validate({"scheme": scheme, "accuracy_weight": weight, "survivors": 2})
        living = np.arange(6) < 5  # the most accurate has died
        choice = chosen(rules, ACCURACY, RHO, living, 6, 0, 0, 0)
        assert choice.survivors.tolist() == best
        assert len(choice.parents) == 4


def test_under_nsga2_those_of_the_highest_chance_survive():
    accuracy, rho = np.array([0.1, 0.4, 0.5, 0.9, 0.05, 0.4]), np.exp(-np.array([0.9, 0.6, 0.5, 0.1, 0.05, 0.6]))
    rules = Selection.model_validate({"scheme": "nsga2", "survivors": 3})
    assert chosen(rules, accuracy, rho, np.ones(6, bool), 6, 0, 0, 0).survivors.tolist() == [0, 2, 3]


@pytest.mark.parametrize("control", [{"scheme": "drift"}, {"shuffled": True}, {"scheme": "nsga2", "shuffled": True}])
def test_in_a_control_survivors_are_drawn_at_random_among_the_living(control):
    rules, living = Selection.model_validate({**control, "survivors": 2}), np.arange(6) != 3
    drawn = [chosen(rules, ACCURACY, RHO, living, 6, 1, g, 0).survivors.tolist() for g in range(400)]
    counts = np.bincount(np.concatenate(drawn), minlength=6)
    assert counts[3] == 0
    assert abs(counts[living] - 160).max() < 45
    assert drawn == [chosen(rules, RHO, ACCURACY, living, 6, 1, g, 0).survivors.tolist() for g in range(400)]


def test_equals_are_drawn_and_the_draw_is_keyed():
    rules = Selection.model_validate({"survivors": 1})
    accuracy = np.array([0.5, 0.5, 0.1, 0.5])
    keys = [(seed, generation, island) for seed in range(3) for generation in range(10) for island in range(3)]
    drawn = [chosen(rules, accuracy, np.full(4, 0.1), np.ones(4, bool), 4, *key).survivors[0] for key in keys]
    assert set(drawn) == {0, 1, 3}
    assert drawn == [chosen(rules, accuracy, np.full(4, 0.1), np.ones(4, bool), 4, *key).survivors[0] for key in keys]


@settings(max_examples=60, deadline=None)
@given(
    accuracy=hnp.arrays(np.float32, 7, elements=st.sampled_from([0.0, 0.2, 0.4, 0.9])),
    rho=hnp.arrays(np.float32, 7, elements=st.sampled_from([0.01, 0.1, 1.0])),
    living=hnp.arrays(bool, 7),
    scheme=st.sampled_from(sorted(SCHEMES)),
    shuffled=st.booleans(),
    survivors=st.integers(0, 6),
)
def test_invariants(accuracy, rho, living, scheme, shuffled, survivors):
    rules = Selection.model_validate({"scheme": scheme, "shuffled": shuffled, "survivors": survivors})
    choice = chosen(rules, accuracy, rho, living, 7, 0, 0, 0)
    kept = choice.survivors
    assert len(kept) == min(survivors, living.sum())
    assert len(choice.parents) == (7 - len(kept) if living.any() else 0)
    assert living[kept].all()
    assert (np.diff(kept) > 0).all()
    if scheme in ("tournament", "truncation", "roulette") and not shuffled and living.any():
        mix = np.full(7, np.nan)
        mix[living] = fitness(accuracy[living], rho[living], 0.5, "tournament")
        left = np.setdiff1d(np.flatnonzero(living), kept)
        assert not len(kept) or not len(left) or mix[kept].min() >= mix[left].max() - 1e-9


def test_somebody_has_to_be_conceived():
    with pytest.raises(UserError, match=r"selection.survivors: 6: fewer than population.size = 6 are allowed"):
        config(**{"selection.survivors": 6})
    assert config(**{"selection.survivors": 5}).selection.survivors == 5
    with pytest.raises(UserError, match=r"selection.survivors: -1 is not allowed"):
        config(**{"selection.survivors": -1})
