"""A ρ above 1 is worse than printing zeros, and figures and pages say so."""

from pathlib import Path

import numpy as np
from matplotlib.text import Text

from analysis.data.run import Run
from analysis.figures import scales
from analysis.figures.descent import descent
from analysis.figures.trajectories import traits
from analysis.report import of_run as run_page
from analysis.report import of_sweep as sweep_page
from analysis.report.page import render
from analysis.studies import treatments
from tests.support.synthetic import generation_table, synthetic_run, write_run


def useless(**world: object) -> Run:
    """A run in which nobody prints anything from generation 4 on."""
    run = synthetic_run(8, 2, 6, **world)
    late = run.births["generation"] >= 4
    for trait in ("replication_error", "copying_error"):
        run.births.loc[late, trait] *= np.float32(1e10)
    run.generations[:] = generation_table(run.births)
    return run


def test_figures_draw_the_line_where_values_reach_it() -> None:
    for draw in (lambda run: traits(run, names=["replication_error"]), descent):
        words = {text.get_text().replace("\n", " ") for text in draw(useless()).findobj(Text)}
        assert scales.ZEROS in words
    sound = synthetic_run(8, 2, 6)
    sound.births["replication_error"] = sound.births["replication_error"].clip(upper=0.9)
    assert scales.ZEROS not in {text.get_text() for text in traits(sound, names=["replication_error"]).findobj(Text)}


def test_the_page_of_a_run_says_it_and_leaves_founders_out() -> None:
    said = render(run_page.page(useless(), [], []))
    assert "Worse than printing zeros: the median ρ is above 1 in 4 of 7 generations after the founders" in said
    assert scales.ZEROS in said
    assert "Worse than printing zeros" not in render(run_page.page(synthetic_run(8, 2, 6), [], []))


def test_the_page_of_a_sweep_names_the_treatments(tmp_path: Path) -> None:
    for seed in range(2):
        write_run(tmp_path / f"bad/{seed}", useless(seed=seed, accuracy_weight=1.0))
        write_run(tmp_path / f"good/{seed}", synthetic_run(8, 2, 6, seed=seed, accuracy_weight=0.0))
    said = render(sweep_page.page(treatments.load(tmp_path), [], [], tmp_path))
    assert "ρ above 1 is worse than printing zeros: nothing replicates in w=1." in said
