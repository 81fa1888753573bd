"""Figures of lineage: layouts without crossings, clades that add up, and sense at the edges of what a run can be."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from matplotlib.figure import Figure
from matplotlib.text import Text

from alife.errors import UserError
from analysis.data.validation import NOBODY
from analysis.figures import phylogeny as drawn
from analysis.figures import saving
from analysis.figures.canvas import figure_of
from analysis.figures.descent import descent, running_median
from analysis.figures.gene_flow import ancestry_cube, geneflow
from analysis.figures.muller import REST, find_clades, muller
from analysis.figures.registry import PLOTS
from analysis.lineage.layout import arrange
from analysis.lineage.phylogeny import ancestors, dominant, line_of_descent, of_run, phylogeny
from tests.support.genealogies import histories, record
from tests.support.synthetic import synthetic_run

NAMES = ("phylogeny", "phylogeny_rho", "muller", "descent", "geneflow")
EDGES = {
    "usual": {},
    "two generations": {"generations": 2},
    "an island died": {"dead_islands": {1: 4}},
    "all died": {"dead_islands": dict.fromkeys(range(4), 5)},
    "drift": {"scheme": "drift"},
    "no task": {"has_task": False},
    "many islands": {"islands": 11, "size": 4},
    "one a generation": {"islands": 2, "size": 1, "death_rate": 0.0},
    "heritable": {"heritable": ("mutation",)},
}


def said(figure: Figure) -> str:
    """All text in a figure."""
    return " ".join(" ".join(text.get_text() for text in figure.findobj(Text)).split())


@given(histories())
def test_layouts_do_not_cross(births):
    tree = phylogeny(births)
    layout = arrange(tree)
    tips = layout.y[layout.tips]
    np.testing.assert_allclose(tips, np.arange(len(tree.rows())) + 0.5)
    assert (layout.y >= 0).all()
    assert (layout.y <= layout.height).all()
    for older, younger in pairwise(tree.generations):
        rows = tree.rows(younger)[np.argsort(layout.y[tree.rows(younger)])]
        above = layout.y[tree.parent[rows]]
        assert (np.diff(above) >= 0).all()
        assert len(np.unique(layout.y[tree.rows(older)])) == len(tree.rows(older))


@given(histories())
def test_every_birth_is_a_branch_or_extinct(births):
    tree = phylogeny(births)
    layout = arrange(tree)
    surviving = ancestors(tree, tree.rows())
    assert layout.lineages.tolist() == [int(surviving[tree.rows(g)].sum()) for g in tree.generations]
    born = tree.parent != NOBODY
    assert len(layout.extinct) == (~surviving & born).sum()
    assert sorted(layout.coloured_by.tolist()) == np.flatnonzero(surviving & born).tolist()
    lengths = layout.branches[:, 1, 0] - layout.branches[:, 0, 0]
    assert lengths.sum() == (surviving & born).sum()
    assert (layout.branches[:, 0, 1] == layout.branches[:, 1, 1]).all()


def test_large_trees_are_thinned_by_the_rules_they_state():
    tree = of_run(synthetic_run(generations=60, islands=4, size=100))
    layout = arrange(tree, max_tips=100, max_pieces=300, max_extinct=500)
    assert layout.every_tip == 4
    assert len(layout.tips) == 100
    assert layout.every_colour > 1
    assert layout.branches[:, 1, 0].max() == 59
    assert 0 < len(layout.extinct) <= 500
    more = arrange(tree, max_extinct=3000)
    assert layout.shortest_extinct > more.shortest_extinct > 1
    assert len(more.extinct) > 500
    length = (layout.branches[:, 1, 0] - layout.branches[:, 0, 0]).sum()
    fine = arrange(tree, max_tips=100)
    assert length == (fine.branches[:, 1, 0] - fine.branches[:, 0, 0]).sum()


def test_side_branches_are_kept_whole_by_how_long_they_lasted():
    births = record([[0, 0, 0], [0, 1, 1, 2], [0, 1, 1], [0, 0, 1]])
    # extinct: slot 2 of generation 1, whose child dies in generation 2 (lasted 2), 1-2-3 by slots (1, 2, 2), …
    tree = phylogeny(births)
    whole = arrange(tree)
    for limit in range(len(whole.extinct) + 1):
        layout = arrange(tree, max_extinct=limit)
        assert len(layout.extinct) <= limit
        assert {tuple(map(tuple, line)) for line in layout.extinct} <= {
            tuple(map(tuple, line)) for line in whole.extinct
        }


def test_the_registry_offers_the_figures_of_lineage():
    assert set(NAMES) <= PLOTS.keys()


@pytest.mark.parametrize("edge", EDGES)
def test_figures_make_sense_at_the_edges(edge):
    run = synthetic_run(**{"generations": 9, "islands": 4, "size": 6, **EDGES[edge]})
    for name in NAMES:
        figure = PLOTS[name].draw(run)
        text = said(figure)
        assert "synthetic: " in text
        assert "generation" in text
        assert "mutation rate" not in text


def test_a_fork_is_drawn_from_its_own_first_generation():
    run = synthetic_run(generations=14, islands=2, size=6)
    part = {"name": "births/a.parquet", "first": 9, "last": 13}
    manifest = {**run.manifest, "parts": {**run.manifest["parts"], "births": [part]}}
    fork = replace(run, births=run.births[run.births["generation"] >= 9], manifest=manifest)
    texts = {name: said(PLOTS[name].draw(fork)) for name in NAMES}
    assert "60 born" in texts["phylogeny"]
    assert "born in generation 9 have living descendants" in texts["phylogeny"]
    assert "its ancestor of generation 9" in texts["descent"]


def test_one_generation_is_dots_or_one_clear_line():
    run = synthetic_run(generations=1)
    text = said(drawn.phylogeny(run))
    assert "96 living in generation 0, 96 born" in text
    assert "extinct" not in text
    assert "its founder" in said(descent(run))
    with pytest.raises(UserError, match="one generation on record: a Muller plot needs two or more"):
        muller(run)
    with pytest.raises(UserError, match="one generation: nothing flows"):
        geneflow(run)
    with pytest.raises(UserError, match="one island: nothing flows"):
        geneflow(synthetic_run(islands=1))


def test_nobody_ever_survived():
    run = synthetic_run(generations=5, dead_islands=dict.fromkeys(range(4), 0))
    assert "96 born" in said(drawn.phylogeny(run))
    with pytest.raises(UserError, match="there is no dominant"):
        descent(run)


def test_a_damaged_run_gives_no_figure():
    run = synthetic_run(generations=6)
    run.births.loc[300, "ancestor_id"] = run.births["id"][0]
    for name in NAMES:
        with pytest.raises(UserError, match=r"synthetic: id \d+"):
            PLOTS[name].draw(run)


def test_the_phylogeny_says_where_its_common_ancestor_is():
    run = synthetic_run(generations=60, islands=1, size=8)
    assert "MRCA, generation" in said(drawn.phylogeny(run))
    young = synthetic_run(generations=3)
    assert "founders have living descendants: no MRCA" in said(drawn.phylogeny(young))


def test_the_phylogeny_is_coloured_by_the_trait_that_is_asked():
    run = synthetic_run(generations=6, heritable=("mutation",))
    assert "log₁₀ replication error ρ" in said(drawn.phylogeny(run, trait="replication_error"))
    assert "mutation σ (relative to the genome's RMS)" in said(drawn.phylogeny(run, trait="mutation"))
    with pytest.raises(UserError, match="trait beauty: not on record; choose among"):
        drawn.phylogeny(run, trait="beauty")


@pytest.mark.parametrize(("has_task", "label"), [(True, "selection accuracy"), (False, "log₁₀ replication error ρ")])
def test_without_a_task_lineages_are_coloured_by_copying(has_task, label):
    run = synthetic_run(generations=6, has_task=has_task)
    assert drawn.phylogeny(run).axes[-1].get_ylabel() == label
    assert figure_of(muller(run)).axes[-1].get_ylabel() == f"mean of {label}"
    assert ("accuracy" in said(descent(run))) == has_task


def test_recent_branching_is_drawn_larger():
    run = synthetic_run(generations=400, islands=1, size=12)
    assert "time is stretched from generation" in said(drawn.phylogeny(run))
    assert "stretched" not in said(drawn.phylogeny(synthetic_run(generations=12)))


def test_the_same_run_gives_the_same_file(tmp_path):
    run = synthetic_run(generations=8)
    for name in ("phylogeny", "muller", "geneflow"):
        one, other = (
            saving.save(PLOTS[name].draw(run), tmp_path / folder, name, ("svg",))[0].read_bytes() for folder in "ab"
        )
        assert one == other


@given(histories(min_generations=2))
def test_clades_hold_everybody_once(births):
    tree = phylogeny(births)
    clades = find_clades(tree, threshold=0.3)
    assert sorted(clades.rows.tolist()) == list(range(len(tree)))
    for clade, (founder, parent) in enumerate(zip(clades.founders, clades.parents, strict=True), start=1):
        assert parent < clade
        inside = ancestors_of(tree, founder)
        members = clades.rows[clades.members == clade]
        assert founder in members
        assert np.isin(members, inside).all()
        sizes = [np.isin(tree.rows(g), inside).mean() for g in tree.generations]
        assert max(sizes) >= 0.3 - 1e-9
        if parent != REST:
            assert founder in ancestors_of(tree, clades.founders[parent - 1])


def ancestors_of(tree, founder):
    """Rows of the founder and its descendants."""
    inside = np.zeros(len(tree), bool)
    inside[founder] = True
    for row in range(founder + 1, len(tree)):
        inside[row] = tree.parent[row] != NOBODY and inside[tree.parent[row]]
    return np.flatnonzero(inside)


def test_clades_worked_out_by_hand():
    # half of each generation: both children of the founder, then both of the first one's, who displace the second's
    clades = find_clades(phylogeny(record([[0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])), threshold=0.5)
    assert clades.founders.tolist() == [0, 1, 2, 3, 4]
    assert clades.parents.tolist() == [REST, 1, 1, 2, 2]
    assert clades.members.tolist() == [1, 2, 3, 4, 5, 3, 3, 4, 4, 5, 5]


def test_the_muller_plot_states_its_threshold():
    run = synthetic_run(generations=20)
    text = said(figure_of(muller(run)))
    clades = find_clades(of_run(run))
    assert f"{len(clades.founders)} clades that reached {clades.threshold:.0%} of the living" in text
    assert "counted in 150 of 200 generations" in said(
        figure_of(muller(synthetic_run(generations=200, islands=1, size=5)))
    )


def test_many_small_clades_are_one_clear_line():
    with pytest.raises(UserError, match="no clade has reached 2% of the living"):
        muller(synthetic_run(generations=2, islands=2, size=200))


def test_what_is_too_much_to_draw_is_said_to_be_left_out():
    text = said(drawn.phylogeny(synthetic_run(generations=2, islands=2, size=12_000)))
    assert "one tip in 12 drawn" in text
    assert "extinct lineages left out: too many to draw" in text


def test_the_line_of_descent_is_drawn_as_recorded():
    run = synthetic_run(generations=12)
    line = line_of_descent(of_run(run), dominant(of_run(run)))
    figure = descent(run)
    (drawn,) = (each for each in figure.axes[0].lines if each.get_label() == "the line of descent")
    np.testing.assert_array_equal(drawn.get_xdata(), line["generation"])
    np.testing.assert_allclose(drawn.get_ydata(), line["accuracy"], rtol=1e-6)
    assert f"id {line['id'].iloc[-1]}" in said(figure)
    assert "noise floor ρ = σ²" in said(figure)
    other = int(run.births["id"].iloc[100])
    assert f"individual born in generation 1: island 0, id {other}" in said(descent(run, individual=other))


def test_long_lines_are_smoothed_and_say_so():
    assert "running median of" in said(descent(synthetic_run(generations=150, islands=1, size=4)))
    np.testing.assert_array_equal(running_median(np.array([5, 1, 9, 2, 2]), 3), [3, 5, 2, 2, 2])


def test_gene_flow_adds_up():
    run = synthetic_run(generations=30, islands=3, size=8, dead_islands={2: 12})
    tree = of_run(run)
    cube = ancestry_cube(tree, 3, 25)
    assert cube.shape == (30, 3, 3)
    np.testing.assert_allclose(np.nansum(cube[:13], axis=2), 1)
    assert np.isnan(cube[13:, 2]).all()
    assert (cube[:5] == np.eye(3)).all()
    text = said(geneflow(run))
    assert f"(n = {len(run.migrations):,})" in text
    assert "25 generations before" in text
