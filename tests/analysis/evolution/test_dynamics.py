"""Evolution measured on records where its forces were planted, and against definitions spelled out deme by deme."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from alife.evolution.schemes import SCHEMES
from analysis.data.run import Run, load_run
from analysis.data.treatments import group
from analysis.data.validation import survived
from analysis.evolution import dynamics
from analysis.evolution.dynamics import effective_size
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import Demes, demes
from analysis.evolution.metapopulation import by_generation, summary
from analysis.evolution.price import COMPONENTS, price
from analysis.figures import forces
from analysis.lineage.metrics import metrics_through_time
from analysis.studies.trends import trends
from benchmarks import analysis
from populations import evolve
from tests.support.bred import breed, run_of, unexplained
from tests.support.synthetic import synthetic_run


def of(run: Run, trait: str = "accuracy", first: int = 1) -> pd.DataFrame:
    """The summary of one trait's components, by component."""
    table = summary(demes(run), [trait], first)
    return table.set_index("component")


def midparent(z: pd.Series, children: pd.DataFrame) -> np.ndarray:
    """Of each child the mean of a value, by id, over its parents."""
    first = z.loc[children["ancestor_id"]].to_numpy()
    if schema.SECOND not in children:
        return first
    second = z.reindex(children[schema.SECOND]).to_numpy()
    return np.where(np.isnan(second), first, (first + second) / 2)


def by_definition(record: Demes, trait: str) -> pd.DataFrame:
    """The Price components of each deme, one deme after the other, as the definitions say."""
    births = record.tree.births.assign(expected=record.expected, living=record.living)
    z = births[trait].astype(float)
    if trait in schema.ERRORS:
        z = -np.log10(z)
    births["z"] = np.log10(z) if trait == "squared_norm" else z
    by_id = births.set_index("id")
    rows = []
    for (generation, island), here in births.groupby(["generation", "island"]):
        next_lives = births[births["ancestor_id"].isin(here["id"]) & (births["generation"] == generation + 1)]
        children = next_lives[~survived(next_lives)]
        after = births[(births["generation"] == generation + 1) & (births["island"] == island) & births["living"]]
        lived = children[children["living"]]
        if lived.empty or after.empty:
            continue
        parents = midparent(by_id["z"], children).mean()
        raised = midparent(by_id["z"], lived).mean()
        alive = here[here["living"]]
        expected = (alive["expected"] * alive["z"]).sum() / len(children)
        settled = next_lives[next_lives["living"]]["z"].mean()
        rows.append(
            {
                "generation": generation,
                "island": island,
                "selection": expected - alive["z"].mean(),
                "sampling": parents - expected,
                "viability": raised - parents,
                "transmission": lived["z"].mean() - raised,
                "survival": settled - lived["z"].mean(),
                "migration": after["z"].mean() - settled,
                "change": after["z"].mean() - alive["z"].mean(),
            }
        )
    return pd.DataFrame(rows)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    islands=st.integers(1, 3),
    size=st.integers(1, 9),
    scheme=st.sampled_from(sorted(SCHEMES)),
    deaths=st.sampled_from([0.0, 0.3]),
    swaps=st.integers(0, 1),
    survivors=st.integers(0, 3),
    crossover=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_the_price_equation_closes_in_every_deme_and_says_what_it_defines(
    seed, islands, size, scheme, deaths, swaps, survivors, crossover
):
    world = {"scheme": scheme, "deaths": deaths, "swaps": swaps, "survivors": min(survivors, size - 1)}
    world["crossover"] = crossover
    run = breed(4, islands, size, **world, offset=0.05, seed=seed)
    record = demes(run)
    split = price(record)
    assert ("survival" in split) == (world["survivors"] > 0)
    gap = unexplained(split)
    assert gap.abs().max() < 1e-9
    for trait in ("accuracy", "replication_error", "squared_norm"):
        ours = split[split["trait"] == trait].sort_values(["generation", "island"])
        theirs = by_definition(record, trait)
        for name in split.columns.intersection(list(COMPONENTS)):
            np.testing.assert_allclose(ours[name], theirs[name], atol=1e-9)


