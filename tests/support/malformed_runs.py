"""Malformed files of runs: a folder's own files, tensors of checkpoints, names of parts. For `tests.fuzz.inputs`."""

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import yaml

from alife.format import checkpoints, manifest
from analysis import load_run
from populations.record.writer import digest, read_checkpoint, read_config
from tests.support.malformed import Outcomes, damaged, refused
from tests.support.rows import configuration, create, live, newborns


def files_of_a_run(count: int, seed: int) -> Outcomes:
    """Each file of a run folder in turn, read by who goes on with the run and by who analyses it."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "run"
        recorder = create(path, configuration(migration={"every": 2}))
        live(recorder, *range(-1, 6))
        recorder.close("interrupted")
        content = manifest.parse((path / "manifest.json").read_bytes(), "m")
        whole = _everything(path)
        targets = ["manifest.json", "config.yaml"]
        targets += [
            content["parts"][kind][0]["name"] for kind in ("births", "migrations", "generations", "checkpoints")
        ]
        for target in targets:
            file = path / target
            kept = file.read_bytes()
            for data in damaged(kept, -(-count // len(targets)), seed):
                file.write_bytes(data)
                accepted = False
                for read in (
                    _READERS
                    if target.split("/")[0] in ("births", "manifest.json", "config.yaml")
                    else _OF[target.split("/")[0]]
                ):
                    if not refused(lambda read=read: _equal(read(path), whole[read.__name__]), target, "run: "):
                        assert target == "manifest.json", f"damage to {target} was not seen"
                        accepted = True
                yield accepted
            file.write_bytes(kept)
        assert _everything(path).keys() == whole.keys()


def _births(path: Path) -> str:
    return digest(str(path))


def _resumable(path: Path) -> Any:
    read_config(str(path))
    return [(each.ids.tolist(), each.messages.tolist()) for each in read_checkpoint(str(path), 0)[1].values()]


def _analysed(path: Path) -> Any:
    run = load_run(str(path))
    return run.births.to_json(), run.migrations.to_json(), run.generations.to_json(), run.config


_READERS = (_births, _analysed)
_OF = {"migrations": (_analysed,), "generations": (_analysed,), "checkpoints": (_resumable,)}


def _everything(path: Path) -> dict[str, Any]:
    return {read.__name__: read(path) for read in (_births, _resumable, _analysed)}


def _equal(found: Any, wanted: Any) -> None:
    assert found == wanted, "damage was taken for content"


def checkpoint_tensors(count: int, seed: int) -> Outcomes:
    """Well-formed safetensors with one wrong tensor: not finite, of other shape or type, gone, under a false name."""
    draw = np.random.default_rng(seed)
    data = checkpoints.encode(3, newborns(configuration(), 3), {})
    tensors = safetensors.numpy.load(data)
    header = int.from_bytes(data[:8], "little")
    metadata = yaml.safe_load(data[8 : 8 + header])["__metadata__"]
    for _ in range(count):
        name = str(draw.choice(sorted(tensors)))
        other = dict(tensors)
        values = other.pop(name).copy()
        fault = draw.integers(0, 6)
        if fault == 0 and values.dtype.kind == "f":
            values.flat[draw.integers(values.size)] = draw.choice([np.nan, np.inf, -np.inf])
        elif fault == 1:
            values = values[: draw.integers(len(values))]
        elif fault == 2:
            values = values[..., None]
        elif fault == 3:
            kinds = [kind for kind in ("float64", "int16", "int32", "uint8") if kind != values.dtype]
            values = np.zeros_like(values, dtype=draw.choice(kinds))
        elif fault == 4:
            island, _, rest = name.partition("/")
            name = str(
                draw.choice(
                    [f"../{rest}", f"0{island}/{rest}", f"{island}/{rest}x", rest, f"{island}//{rest}", "9" * 30]
                )
            )
        else:
            values = None
        if values is not None:
            other[name] = np.ascontiguousarray(values)
        text = safetensors.numpy.save(other, metadata)
        assert refused(lambda text=text: checkpoints.decode(text, "c"), "c: "), f"fault {fault} in {name} was not seen"
        yield False


def names_of_parts(count: int, seed: int) -> Outcomes:
    """A manifest under a right checksum whose part lies, or seems to lie, elsewhere; plain names alone are accepted."""
    draw = random.Random(seed)
    pieces = (
        "..",
        "/",
        "\\",
        "a",
        "-",
        "0",
        ".",
        "%2e",
        "\0",
        "\n",
        "é",
        "~",
        "$HOME",
        "births",
        "s3://b",
        ":",
        " ",
        "*",
    )
    with tempfile.TemporaryDirectory() as folder:
        recorder = create(Path(folder) / "run")
        live(recorder, 0)
        recorder.close()
        content = manifest.parse((Path(folder) / "run" / "manifest.json").read_bytes(), "m")
    content.pop("checksum")
    part = content["parts"]["births"][0]
    for _ in range(count):
        stem = "".join(draw.choices(pieces, k=draw.randrange(5)))
        name = draw.choice(
            ("births/{}.parquet", "{}births/a.parquet", "births{}/a.parquet", "births/a.parquet{}")
        ).format(stem)
        parts = {**content["parts"], "births": [{**part, "name": name}]}
        try:
            text = manifest.serialise({**content, "parts": parts})
        except ValueError:
            yield False
            continue
        is_plain = name.startswith("births/") and name.endswith(".parquet") and set(name[7:-8]) <= set("a-0births")
        accepted = not refused(lambda text=text: manifest.parse(text, "m"), "m: ")
        assert not accepted or (is_plain and name[7:-8].strip("-")), f"{name!r} was taken for a part of the folder"
        yield accepted
