"""Malformed inputs: thousands of every kind are refused with one line, or proven to mean what they say."""

import math
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.configuration import keys as configuration
from alife.configuration.keys import RunConfig, leaves, parse_config
from alife.configuration.parsing import load_yaml, nest
from alife.errors import UserError
from alife.format import checkpoints
from tests.fuzz import inputs
from tests.support import malformed_runs, rows
from tests.support.malformed import refused
from tests.support.rows import newborns

EACH = 750


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_no_malformed_input_crashes_or_passes(capsys: pytest.CaptureFixture[str]) -> None:
    counts = inputs.search(EACH)
    with capsys.disabled():
        print(f"\n{inputs.table(counts)}")
    assert sum(count.total() for count in counts.values()) >= 5000
    for name, count in counts.items():
        assert count["refused"] > EACH // 2, name


def test_the_search_notices_a_reader_that_looks_away(monkeypatch: pytest.MonkeyPatch) -> None:
    known = rows.configuration(migration={"every": 2})
    monkeypatch.setattr("alife.format.stored.parse_stored_config", lambda data, manifest, source: known)
    monkeypatch.setattr(malformed_runs, "_READERS", (malformed_runs._analysed,))
    with pytest.raises(AssertionError, match=r"damage to config\.yaml was not seen"):
        list(malformed_runs.files_of_a_run(600, 0))


def test_the_search_notices_a_value_of_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "parse_config", lambda data, source: RunConfig())
    with pytest.raises(AssertionError, match="was taken for"):
        list(inputs.configuration_values(500, 0))


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([key for key, *_ in leaves()]), _values)
@settings(max_examples=500, deadline=None)
def test_any_value_under_any_key(key: str, value: Any) -> None:
    data = nest({key: value})
    found: list[RunConfig] = []
    if not refused(lambda: found.append(parse_config(data, "f")), "f: "):
        inputs.same(found[0], data)
        assert parse_config(load_yaml(configuration.dump(found[0]), "f"), "f") == found[0]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_genome_with_a_value_that_is_none(data: st.DataObject) -> None:
    """NaN and infinity anywhere in any tensor of a checkpoint."""
    text = checkpoints.encode(3, newborns(RunConfig(), 3), {})
    tensors = {name: values.copy() for name, values in safetensors.numpy.load(text).items()}
    name = data.draw(st.sampled_from(sorted(name for name in tensors if tensors[name].dtype == np.float32)))
    place = data.draw(st.integers(0, tensors[name].size - 1))
    tensors[name].flat[place] = data.draw(st.sampled_from([math.nan, math.inf, -math.inf]))
    metadata = {"format": "1", "generation": "3", "noise_seed": "0", "meta": "{}"}
    checkpoints.decode(safetensors.numpy.save(safetensors.numpy.load(text), metadata), "c")
    with pytest.raises(UserError, match=r"^c: damaged: .*is not finite"):
        checkpoints.decode(safetensors.numpy.save(tensors, metadata), "c")