def test_siblings_of_two_parents_share_one_with_half_a_chance_for_each():
    ids = [schema.pack_id(0, 0, slot) for slot in range(3)]
    rows = [(i, i, -1, 0) for i in ids]
    rows += [(schema.pack_id(0, 1, slot), ids[0], ids[1], 1) for slot in range(2)]
    births = pd.DataFrame(rows, columns=["id", "ancestor_id", schema.SECOND, "generation"])
    run = run_of(births.assign(island=0, cause_of_death="generation_end"), scheme="drift")
    size = effective_size(demes(run)).iloc[0]
    assert (size["children"], size["parents"], size["coalescence"], size["effective"]) == (2, 2, 0.5, 2)
    alone = births.assign(**{schema.SECOND: -1}, island=0, cause_of_death="generation_end")
    assert effective_size(demes(run_of(alone, scheme="drift")))["coalescence"].iloc[0] == 1
    metrics = metrics_through_time(demes(run).tree, [0], by_island=False)
    assert metrics["effective_size_offspring"].iloc[0] == 2


def test_children_of_two_regress_on_the_mean_of_both():
    run = breed(12, 1, 60, heredity=0.8, noise=0.05, crossover=1.0)
    slope = heritability(demes(run), ["accuracy"], first=1).iloc[0]
    assert slope["slope"] == pytest.approx(0.8, abs=0.1)
    one = heritability(demes(breed(12, 1, 60, heredity=0.8, noise=0.05)), ["accuracy"], first=1).iloc[0]
    assert one["slope"] == pytest.approx(0.8, abs=0.1)


def test_price_by_hand():
    """Two islands of four; truncation keeps the best two; the best has three of four children; one newborn moves."""
    z = {0: [0.1, 0.2, 0.3, 0.4], 1: [0.6, 0.6, 0.6, 0.6]}
    parents = {0: [3, 3, 3, 2], 1: [0, 1, 2, 3]}
    gain = {0: 0.05, 1: 0.0}
    rows = []
    for island, values in z.items():
        ids = [schema.pack_id(island, 0, slot) for slot in range(4)]
        rows += [(i, i, island, 0, v) for i, v in zip(ids, values, strict=True)]
        for slot, parent in enumerate(parents[island]):
            lives = island if slot else 1 - island
            value = values[parent] + gain[island]
            rows.append((schema.pack_id(island, 1, slot), ids[parent], lives, 1, value))
    births = pd.DataFrame(rows, columns=["id", "ancestor_id", "island", "generation", "accuracy"])
    run = run_of(births.assign(cause_of_death="generation_end"), scheme="truncation", accuracy_weight=1.0)
    split = price(demes(run), ["accuracy"])
    here = split[split["island"] == 0].iloc[0]
    expected = {"selection": 0.1, "sampling": 0.025, "viability": 0, "transmission": 0.05}
    for name, value in expected.items():
        assert here[name] == pytest.approx(value, abs=1e-7), name
    assert here["migration"] == pytest.approx((0.6 - 0.45) / 4, abs=1e-7)
    assert (here["born"], here["dead"], here["children"]) == (4, 0, 4)
    assert here["after"] == pytest.approx((0.45 + 0.45 + 0.35 + 0.6) / 4, abs=1e-7)


def test_planted_selection_and_transmission_bias_are_recovered():
    run = breed(60, 2, 100, bias=-0.01)
    sd = dynamics.differentials(demes(run), ["accuracy"]).query("generation >= 1")["sd"].mean()
    found = of(run)
    assert found.loc["selection", "per_generation"] == pytest.approx(0.846 * sd, rel=0.05)  # E of the best of 3 normals
    assert found.loc["transmission", "low"] < -0.01 < found.loc["transmission", "high"]
    assert found.loc["transmission", "high"] < 0
    assert found.loc["sampling", "low"] < 0 < found.loc["sampling", "high"]
    assert found.loc["selection", "low"] > 0


