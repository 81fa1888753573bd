"""The registry of traits: one table of names, and one rule for zeros and what is not finite."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alife
from alife import schema
from alife.configuration.keys import Selection
from alife.traits import MAIN, OF_A_TASK, SMALLEST, STORED, TOLD, TRAITS, measured, natural
from analysis.data.derived import derive
from analysis.data.run import Run
from analysis.evolution.dynamics import differentials
from analysis.evolution.fronts import hypervolume, points
from analysis.evolution.islands import demes
from analysis.figures import descent, forces, trajectories
from analysis.figures.phylogeny import scaled
from analysis.report import charts, individuals
from analysis.studies import treatments, trends, values
from tests.support.synthetic import generation_table, synthetic_run

ROOT = Path(alife.__file__).parents[1]
DECADES = -np.log10(SMALLEST)
ALLOWED = {
    "alife/traits.py": "the rule",
    "alife/evolution/fitness.py": "part of what is born",
    "alife/bench/costs.py": "slopes of times",
    "alife/seed_paper/contraction.py": "constants",
    "alife/seed_paper/fertility.py": "a geometric mean, 0 where nothing grows",
    "alife/seed_paper/habitat.py": "the paper's ln(N / L_SR)",
    "analysis/assays/complexity.py": "a likelihood",
    "analysis/assays/dfe.py": "a likelihood",
    "analysis/evolution/clades.py": "logits of shares",
    "analysis/evolution/fronts.py": "a constant",
    "analysis/evolution/modes.py": "bits of an entropy",
    "analysis/evolution/signal.py": "a likelihood",
    "analysis/figures/scales.py": "ticks",
    "analysis/numbers.py": "digits",
    "analysis/report/individuals.py": "digits",
    "analysis/statistics/centres.py": "a scale on which an interval is symmetric",
}


def test_logarithms_are_taken_in_one_place() -> None:
    log = re.compile(r"(?:np|math|torch)\.log(?:10|2|1p)?\(|\.log\(\)")
    found = {
        str(path.relative_to(ROOT))
        for package in ("alife", "analysis", "populations")
        for path in (ROOT / package).rglob("*.py")
        if log.search(path.read_text(encoding="utf-8"))
    }
    assert found <= ALLOWED.keys(), "take it from alife.traits"


def test_traits_are_named_in_one_table() -> None:
    """No other dictionary says what a trait is called."""
    tables = set()
    for package in ("alife", "analysis", "populations"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
                tables |= {
                    str(path.relative_to(ROOT))
                    for key, value in pairs
                    if isinstance(key, ast.Constant)
                    and key.value in ("copying_error", "self_error", "newborn_accuracy")
                    and (isinstance(value, ast.JoinedStr) or isinstance(getattr(value, "value", None), str))
                }
    assert not tables, "read alife.traits.TRAITS"


def test_the_registry_fits_the_schema() -> None:
    assert {name for name, trait in TRAITS.items() if trait.scale == "error"} == {*schema.ERRORS}
    assert set(STORED) == {*schema.SCORES, *schema.LIFE_HISTORY}
    assert {*MAIN, *TOLD} <= TRAITS.keys()
    assert all(trait.name == name and trait.meaning.isascii() for name, trait in TRAITS.items())
    assert all((trait.floor == SMALLEST) == trait.log for trait in TRAITS.values())
    assert all(TRAITS[name].direction < 0 for name in schema.ERRORS)


def test_labels() -> None:
    rho, norm = TRAITS["replication_error"], TRAITS["squared_norm"]
    assert (rho.label, rho.short, rho.measured_label) == ("replication error ρ", "ρ", "replication fidelity, −log₁₀ ρ")
    assert (norm.label, norm.short, norm.measured_label) == ("squared norm Σg²", "Σg²", "log₁₀ squared norm Σg²")
    assert TRAITS["copying_error"].measured_label == "copying fidelity, −log₁₀ error"
    assert TRAITS["early_deaths"].axis == "early deaths (share)"
    assert TRAITS["accuracy"].measured_label == TRAITS["accuracy"].short == "selection accuracy"


@given(st.floats(1e-12, 1e12), st.sampled_from([*TRAITS]))
def test_there_and_back(value: float, trait: str) -> None:
    assert float(natural(trait, measured(trait, value))) == pytest.approx(value)


@given(st.floats(width=32), st.sampled_from(["accuracy", *schema.ERRORS, "squared_norm", *schema.LIFE_HISTORY]))
def test_every_value_has_a_place_or_none(value: float, trait: str) -> None:
    place = float(measured(trait, value))
    if trait in OF_A_TASK:
        assert place == value or (np.isnan(place) and not np.isfinite(value))
    elif np.isfinite(value) and value >= 0:
        assert abs(place) == pytest.approx(abs(np.log10(max(value, SMALLEST))))
        assert (place > 0) == (value < 1 if trait in schema.ERRORS else value > 1)
    else:
        assert np.isnan(place)


def exact(run: Run) -> Run:
    """The run with the last generation's survivors printing exactly."""
    births = run.births[[*schema.BIRTHS]].copy()
    births.loc[births["generation"] == run.last, ["replication_error", "copying_error"]] = 0.0
    births = derive(births.astype(dict.fromkeys(schema.SCORES, "float32")), Selection())
    return replace(run, births=births, generations=generation_table(births))


