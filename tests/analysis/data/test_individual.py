"""One individual of a run: its family is that of the births, its genome is the one that lived, to the bit."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import alife
from alife import schema
from alife.errors import UserError
from alife.evolution import habitat
from alife.format.checkpoints import adults_name, decode_adults, encode_adults
from analysis.data.individual import Individual
from analysis.data.run import Run, load_run
from analysis.lineage.phylogeny import dominant, line_of_descent, of_run

CONFIG: dict[str, Any] = {
    "task": "glyphs",
    "generations": 5,
    "quine": {"hidden": 16, "coordinate_units": 8},
    "life": {"steps": 4, "coordinates": 32, "images": 16},
    "reproduction": {"heritable": ["mutation"]},
    "population": {"islands": 3, "size": 6},
    "migration": {"every": 2, "migrants": 1},
    "checkpoint": {"every": 5, "keep": 1},
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[int, np.ndarray]]:
    """A run that keeps newborns of generations 0, 1, 2, 3 and 5, and the genome that each of its individuals had."""
    out, genomes = tmp_path_factory.mktemp("individuals") / "run", {}
    born = habitat.birth

    def noted(newborns: Any, shape: Any) -> Any:
        rows = born(newborns, shape)
        genomes.update(zip(newborns.ids.tolist(), rows.copy(), strict=True))
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(habitat, "birth", noted)
        alife.evolve(CONFIG, out, backend="local", quiet=True)
    return load_run(out), genomes


def test_its_genome_is_that_of_its_birth_to_the_bit(lived: tuple[Run, dict[int, np.ndarray]]) -> None:
    run, genomes = lived
    kept = run.births[run.births["generation"] < 4]
    migrants = 0
    for identity in kept["id"]:
        one = run.individual(identity)
        migrants += one.island != one.birth_island
        genome = one.genome()
        assert genome.dtype == np.float32
        np.testing.assert_array_equal(genome, genomes[identity])
    assert migrants == 6


def test_the_fittest_of_the_last_generation_has_a_genome_though_its_newborns_are_not_kept(
    lived: tuple[Run, dict[int, np.ndarray]],
) -> None:
    run, genomes = lived
    fittest = run.fittest()
    assert fittest.generation == 4
    np.testing.assert_array_equal(fittest.genome(), genomes[fittest.id])
    best = run.births.query("generation == 4").groupby("island")["fitness"].idxmax()
    for identity in run.births["id"][best]:
        np.testing.assert_array_equal(run.individual(identity).genome(), genomes[identity])
    others = run.births.query("generation == 4").drop(best)
    with pytest.raises(UserError, match=r"generation 4 are not kept, those of 0, 1, 2, 3, 5 are: 'alife fork"):
        run.individual(others["id"].iloc[0]).genome()


def test_adults_that_were_stored_without_genomes_have_none(
    lived: tuple[Run, dict[int, np.ndarray]], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(lived[0].path, copy)
    file = copy / adults_name(4)
    adults = decode_adults(file.read_bytes(), "f")
    file.write_bytes(encode_adults(4, {number: adult._replace(genome=None) for number, adult in adults.items()}))
    fittest = load_run(copy).fittest()
    assert fittest.network().n_weights == 688
    with pytest.raises(UserError, match="generation 4 are not kept"):
        fittest.genome()
    file.unlink()
    with pytest.raises(UserError, match="generation 4 are not kept"):
        fittest.genome()


def test_its_family_is_that_of_the_births(lived: tuple[Run, dict[int, np.ndarray]]) -> None:
    run, _ = lived
    tree = of_run(run)
    children = run.births[run.births["id"] != run.births["ancestor_id"]].groupby("ancestor_id")["id"].agg(list)
    for _, birth in run.births.iterrows():
        one = run.individual(birth["id"])
        assert list(one.children) == sorted(children.get(one.id, []))
        assert one.parent == (None if one.generation == 0 else birth["ancestor_id"])
        assert list(one.line) == line_of_descent(tree, one.id)["id"].tolist()[::-1]
        assert (one.generation, one.island) == (birth["generation"], birth["island"])
        assert one.cause_of_death == birth["cause_of_death"]
        for name in (*schema.SCORES, "fitness", "replication_loss", "test_accuracy", "mutation"):
            np.testing.assert_equal(one.scores[name], float(birth[name]))
    assert run.fittest().id == dominant(tree)


def test_the_fittest_of_a_generation(lived: tuple[Run, dict[int, np.ndarray]]) -> None:
    run, _ = lived
    for generation in range(5):
        best = run.births.query("generation == @generation").nlargest(1, "fitness")
        assert run.fittest(generation).id == best["id"].iloc[0]
    with pytest.raises(UserError, match="nobody lived to the end of generation 9"):
        run.fittest(9)


def test_its_network_is_what_load_network_gives(lived: tuple[Run, dict[int, np.ndarray]]) -> None:
    run, _ = lived
    one = run.individual(run.births["id"].iloc[20])
    assert one.network().emit().equal(alife.load_network(run, one.id).emit())
    assert repr(one).startswith(f"<Individual {one.id} of {run.path}: generation 1, island 0, accuracy 0.")


def test_a_fork_begins_with_parents_that_are_not_on_record(
    lived: tuple[Run, dict[int, np.ndarray]], tmp_path: Path
) -> None:
    run, genomes = lived
    alife.fork(run, 3, tmp_path / "fork", {"seed": 7}, backend="local", quiet=True)
    fork = load_run(tmp_path / "fork")
    for identity in fork.births.query("generation == 3")["id"]:
        one = fork.individual(identity)
        assert one.line == (one.id,)
        assert one.parent == run.individual(identity).parent
        np.testing.assert_array_equal(one.genome(), genomes[identity])


@pytest.mark.parametrize("identity", [-1, 77 << 40, 9 << 20, 1 << 63, 2 << 20 | 999])
def test_nobody_is_one_line(lived: tuple[Run, dict[int, np.ndarray]], identity: int) -> None:
    with pytest.raises(UserError, match=rf"nobody with id {identity} has lived here"):
        lived[0].individual(identity)


@pytest.mark.parametrize("identity", ["nosuch", "12", None, 1.0])
def test_what_is_no_id_is_one_line(lived: tuple[Run, dict[int, np.ndarray]], identity: Any) -> None:
    with pytest.raises(UserError, match="is no id: choose a whole number"):
        lived[0].individual(identity)


@pytest.mark.parametrize(
    "how", [{"births": False}, {"generations": [2]}, {"columns": ["accuracy"]}, {"generations": [0, 1, 3]}]
)
def test_a_run_that_was_read_in_part_does_not_guess(lived: tuple[Run, dict[int, np.ndarray]], how: Any) -> None:
    whole = lived[0]
    parents = whole.births.query("generation == 2 and n_offspring > 0")
    with pytest.raises(UserError, match=r"births were read in part"):
        load_run(whole.path, **how).individual(parents["id"].iloc[0])


def test_reading_a_genome_imports_neither_torch_nor_the_engine(lived: tuple[Run, dict[int, np.ndarray]]) -> None:
    program = (
        "import sys; from analysis import load_run; print(load_run(sys.argv[1]).fittest().genome().sum());"
        "print(not {'torch', 'ray', 'populations'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, lived[0].path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "True"


def test_an_individual_cannot_be_changed(lived: tuple[Run, dict[int, np.ndarray]]) -> None:
    one = lived[0].fittest()
    assert isinstance(one, Individual)
    with pytest.raises(AttributeError):
        one.id = 3  # type: ignore[misc]
