"""The manifest of a run folder: what it must hold to be believed, the one text that says so, and how a run begins.

Call `parse` for whatever was read, `serialise` for what is to be written. What the manifest does not list does not
exist. Its text carries a checksum of itself and of config.yaml, so no damage to either goes unseen; but a folder that
somebody else made may be wrong under right checksums.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pydantic import ValidationError

from alife import schema
from alife.configuration.columns import CHANCE, wrong_name
from alife.configuration.keys import RunConfig
from alife.configuration.values import GIVEN
from alife.errors import UserError, damaged
from alife.format.fields import SINCE, Manifest, Task
from alife.words import answers, images

NAME: Final = "manifest.json"
MOST: Final = 1 << 26
"""Bytes of a manifest at most; of a run of 10,000 parts and as many restarts it has 5 million."""


def parse_task(task: Any, source: str) -> dict[str, Any] | None:
    """What a record says of its data, checked; None if it says nothing.

    Raises:
        UserError: It is not what a record says.
    """
    try:
        return None if task is None else Task.model_validate(task).model_dump(exclude_none=True)
    except ValidationError:
        raise damaged(source, "not what a record says of its data") from None


def told(task: Mapping[str, Any]) -> str:
    """The data of a record, as "60 images of 2 × 3 pixels, 2 classes (SHA-256 0123456789ab…)".

    Their name goes before, if they were handed over with one, as in "pets (60 images …, SHA-256 …)".
    """
    n = sum(map(sum, task["counts"].values()))
    what = f"{images(n, task['shape'], task.get('dtype', 'uint8'))}, {answers(task['classes'], task.get('kind'))}"
    digest, name = f"SHA-256 {task['digest'][:12]}…", task.get("name", GIVEN)
    return f"{what} ({digest})" if name == GIVEN else f"{name} ({what}, {digest})"


def serialise(manifest: Mapping[str, Any]) -> bytes:
    """The text of a manifest in the present format, with its checksum.

    Raises:
        ValueError: `parse` would not accept it.
    """
    content = {**manifest, "format": schema.FORMAT_VERSION}
    content["checksum"] = schema.manifest_checksum(content)
    Manifest.model_validate(content)
    written = {key: _parts(value) if key == "parts" else _indented(value) for key, value in content.items()}
    fields = (f" {_dense(key)}: {text}" for key, text in written.items())
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode()


def check(manifest: Mapping[str, Any]) -> None:
    """See that a manifest can be serialised, if each of its parts can.

    Raises:
        ValueError: `serialise` would raise it.
    """
    parts: dict[str, list[object]] = {kind: [] for kind in schema.PART_KINDS}
    Manifest.model_validate({**manifest, "format": schema.FORMAT_VERSION, "checksum": "0" * 64, "parts": parts})


def parse(data: bytes, source: str) -> dict[str, Any]:
    """The manifest that `data` holds, checked in every particular.

    Args:
        data: UTF-8 JSON.
        source: The file, as errors are to name it.

    Returns:
        Its content with the fields of the present format; what format 1 did not know is empty.

    Raises:
        UserError: It is no manifest, it is damaged, it names a file outside its folder, or its format is not ours.
    """
    if len(data) > MOST:
        raise damaged(source, f"more than {MOST:,} bytes, too many for a manifest")
    try:
        content = json.loads(data.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise damaged(source, "not valid JSON") from None
    if not isinstance(content, dict):
        raise damaged(source, "not a manifest")
    _check_format(content.get("format"), source)
    known = dict(content)
    for since, fields in SINCE.items():
        if content["format"] < since:
            known = fields | known
    try:
        Manifest.model_validate(known)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise damaged(source, f"{key}: {first['msg'][0].lower()}{first['msg'][1:]}") from None
    if content["checksum"] != schema.manifest_checksum(content):
        raise damaged(source, "its checksum does not match its content")
    if wrong := problem(known):
        raise damaged(source, wrong)
    return known


def problem(content: Mapping[str, Any]) -> str:
    """What is wrong with what the fields of a manifest say together, each being sound; "" if nothing is."""
    parts = content["parts"]
    checks = _names(parts), _rows(parts), _shards(parts["checkpoints"]), _births(content), _columns(content["columns"])
    return next(filter(None, checks), "")


def kept(manifest: Mapping[str, Any]) -> list[int]:
    """Generations whose newborns are stored, in order."""
    return sorted({entry["generation"] for entry in manifest["parts"]["checkpoints"]})


def begin(
    config: RunConfig,
    seal: Mapping[str, Any],
    versions: Mapping[str, str],
    machine: Mapping[str, Any],
    columns: Sequence[Mapping[str, Any]],
    started: str,
) -> dict[str, Any]:
    """The manifest of a run in which nothing has happened yet.

    Args:
        config: The run's configuration.
        seal: Size and SHA-256 of config.yaml.
        versions: Of the packages that decide the births.
        machine: The class within which births are promised to be identical.
        columns: Of births that only this run has.
        started: This moment, ISO 8601.
    """
    return {
        "format": schema.FORMAT_VERSION,
        "epoch": 1,
        "status": "running",
        "generation": -1,
        "seed": config.seed,
        "created": started,
        "updated": started,
        "versions": dict(versions),
        "class": dict(machine),
        "starts": [],
        "task": None,
        "objects": {},
        "columns": [dict(column) for column in columns],
        "warnings": [],
        "restarts": [],
        "config": [dict(seal)],
        "parts": {kind: [] for kind in schema.PART_KINDS},
    }


def _dense(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _indented(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).replace("\n", "\n ")


def _parts(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A line each: there may be many thousands."""
    kinds = (
        f"  {_dense(kind)}: [" + ",".join(f"\n   {_dense(entry)}" for entry in entries) + ("\n  ]" if entries else "]")
        for kind, entries in parts.items()
    )
    return "{\n" + ",\n".join(kinds) + "\n }"


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _check_format(version: Any, source: str) -> None:
    if not isinstance(version, int) or isinstance(version, bool):
        raise damaged(source, "no format version")
    if version not in schema.READABLE:
        age = "a newer" if version > schema.FORMAT_VERSION else "an older"
        ours = " and ".join(map(str, schema.READABLE))
        raise UserError(f"{source}: written by {age} alife: format {version}; this one reads {ours}: install {age} one")