def test_exact_printers_are_as_many_decades_away_everywhere() -> None:
    run = exact(synthetic_run(6, 2, 8, death_rate=0))
    assert values.value_of(run, "replication_error", None) == pytest.approx(-DECADES)
    assert treatments.medians(run)["replication_error"].iloc[-1] == pytest.approx(-DECADES)
    assert hypervolume(points(run.births[run.births["generation"] == 5])[:1]) == pytest.approx(
        DECADES * run.births.query("generation == 5")["accuracy"].iloc[0]
    )
    table = trends.trends({"a": [run]}, ["replication_error"]).query("quantity == 'value'")
    assert table["value"].iloc[-1] == pytest.approx(DECADES)
    assert scaled(run.births, "replication_error")[0][-1] == pytest.approx(-DECADES)
    rows = differentials(demes(run), ["replication_error"]).query("generation == 5")
    assert (rows["n"] == 8).all()  # nobody is left out, and nobody differs
    assert (rows["realised"] == 0).all()
    spec = charts.linked(run, individuals.shown(run))
    assert spec is not None
    assert min(row["replication_error"] for row in spec["datasets"]["births"]) == SMALLEST
    assert min(row["median"] for row in spec["datasets"]["traits"] if row["trait"] == "copying_error") == SMALLEST


def test_exact_printers_are_drawn() -> None:
    run = exact(synthetic_run(6, 2, 8, death_rate=0))
    figure = trajectories.traits(run, names=["replication_error"])
    assert min(np.nanmin(line.get_ydata()) for line in figure.axes[0].lines) == SMALLEST
    assert figure.axes[0].get_ylim()[0] < SMALLEST
    figure = descent.descent(run)
    panel = next(ax for ax in figure.axes if ax.get_ylabel() == "ρ, copying error")
    assert panel.get_ylim()[0] < SMALLEST
    assert forces.price(run, traits=["copying_error"]).axes[0].has_data()


A_NEW_MEASURE = """
import io, sys, types
import alife, importlib.util
from pathlib import Path

def edited(name, old, new):
    source = Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")
    assert old in source
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source.replace(old, new, 1), name, "exec"), module.__dict__)
    setattr(alife, name.rpartition(".")[2], module)

edited("alife.schema", '"squared_norm", "accuracy"', '"squared_norm", "sparsity", "accuracy"')
edited("alife.traits", '    Trait("squared_norm"',
       '    Trait("sparsity", "sparsity", "", "share", 0, "share of zeros"),\\n    Trait("squared_norm"')

import numpy as np
from analysis.figures import trajectories
from analysis.report import of_run, of_sweep, summary
from analysis.studies import treatments
from analysis.studies.comparison import compare
from tests.support import synthetic

known = synthetic._scores

def scores(*arguments):
    found, cause = known(*arguments)
    return {**found, "sparsity": np.full(cause.shape, 0.25)}, cause

synthetic._scores = scores
groups = {
    f"w={w}": [synthetic.synthetic_run(6, 2, 8, seed=s, path=f"{w}/{s}", accuracy_weight=w) for s in range(3)]
    for w in (0.0, 1.0)
}
run = groups["w=0.0"][0]
shown = io.StringIO()
summary.print_run(run, shown)
sweep = treatments.Sweep("s", groups, [], {}, True)
for place, said in {
    "show": shown.getvalue(),
    "compare": [row.trait for row in compare(groups).rows],
    "figure": [ax.get_ylabel() for ax in trajectories.traits(run).axes],
    "page of a run": repr(of_run.page(run, [], [], None)),
    "page of a sweep": repr(of_sweep.page(sweep, [], [], Path("s"))),
}.items():
    print(place, "sparsity" in " ".join(said) if isinstance(said, list) else "sparsity" in said)
"""


def test_a_new_measure_is_shown_by_being_registered() -> None:
    """It is stored, by the schema, and named, by the registry; nobody else knows of it."""
    done = subprocess.run([sys.executable, "-c", A_NEW_MEASURE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {line.rsplit(" ", 1)[1] for line in done.stdout.splitlines()} == {"True"}, done.stdout