def test_planted_sampling_is_recovered_and_is_not_taken_for_selection():
    plain, skewed = (breed(60, 1, 100, favourite=share, heredity=0.0) for share in (0.0, 0.3))
    for run, share in ((plain, 0.0), (skewed, 0.3)):
        split = price(demes(run), ["accuracy"]).query("generation >= 1")
        favourites = run.births[run.births["id"] & (schema.MAX_SIZE - 1) == 0].set_index("generation")
        z = favourites["accuracy"].reindex(split["generation"]).to_numpy()
        planted = share * (z - (split["before"] + split["selection"]))
        error = (split["sampling"] - planted).to_numpy()
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error))
        assert not share or np.corrcoef(planted, split["sampling"])[0, 1] > 0.8
        assert of(run).loc["selection", "per_generation"] == pytest.approx(0.846 * 0.02, rel=0.1)


def test_planted_migration_is_recovered_island_by_island():
    run = breed(40, 2, 50, offset=0.2, heredity=0.0, swaps=10)
    split = price(demes(run), ["accuracy"]).query("generation >= 1")
    for island, sign in ((0, 1), (1, -1)):
        among = split[split["island"] == island]["migration"]
        assert among.mean() == pytest.approx(sign * 0.2 * 10 / 50, rel=0.05)
    assert by_generation(demes(run), ["accuracy"])["migration"].abs().max() == 0


def test_early_death_is_kept_apart_from_selection_and_inheritance():
    run = breed(40, 2, 50, deaths=0.1, bias=-0.01)
    found, without = of(run), of(breed(40, 2, 50, bias=-0.01))
    assert found.loc["transmission", "per_generation"] == pytest.approx(-0.01, abs=0.002)
    assert found.loc["viability", "low"] <= 0 <= found.loc["viability", "high"]  # who dies is drawn whatever its traits
    assert found.loc["viability", "rms"] > 0
    assert (without.loc["viability"].drop(["trait", "generations", "effective_generations"]) == 0).all()
    for name in ("selection", "change"):
        assert found.loc[name, "per_generation"] == pytest.approx(without.loc[name, "per_generation"], abs=0.002)
    split = price(demes(run), ["accuracy"])
    assert split["dead"].sum() == (run.births["cause_of_death"] == "diverged")[run.births["generation"] < 39].sum()


@pytest.mark.parametrize("scheme", ["shuffled", "drift"])
def test_a_control_has_sampling_but_no_selection(scheme):
    control, selected = (breed(60, 2, 40, scheme=s, deaths=0.05) for s in (scheme, "tournament"))
    found = of(control)
    assert found.loc["selection", "low"] <= 0 <= found.loc["selection", "high"]
    assert found.loc["sampling", "low"] < 0 < found.loc["sampling", "high"]
    assert found.loc["sampling", "rms"] > 0.5 * of(selected).loc["sampling", "rms"] > 0
    for run, shows in ((control, False), (selected, True)):
        table = dynamics.differentials(demes(run), ["accuracy", "replication_error"])
        found = dynamics.mean_differentials(table).set_index("trait").loc["accuracy"]
        assert (found["low"] > 0) == shows
        assert (found["low"] <= 0 <= found["high"]) != shows
        assert (found["expected"] == 0) != shows


