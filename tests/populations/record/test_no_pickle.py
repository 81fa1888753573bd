"""No file of a run folder is a pickle, by what is in it: a run can be read without running anybody's code."""

import json
import pickle
import pickletools
from pathlib import Path
from typing import Any

import pytest
import yaml

from populations import evolve, resume


def is_pickle(data: bytes) -> bool:
    """Whether Python's pickle would take it: it has an end, and opcodes all the way to there."""
    try:
        opcodes = [opcode.name for opcode, _, _ in pickletools.genops(data)]
    except Exception:
        return False
    return opcodes[-1] == "STOP"


def kind(path: Path) -> str:
    """What a file is, by its content."""
    data = path.read_bytes()
    if data[:4] == data[-4:] == b"PAR1":
        return "parquet"
    if path.suffix == ".safetensors" and json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]):
        return "safetensors"
    if path.suffix == ".jsonl" and all(map(json.loads, data.splitlines())):
        return "json"
    if path.suffix == ".json" or path.name == ".writer":
        return "json" if json.loads(data) else ""
    return "yaml" if isinstance(yaml.safe_load(data), dict) else ""


@pytest.mark.parametrize("value", [{"a": 1}, [1.5], "text"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_known_as_one(value: Any, protocol: int) -> None:
    assert is_pickle(pickle.dumps(value, protocol))


def test_no_file_of_a_run_is_a_pickle(small: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    evolve(small, str(out), backend="local")
    resume(str(out), generations=8, backend="local")
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {kind(path) for path in files} == {"parquet", "safetensors", "json", "yaml"}
    for path in files:
        data = path.read_bytes()
        assert not is_pickle(data), path
        assert not data.startswith((b"PK\x03\x04", b"\x80")), f"{path}: torch.save and NumPy objects look like this"