def _names(parts: Mapping[str, list[dict[str, Any]]]) -> str:
    seen = set()
    for kind in schema.PART_KINDS:
        suffix = ".safetensors" if kind == "checkpoints" else ".parquet"
        for part in parts[kind]:
            name = part["name"]
            stem = name.removeprefix(f"{kind}/").removesuffix(suffix)
            if name != f"{kind}/{stem}{suffix}" or not stem.isascii() or not stem.replace("-", "").isalnum():
                return f"parts.{kind}: {name!r} is no name of a part"
            if name in seen:
                return f"parts.{kind}: {name!r} is listed twice"
            seen.add(name)
    return ""


def _rows(parts: Mapping[str, list[dict[str, Any]]]) -> str:
    for kind in schema.ROWS:
        rows, size = (sum(part[key] for part in parts[kind]) for key in ("rows", "size"))
        if rows > schema.most_rows(size):
            return f"parts.{kind}: {rows} rows in {size} bytes"
    return ""


def _shards(checkpoints: list[dict[str, Any]]) -> str:
    """Shards of one generation have no island in common."""
    everywhere = [[0, schema.MAX_ISLANDS]]
    held = sorted((e["generation"], *each) for e in checkpoints for each in e.get("islands") or everywhere)
    for before, after in pairwise(held):
        if before[0] == after[0] and after[1] <= before[2]:
            return f"parts.checkpoints: island {after[1]} of generation {after[0]} is listed twice"
    return ""


def _births(content: Mapping[str, Any]) -> str:
    """In the order of their first generation, and together of every generation from the first on record to the last."""
    births = content["parts"]["births"]
    if any(part["last"] < part["first"] for part in births):
        return "parts.births: one ends before it begins"
    reach = births[0]["last"] if births else content["generation"]
    for before, after in pairwise(births):
        if not before["first"] <= after["first"] <= reach + 1:
            return f"parts.births: {after['name']!r} does not follow {before['name']!r}"
        reach = max(reach, after["last"])
    return "" if reach == content["generation"] else f"parts.births end at {reach}, not {content['generation']}"


def _columns(columns: Sequence[Mapping[str, Any]]) -> str:
    names = [column["name"] for column in columns]
    for number, name in enumerate(names):
        if (name != CHANCE and wrong_name(name)) or name in names[:number]:
            return f"columns: {name!r} is the name of another column"
    return ""