@pytest.mark.parametrize(("scheme", "selects"), [("shuffled", False), ("tournament", True)])
def test_in_runs_that_were_lived_shuffled_has_sampling_and_no_selection(small, tmp_path, scheme, selects):
    """Networks, not planted numbers: selection's interval over generations covers 0 only under the control."""
    more = {"generations": 40, "population": {"islands": 2, "size": 12}, "life": {**small["life"], "steps": 12}}
    config = {**small, **more, "selection": {"scheme": scheme, "accuracy_weight": 1.0}}
    evolve(config, str(tmp_path / "run"), backend="local")
    record = demes(load_run(tmp_path / "run"))
    found = dynamics.mean_differentials(dynamics.differentials(record, ["accuracy"])).iloc[0]
    assert (found["low"] > 0) == selects
    assert (found["low"] <= 0 <= found["high"]) != selects
    parts = summary(record, ["accuracy"]).set_index("component")
    assert (parts.loc["selection", "low"] > 0) == selects
    assert parts.loc["selection", "low"] <= parts.loc["selection", "per_generation"] <= parts.loc["selection", "high"]
    assert parts.loc["sampling", "low"] <= 0 <= parts.loc["sampling", "high"]
    assert parts.loc["sampling", "rms"] > 0.001


def test_realised_selection_follows_the_schemes_expectation():
    table = dynamics.differentials(demes(breed(60, 2, 40)), ["accuracy"])
    gap = (table["realised"] - table["expected"]).to_numpy()
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(len(gap))
    assert table["expected"].mean() == pytest.approx(0.83, abs=0.03)


def test_differentials_are_those_on_record_where_nobody_dies_early():
    run = synthetic_run(6, 3, 12, death_rate=0.0)
    table = dynamics.differentials(demes(run)).merge(run.generations, on=["generation", "island"])
    for trait in schema.SCORES:
        rows = table[table["trait"] == trait]
        np.testing.assert_allclose(rows["realised"], rows[f"{trait}_differential"], atol=1e-5)


def test_effective_size_is_the_number_under_drift_and_less_under_selection():
    sizes = {}
    for scheme in ("drift", "shuffled", "tournament"):
        table = dynamics.effective_size(demes(breed(80, 1, 30, scheme=scheme)))
        sizes[scheme] = 1 / table["coalescence"].mean()
        assert sizes[scheme] == pytest.approx(1 / (1 / table["expected"]).mean(), rel=0.1)
    assert sizes["drift"] == pytest.approx(30, rel=0.1)
    assert sizes["shuffled"] == pytest.approx(sizes["tournament"], rel=0.1)
    assert sizes["tournament"] < 20


def test_effective_size_is_kimura_and_crows_and_the_genealogys():
    run = synthetic_run(4, 1, 12)
    table = dynamics.effective_size(demes(run)).set_index("generation")
    row = table.loc[2]
    mean = row["children"] / row["born"]
    formula = (row["born"] * mean - 1) / (mean - 1 + row["variance"] / mean)
    assert row["effective"] == pytest.approx(formula)
    metrics = metrics_through_time(demes(run).tree, generations=[2])
    assert row["effective"] == pytest.approx(metrics["effective_size_offspring"].iloc[0])


def test_one_parent_of_all_is_an_effective_size_of_one():
    run = breed(3, 1, 6, favourite=1.0)
    assert dynamics.effective_size(demes(run))["effective"].tolist()[:2] == [1, 1]


def test_heritability_is_within_demes():
    """Islands far apart and a strong trend: any regression that pools them has a slope near 1."""
    run = breed(40, 3, 60, scheme="drift", heredity=0.4, offset=0.3, bias=0.05)
    births = run.births.set_index("id")
    children = births[births["generation"] > 0]
    pooled = np.polyfit(births.loc[children["ancestor_id"], "accuracy"], children["accuracy"], 1)[0]
    found = heritability(demes(run), ["accuracy"]).iloc[0]
    assert pooled > 0.7
    assert found["low"] < 0.4 < found["high"]
    assert found["high"] - found["low"] < 0.1
    assert found["pairs"] == 36 * 180
    assert found["correlation"] == pytest.approx(0.4, abs=0.05)


def test_heritability_of_what_does_not_vary_is_undefined():
    assert np.isnan(heritability(demes(breed(4, 1, 6)), ["copying_error"])["slope"].iloc[0])


