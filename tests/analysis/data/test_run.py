"""A run folder read into data frames: what is derived, what is refused, and reading while a writer merges."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.local import LocalFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alife import schema
from alife.errors import UserError
from analysis import load_run
from analysis.data.derived import DERIVED
from analysis.data.run import Run
from analysis.data.validation import order_key
from tests.support import rows
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture(scope="module")
def run() -> Run:
    return synthetic_run(12, 3, 8, seed=4, death_rate=0.1)


def same_births(found: Run, expected: Run) -> None:
    births = expected.births.iloc[np.argsort(order_key(expected.births["id"].to_numpy()))]
    pd.testing.assert_frame_equal(found.births, births.reset_index(drop=True))


def same(found: Run, expected: Run) -> None:
    same_births(found, expected)
    for table in ("migrations", "generations"):
        pd.testing.assert_frame_equal(getattr(found, table), getattr(expected, table))
    assert found.config == expected.config


def edit_manifest(folder: Path, change: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    manifest["checksum"] = schema.manifest_checksum(manifest)
    path.write_text(json.dumps(manifest))


def reseal(folder: Path, content: bytes) -> Path:
    """Replace the first part of the births by other bytes that the manifest vouches for."""

    def change(manifest: dict[str, Any]) -> None:
        part = manifest["parts"]["births"][0]
        part |= schema.seal(content)
        (folder / part["name"]).write_bytes(content)

    edit_manifest(folder, change)
    return folder


def edit_config(folder: Path, text: str) -> None:
    """Replace the configuration by another that the manifest vouches for."""
    (folder / "config.yaml").write_text(text)
    edit_manifest(folder, lambda manifest: manifest.update(config=[schema.seal(text.encode())]))


def first_part(folder: Path) -> Path:
    return folder / json.loads((folder / "manifest.json").read_text())["parts"]["births"][0]["name"]


@settings(max_examples=15, deadline=None)
@given(
    generations=st.integers(0, 5),
    islands=st.integers(1, 3),
    size=st.integers(1, 5),
    part_rows=st.integers(1, 40),
    heritable=st.sets(st.sampled_from(schema.LIFE_HISTORY)),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, generations: int, islands: int, size: int, part_rows: int, heritable: set
) -> None:
    names = tuple(name for name in schema.LIFE_HISTORY if name in heritable)
    run = synthetic_run(generations, islands, size, heritable=names, death_rate=0.2)
    same(load_run(write_run(tmp_path_factory.mktemp("run"), run, part_rows)), run)


def test_a_recorder_s_folder_is_read(tmp_path: Path) -> None:
    config = rows.configuration(islands=3, size=4, reproduction={"heritable": ["mutation"]}, migration={"every": 2})
    written = [rows.rows(config, generation) for generation in range(5)]
    recorder = rows.create(tmp_path / "run", config)
    recorder.start(0, {})
    for generation, tables in enumerate(written):
        recorder.add(generation, *tables)
        if generation in (1, 4):
            recorder.commit(generation, rows.newborns(config, generation + 1))
    recorder.close()
    run = load_run(tmp_path / "run")
    for table, kind in enumerate(("births", "migrations", "generations")):
        expected = pd.concat([pd.DataFrame(tables[table]) for tables in written])
        expected = expected.sort_values(list(schema.ROW_ORDER[kind]), ignore_index=True)
        found = getattr(run, kind).drop(columns=list(DERIVED) if kind == "births" else [])
        pd.testing.assert_frame_equal(found, expected, check_categorical=False, check_dtype=False)
    assert (run.first, run.last, run.name) == (0, 4, "run")


def test_types_are_small(run: Run) -> None:
    kinds = {name: str(kind) for name, kind in run.births.dtypes.items()}
    assert kinds["cause_of_death"] == "category"
    assert {kinds[name] for name in schema.SCORES} == {"float32"}
    assert kinds["id"] == "int64"
    assert (kinds["replication_loss"], kinds["fitness"], kinds["birth_island"]) == ("float32", "float32", "int32")


def test_loss_is_error_times_norm_and_island_of_conception_is_in_the_id(run: Run) -> None:
    births = run.births
    np.testing.assert_allclose(
        births["replication_loss"], births["replication_error"] * births["squared_norm"], rtol=1e-6
    )
    conceived = [schema.unpack_id(identity)[0] for identity in births["id"]]
    assert births["birth_island"].tolist() == conceived
    moved = births[births["birth_island"] != births["island"]]
    assert set(moved["id"]) == set(run.migrations["id"]) != set()


def test_fitness_is_the_weighted_sum_of_scores_standardised_among_the_living_of_a_deme() -> None:
    run = synthetic_run(6, 3, 8, seed=1, death_rate=0.2, accuracy_weight=0.3)
    alive = run.births["cause_of_death"] == "generation_end"
    assert (~alive).sum() > 0
    assert run.births.loc[~alive, "fitness"].isna().all()
    for _, deme in run.births[alive].groupby(["generation", "island"]):
        z = [stats.zscore(score.astype(float)) for score in (deme["accuracy"], -np.log(deme["replication_error"]))]
        np.testing.assert_allclose(deme["fitness"], 0.3 * z[0] + 0.7 * z[1], atol=1e-4)


def test_fitness_is_zero_where_nothing_varies() -> None:
    run = synthetic_run(3, 2, 1, death_rate=0)
    assert (run.births["fitness"] == 0).all()


def test_long_runs_load_without_births(tmp_path: Path, run: Run) -> None:
    folder = write_run(tmp_path, run)
    first_part(folder).unlink()
    found = load_run(folder, births=False)
    assert found.births.empty
    assert found.births.columns.equals(run.births.columns)
    pd.testing.assert_frame_equal(found.generations, run.generations)


def test_a_remote_folder_is_read(tmp_path: Path, run: Run) -> None:
    memory = fsspec.filesystem("memory")
    root = f"{tmp_path.name}/of-this-test/run"
    memory.put(str(write_run(tmp_path, run)), f"/{root}", recursive=True)
    found = load_run(f"memory://{root}")
    same(found, run)
    assert found.name == "run"


def test_what_the_manifest_does_not_list_does_not_exist(tmp_path: Path, run: Run) -> None:
    folder = write_run(tmp_path, run, part_rows=50)
    (folder / "births" / "left-over.parquet").write_bytes(b"half a file")
    edit_manifest(folder, lambda manifest: manifest["parts"]["migrations"].clear())
    found = load_run(folder)
    same_births(found, run)
    assert found.migrations.empty
    assert found.migrations.columns.equals(run.migrations.columns)


class MergingFileSystem(LocalFileSystem):
    """A disk on which a writer merges all births into one new part whenever a reader is about to read one."""

    protocol = "merging"
    merges = 0
    limit = 0
    root: Path

    def cat_file(self, path: str, *args: Any, **kwargs: Any) -> bytes:
        if "/births/" in str(path) and self.merges < self.limit:
            type(self).merges += 1
            merge(self.root, f"births/merged-{self.merges}.parquet")
        return super().cat_file(path, *args, **kwargs)


def merge(folder: Path, name: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        old = manifest["parts"]["births"]
        content = parquet(pa.concat_tables(pq.read_table(folder / part["name"]) for part in old))
        (folder / name).write_bytes(content)
        for part in old:
            (folder / part["name"]).unlink()
        whole = {"name": name, "rows": sum(part["rows"] for part in old), **schema.seal(content)}
        manifest["parts"]["births"] = [whole | {"first": old[0]["first"], "last": old[-1]["last"]}]

    edit_manifest(folder, change)


@pytest.fixture
def merging(tmp_path: Path, run: Run) -> type[MergingFileSystem]:
    fsspec.register_implementation("merging", MergingFileSystem, clobber=True)
    MergingFileSystem.merges, MergingFileSystem.root = 0, tmp_path
    write_run(tmp_path, run, part_rows=30)
    return MergingFileSystem


@pytest.mark.parametrize("limit", [1, 3])
def test_a_run_is_read_while_its_writer_merges_parts(merging: type[MergingFileSystem], run: Run, limit: int) -> None:
    merging.limit = limit
    same(load_run(f"merging://{merging.root}"), run)
    assert merging.merges == limit


def test_a_writer_that_never_stops_merging_is_reported(merging: type[MergingFileSystem]) -> None:
    merging.limit = 10**6
    with pytest.raises(UserError, match=r"manifest was replaced .* try again later"):
        load_run(f"merging://{merging.root}")


def drop_column(folder: Path) -> str:
    path = first_part(folder)
    reseal(folder, parquet(pq.read_table(path).drop_columns("accuracy")))
    return f"{path.name}: .* accuracy is absent"


def widen_column(folder: Path) -> str:
    path = first_part(folder)
    table = pq.read_table(path)
    place = table.schema.get_field_index("accuracy")
    wide = table.column("accuracy").cast(pa.float64())
    reseal(folder, parquet(table.set_column(place, "accuracy", wide)))
    return f"{path.name}: .* accuracy is double"


def add_column(folder: Path) -> str:
    path = first_part(folder)
    table = pq.read_table(path)
    reseal(folder, parquet(table.append_column("colour", table.column("accuracy"))))
    return f"{path.name}: .* colour is float"


def lose_rows(folder: Path) -> str:
    path = first_part(folder)
    reseal(folder, parquet(pq.read_table(path).slice(1)))
    return f"{path.name}: .* rows, and the manifest says"


def unknown_cause(folder: Path) -> str:
    path = first_part(folder)
    table = pq.read_table(path)
    place = table.schema.get_field_index("cause_of_death")
    causes = pa.array(["boredom"] * len(table))
    reseal(folder, parquet(table.set_column(place, "cause_of_death", causes)))
    return f"{path.name}: .*'boredom' is none of generation_end"


def null_ids(folder: Path) -> str:
    path = first_part(folder)
    table = pq.read_table(path)
    ids = pa.array([None] * len(table), pa.int64())
    reseal(folder, parquet(table.set_column(0, "id", ids)))
    return f"{path.name}: .* a value is missing"


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def no_parquet(folder: Path) -> str:
    path = first_part(folder)
    reseal(folder, b"no Parquet at all")
    return f"{path.name}: .*not readable as Parquet"


def truncate(folder: Path) -> str:
    path = first_part(folder)
    path.write_bytes(path.read_bytes()[:-10])
    return f"{path.name}: damaged: .* bytes instead of"


def flip_byte(folder: Path) -> str:
    path = first_part(folder)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    return f"{path.name}: damaged"


def lose_part(folder: Path) -> str:
    path = first_part(folder)
    path.unlink()
    return f"{path.name}: missing"


def lose_manifest(folder: Path) -> str:
    (folder / "manifest.json").unlink()
    return "no manifest.json"


def break_manifest(folder: Path) -> str:
    (folder / "manifest.json").write_text('{"format": 1, "epoch"')
    return r"manifest\.json: damaged"


def empty_manifest(folder: Path) -> str:
    (folder / "manifest.json").write_text('{"format": 1}')
    return r"manifest\.json: damaged"


def other_format(folder: Path) -> str:
    edit_manifest(folder, lambda manifest: manifest.update(format=schema.FORMAT_VERSION + 1))
    return f"format {schema.FORMAT_VERSION + 1}"


def edited_manifest(folder: Path) -> str:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"seed": ', '"seed": 1'))
    return r"manifest\.json: damaged"


def edited_config(folder: Path) -> str:
    path = folder / "config.yaml"
    path.write_text(path.read_text() + "\n")
    return r"config\.yaml: damaged or edited"


def part_outside(folder: Path) -> str:
    edit_manifest(folder, lambda manifest: manifest["parts"]["births"][0].update(name="births/../../other.parquet"))
    return r"manifest\.json: damaged"


def parts_out_of_order(folder: Path) -> str:
    edit_manifest(folder, lambda manifest: manifest["parts"]["births"].reverse())
    return r"manifest\.json: damaged: .* does not follow"


def lose_config(folder: Path) -> str:
    (folder / "config.yaml").unlink()
    return r"config\.yaml: missing"


def break_config(folder: Path) -> str:
    edit_config(folder, "selection: {")
    return r"config\.yaml: not valid YAML"


def partial_config(folder: Path) -> str:
    edit_config(folder, "reproduction: {heritable: []}")
    return r"config\.yaml: damaged: no task"


@pytest.mark.parametrize(
    "harm",
    [
        drop_column,
        widen_column,
        add_column,
        lose_rows,
        unknown_cause,
        null_ids,
        no_parquet,
        truncate,
        flip_byte,
        lose_part,
        lose_manifest,
        break_manifest,
        empty_manifest,
        other_format,
        part_outside,
        parts_out_of_order,
        edited_manifest,
        edited_config,
        lose_config,
        break_config,
        partial_config,
    ],
)
def test_a_damaged_folder_is_one_line_that_names_the_file(tmp_path: Path, run: Run, harm: Any) -> None:
    words = harm(write_run(tmp_path, run, part_rows=50))
    with pytest.raises(UserError, match=words) as error:
        load_run(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("uri", ["nowhere/at/all", "nosuchprotocol://bucket/run", "memory://nowhere"])
def test_an_address_without_a_run_is_one_line(uri: str) -> None:
    with pytest.raises(UserError, match=uri) as error:
        load_run(uri)
    assert "\n" not in str(error.value)


def test_a_fork_begins_where_it_thawed(tmp_path: Path, run: Run) -> None:
    tables = {name: getattr(run, name).query("generation >= 7") for name in ("births", "migrations", "generations")}
    found = load_run(write_run(tmp_path, replace(run, **tables)))
    assert (found.first, found.last) == (7, 11)
    assert len(found.births) == len(tables["births"])


def test_analysis_imports_neither_torch_nor_ray_nor_a_window_system() -> None:
    code = (
        "import sys, analysis.figures.registry, analysis.report.summary, analysis.data.run\n"
        "print(sorted({'torch', 'ray', 'populations', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_itself_is_light() -> None:
    code = "import sys, analysis; print('pandas' in sys.modules, callable(analysis.load_run), 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_synthetic_selection_trades_one_trait_for_the_other() -> None:
    """The synthetic world is what other tests lean on: weights must move it as they move a real run."""

    def end(**world: Any) -> pd.Series:
        ends = [synthetic_run(seed=seed, **world).births.query("generation == 29") for seed in range(4)]
        return pd.concat(ends)[["accuracy", "copying_error"]].median()

    accurate, faithful, shuffled = end(accuracy_weight=1), end(accuracy_weight=0), end(scheme="shuffled")
    assert accurate["accuracy"] > shuffled["accuracy"] > faithful["accuracy"]
    assert accurate["copying_error"] > shuffled["copying_error"] > faithful["copying_error"]


def test_synthetic_records_are_consistent(run: Run) -> None:
    births = run.births
    assert births["id"].is_unique
    founders = births["generation"] == 0
    assert (births.loc[founders, "id"] == births.loc[founders, "ancestor_id"]).all()
    children = births[~founders].merge(births, left_on="ancestor_id", right_on="id", suffixes=("", "_parent"))
    assert len(children) == (~founders).sum()
    assert (children["generation"] == children["generation_parent"] + 1).all()
    assert (children["birth_island"] == children["island_parent"]).all()
    counted = children.groupby("ancestor_id").size()
    parents = births[births["generation"] < run.last].set_index("id")["n_offspring"]
    pd.testing.assert_series_equal(parents[parents > 0].sort_index(), counted, check_names=False, check_dtype=False)
    early = births["cause_of_death"] != "generation_end"
    assert (births.loc[early, "n_offspring"] == 0).all()
