"""Tests of populations.record.parts: rows come back bit for bit, and small parts become large ones."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.configuration.keys import RunConfig, parse_config
from alife.errors import UserError
from populations.record import parts
from tests.support.malformed import damaged
from tests.support.rows import configuration, rows

CONFIG = configuration(2, 4, reproduction={"heritable": ["mutation"]})
HERITABLE = parse_config({"reproduction.heritable": "mutation"})
NO_MORE = {"columns": []}
WANT = {kind: parts.columns(kind, HERITABLE, NO_MORE) for kind in ("births", "migrations", "generations")}


def _table(kind: str, generations: int = 12) -> pa.Table:
    number = list(WANT).index(kind)
    return pa.concat_tables([parts.table(rows(CONFIG, g)[number], WANT[kind], g) for g in range(generations)])


@pytest.mark.parametrize("kind", WANT)
def test_rows_come_back(kind: str) -> None:
    table = _table(kind)
    data = parts.encode(table)
    for back in (parts.decode(data, WANT[kind], "p"), pq.read_table(pa.BufferReader(data))):
        assert back.column_names == table.column_names
        for name in table.column_names:
            np.testing.assert_array_equal(back[name].to_numpy(), table[name].to_numpy())
    assert dict(zip(table.column_names, map(str, table.schema.types), strict=True)) == {
        name: {"float32": "float"}.get(dtype, dtype) for name, dtype in WANT[kind].items()
    }


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50),
    st.lists(st.floats(width=32), min_size=1, max_size=50),
)
@settings(max_examples=50, deadline=None)
def test_any_value_comes_back(integers: list[int], floats: list[float]) -> None:
    births = {name: np.zeros(50, dtype) for name, dtype in schema.BIRTHS.items() if dtype != "string"}
    births["cause_of_death"] = np.full(50, "diverged")
    births["id"] = np.arange(50)
    births["ancestor_id"] = np.resize(np.array(integers, np.int64), 50)
    for name in schema.SCORES:
        births[name] = np.resize(np.array(floats, np.float32), 50)
    want = parts.columns("births", RunConfig(), NO_MORE)
    back = parts.decode(parts.encode(parts.table(births, want, 0)), want, "p")
    for name, values in births.items():
        np.testing.assert_array_equal(back[name].to_numpy(), values)


def test_other_columns_are_refused() -> None:
    table = _table("births")
    wrong = [
        table.drop_columns(["accuracy"]),
        table.append_column("more", table["accuracy"]),
        table.rename_columns([name.replace("accuracy", "score") for name in table.column_names]),
        table.set_column(0, "id", table["id"].cast(pa.float64())),
        table.set_column(5, "generation", pa.array([None] * len(table), pa.int32())),
        table.select(list(reversed(table.column_names))),
    ]
    for other in wrong:
        sink = pa.BufferOutputStream()
        pq.write_table(other, sink)
        with pytest.raises(UserError, match=r"^p: damaged: its columns"):
            parts.decode(sink.getvalue().to_pybytes(), WANT["births"], "p")


def test_damage_never_crashes_the_reader() -> None:
    table = _table("births")
    refused = 0
    for text in damaged(parts.encode(table), 1500, seed=1):
        try:
            found = parts.decode(text, WANT["births"], "p")
        except UserError as error:
            refused += "\n" not in str(error)
            continue
        assert found.schema.equals(table.schema)
    assert refused > 1000, "or their errors have more than one line"