def test_rival_clades_against_counting_by_hand():
    run = synthetic_run(14, 2, 10, migrate_every=3)
    table = dynamics.interference(demes(run), back=4, threshold=0.2).set_index("generation")
    births = run.births.set_index("id")
    before: set[int] = set()
    for generation in range(4, 14):
        clade = births.index[births["generation"] == generation].to_numpy()
        for _ in range(4):
            clade = births.loc[clade, "ancestor_id"].to_numpy()
        names, counts = np.unique(clade, return_counts=True)
        share = counts / counts.sum()
        row = table.loc[generation]
        assert row["clades"] == (share >= 0.2).sum()
        assert row["effective"] == pytest.approx(1 / (share**2).sum())
        assert row["lead"] == pytest.approx(share.max())
        leads = set(names[share == share.max()])
        if before:
            assert row["turnover"] == (not {births.loc[name, "ancestor_id"] for name in leads} & before)
        before = leads
    assert np.isnan(table["turnover"].iloc[0])
    assert len(table) == 10


def test_trends_stand_beside_the_control_and_the_founders():
    runs = [
        synthetic_run(12, 2, 24, seed=seed, path=f"{scheme}{seed}", scheme=scheme, accuracy_weight=1.0)
        for scheme in ("tournament", "shuffled")
        for seed in range(4)
    ]
    groups = group(runs)
    keys = ["treatment", "trait", "quantity", "generation"]
    table = trends(groups, ["accuracy", "copying_error"]).set_index(keys).sort_index()
    own = table.loc["tournament", "accuracy"]
    first, last = own.loc["value", 0], own.loc["value", 11]
    assert own.loc[("from founders", 0), "value"] == 0
    assert own.loc[("from founders", 11), "value"] == pytest.approx(last["value"] - first["value"])
    assert first["value"] == pytest.approx(0.75, abs=0.01)
    assert own.loc[("beyond", 11), "low"] > 0
    assert last["low"] < last["value"] < last["high"]
    assert last["n"] == 4
    assert set(table.loc["shuffled", "accuracy"].index.get_level_values("quantity")) == {"value", "from founders"}
    assert table.loc[("tournament", "copying_error", "value", 11), "value"] > 1.5  # a fidelity: −log10
    assert "beyond" not in set(trends({"a": runs[:4]}, ["accuracy"])["quantity"])
    unpaired = trends({"a": runs[:2], "b": runs[6:]}, ["accuracy"], null="b")
    assert unpaired[unpaired["quantity"] == "beyond"]["value"].notna().any()
    with pytest.raises(UserError, match="c: no such treatment"):
        trends(groups, ["accuracy"], null="c")
    with pytest.raises(UserError, match="trait nothing: not on record"):
        trends(groups, ["nothing"])


def test_trends_take_few_points_and_end_with_the_shortest_run():
    runs = [synthetic_run(n, 1, 4, seed=n, path=str(n)) for n in (5, 30)]
    assert trends({"a": runs}, ["accuracy"])["generation"].max() == 4
    assert set(trends({"a": runs[1:]}, ["accuracy"], points=4)["generation"]) == {0, 10, 19, 29}


EDGES = {
    "one individual": {"generations": 4, "islands": 1, "size": 1},
    "drift": {"generations": 4, "islands": 2, "size": 5, "scheme": "drift"},
    "no task": {"generations": 4, "islands": 2, "size": 5, "has_task": False},
    "an island dies": {"generations": 5, "islands": 3, "size": 5, "dead_islands": {1: 2}},
    "heritable": {"generations": 4, "islands": 2, "size": 5, "heritable": ("mutation", "task_weight")},
}


@pytest.mark.parametrize("world", EDGES.values(), ids=EDGES.keys())
def test_odd_runs_have_sensible_numbers_and_figures(world):
    run = synthetic_run(**world)
    record = demes(run)
    split = price(record)
    assert unexplained(split).abs().max() < 1e-9
    assert np.isfinite(dynamics.differentials(record)[["realised", "expected"]]).all(axis=None)
    assert ("accuracy" in set(split["trait"])) == world.get("has_task", True)
    assert dynamics.interference(record, back=2)["clades"].min() >= 1
    heritability(record)
    dynamics.effective_size(record)
    for draw in (forces.selection, forces.price):
        assert draw(run).axes[0].has_data()


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (synthetic_run(0), "no committed generation yet"),
        (synthetic_run(1, 2, 4), "generation 1 or later"),
        (synthetic_run(5, 2, 4, dead_islands={0: 1, 1: 1}), "generation 1 or later"),
        (replace(synthetic_run(3, 1, 4), births=synthetic_run(0).births), "loaded without births"),
    ],
)
def test_runs_that_cannot_be_split_are_told_so_in_a_line(run, says):
    for draw in (forces.selection, forces.price):
        with pytest.raises(UserError, match=says):
            draw(run)


def test_a_run_of_one_generation_has_selection_but_no_change():
    record = demes(synthetic_run(1, 2, 6))
    assert len(dynamics.differentials(record)) == 2 * 6
    assert price(record).empty
    assert dynamics.interference(record).empty


def test_unknown_traits_are_named():
    record = demes(synthetic_run(2, 1, 4))
    for measure in (price, dynamics.differentials, heritability):
        with pytest.raises(UserError, match="trait mutation: not on record in synthetic: choose among accuracy"):
            measure(record, ["mutation"])


def test_a_fork_begins_where_its_record_does():
    run = synthetic_run(8, 2, 6)
    births = run.births[run.births["generation"] >= 3]
    parts = {kind: [] for kind in schema.PART_KINDS} | {"births": [{"name": "births/x", "first": 3, "last": 7}]}
    fork = replace(run, births=births, manifest=run.manifest | {"parts": parts})
    whole, late = (price(demes(r), ["accuracy"]) for r in (run, fork))
    pd.testing.assert_frame_equal(whole[whole["generation"] >= 3].reset_index(drop=True), late)


def test_figures_name_their_bands_with_their_n():
    runs = [synthetic_run(6, 2, 8, seed=s, path=str(s), scheme=c) for c in ("tournament", "shuffled") for s in range(3)]
    groups = group(runs)
    figure = forces.selection(groups)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == [f"{name}: mean of n = 3 runs\nbar: its 95 % interval" for name in ("tournament", "shuffled")]
    figure = forces.price(groups)
    assert "n = 3 runs, bands: 95 % intervals" in figure.legends[0].get_title().get_text()
    assert [ax.get_title("left") for ax in figure.axes[:2]] == ["tournament", "shuffled"]
    one = forces.selection(runs[0])
    assert any("n = 3 generations of this run" in text.get_text() for text in one.legends[0].get_texts())
    assert "each of 2 runs" in forces.selection(runs[:2]).legends[0].get_texts()[0].get_text()


def test_cumulated_components_end_at_the_whole_change():
    run = synthetic_run(8, 2, 10)
    lines = {line.get_label(): line for line in forces.price(run, traits=["accuracy"]).axes[0].get_lines()}
    change = run.births.groupby("generation")["accuracy"].mean()
    drawn = lines["change of the mean: all together"]
    assert drawn.get_xdata()[-1] == 7
    assert drawn.get_ydata()[-1] == pytest.approx(change[7] - change[3], abs=1e-6)


def test_the_bench_analyses_a_record_that_it_writes():
    figures = {line["name"]: line for line in analysis.bench(size=40, generations=30)}
    assert {line["births"] for line in figures.values()} == {1200}
    steps = [line["value"] for name, line in figures.items() if line["unit"] == "s" and name != "analysis_total"]
    assert figures["analysis_total"]["value"] == pytest.approx(sum(steps), abs=0.01)
    assert {"analysis_price", "analysis_hypervolume", "analysis_peak_memory"} <= figures.keys()
    assert 0.05 < figures["analysis_peak_memory"]["value"] < 2
