"""Run folders as somebody else might have made them: wrong under right checksums, with links, pipes and bombs.

Each harm takes a copy of a sound run folder and a source of chance, changes it, and says in a few words what it did.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from alife import schema
from tests.support.malformed import damaged

Harm = Callable[[Path, random.Random], str]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 2**31, 2**62, 2**63, 10**30, 10**400, 0.5, -0.0, 1e308, "", "eight", "abc"),
    *(
        "\x1b[31mred\x1b[0m",
        "\udcff",
        "../..",
        "/etc/passwd",
        "\u202etxt.exe",
        "a\nb",
        "x" * 5_000,
        [],
        [[]],
        {},
        {"a": 1},
    ),
    *([None], ["mutation"], ["mutation", "mutation"], [1, 2], float("1e300"), "1e-3", "none", "file:///dev/zero"),
)
"""Values to put in the place of others."""


def read_manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Under a right checksum, if it can have one."""
    try:
        manifest["checksum"] = schema.manifest_checksum(manifest)
    except (ValueError, TypeError):
        manifest["checksum"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))


def seal_config(folder: Path, text: bytes) -> None:
    """A configuration that the manifest vouches for."""
    manifest = read_manifest(folder)
    (folder / "config.yaml").write_bytes(text)
    manifest["config"] = [schema.seal(text)]
    write_manifest(folder, manifest)


def seal_part(folder: Path, entry: dict[str, Any], data: bytes, **more: Any) -> None:
    """A part or checkpoint that the manifest vouches for."""
    manifest = read_manifest(folder)
    (folder / entry["name"]).write_bytes(data)
    for listed in manifest["parts"].values():
        for each in listed:
            if each["name"] == entry["name"]:
                each.update(schema.seal(data) | more)
    write_manifest(folder, manifest)


def any_part(folder: Path, draw: random.Random, kinds: tuple[str, ...] = schema.ROWS) -> dict[str, Any]:
    parts = read_manifest(folder)["parts"]
    return draw.choice([entry for kind in kinds for entry in parts[kind]])


def a_value_of_the_manifest(folder: Path, draw: random.Random) -> str:
    manifest = read_manifest(folder)
    place: Any = manifest
    path: list[Any] = []
    while True:
        key = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
        path.append(key)
        if not place[key] or not isinstance(place[key], dict | list) or draw.random() < 0.2:
            break
        place = place[key]
    fault = draw.random()
    if fault < 0.15 and isinstance(place, dict):
        del place[key]
    elif fault < 0.3 and isinstance(place, dict):
        place[draw.choice(("more", "\x1b[2J", "__class__"))] = draw.choice(ODD)
    elif fault < 0.4 and isinstance(place, list):
        place.extend(list(place) * draw.choice((1, 1000)))
    else:
        place[key] = draw.choice(ODD)
    write_manifest(folder, manifest)
    return f"manifest {path}"


def a_value_of_the_configuration(folder: Path, draw: random.Random) -> str:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    section = draw.choice([key for key in config if key != "task"])
    place, key = (
        (config[section], draw.choice(list(config[section])))
        if isinstance(config[section], dict)
        else (config, section)
    )
    value = draw.choice(ODD)
    if draw.random() < 0.2:
        del place[key]
    else:
        place[key] = value
    seal_config(folder, yaml.safe_dump(config, sort_keys=False).encode(errors="replace"))
    return f"config {section}.{key} = {str(value)[:40]!r}"


def text_of_the_configuration(folder: Path, draw: random.Random) -> str:
    text = (folder / "config.yaml").read_bytes()
    laughs = b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9))
    new = draw.choice(
        (
            b"a: &a [x,x,x,x,x,x,x,x,x]\n" + laughs + text,
            text.replace(b"task: ", b"task: &t [*t]\nother: ", 1),
            text + b"x: " + b"[" * 5_000,
            text + b"x: " + b"{a: " * 5_000,
            b"seed: 0\n",
            b"",
            b"&a [*a]",
            text + b"#" * 300_000,
            text.replace(b"seed: 0", b"seed: " + b"9" * 5_000),
            text.replace(b"scheme: ", b'scheme: "\\e[31m" #'),
            b"\xff\xfe" + text,
            text.replace(b"\n", b"\r\n"),
            b"!!python/object/apply:os.system ['echo']\n",
            next(damaged(text, 1, draw.randrange(10**6))),
        )
    )
    seal_config(folder, new)
    return f"config text {new[:30]!r}"


def values_of_a_part(folder: Path, draw: random.Random) -> str:
    entry = any_part(folder, draw)
    table = pq.read_table(folder / entry["name"])
    number = draw.randrange(table.num_columns)
    field = table.schema.field(number)
    values = table.column(number).to_pylist()
    extremes: tuple[Any, ...] = ("", "dead", "x" * 100_000)
    if pa.types.is_integer(field.type):
        most = 2 ** (field.type.bit_width - 1)
        extremes = (0, 1, -1, most - 1, -most, 2**20, 2**22, values[0] + 1)
    elif pa.types.is_floating(field.type):
        extremes = (0.0, -1.0, float("nan"), float("inf"), -float("inf"), 3e38, 1e-45)
    value = draw.choice(extremes)
    rows = range(len(values)) if draw.random() < 0.3 else [draw.randrange(len(values))]
    for row in rows:
        values[row] = value
    changed = table.set_column(number, field, pa.array(values, field.type))
    seal_part(folder, entry, parquet(changed))
    return f"{entry['name']}: {field.name} = {str(value)[:20]}"


def columns_of_a_part(folder: Path, draw: random.Random) -> str:
    entry = any_part(folder, draw)
    table = pq.read_table(folder / entry["name"])
    name = draw.choice(table.column_names)
    number = table.column_names.index(name)
    nested = pa.array([[1]] * len(table))
    text = pa.array(["x"] * len(table))
    changed = draw.choice(
        (
            lambda: table.drop_columns(name),
            lambda: table.append_column("more", text),
            lambda: table.set_column(number, name, nested),
            lambda: table.set_column(number, name, text),
            lambda: table.slice(1),
            lambda: table.slice(0, 0),
            lambda: pa.concat_tables([table] * 50),
            lambda: table.select(list(reversed(table.column_names))),
            lambda: table.append_column(name, table.column(number)),
        )
    )()
    rows = {"rows": max(len(changed), 1)} if draw.random() < 0.5 else {}
    seal_part(folder, entry, parquet(changed), **rows)
    return f"{entry['name']}: columns around {name}"


def bytes_of_a_part(folder: Path, draw: random.Random) -> str:
    entry = any_part(folder, draw, schema.PART_KINDS)
    data = next(damaged((folder / entry["name"]).read_bytes(), 1, draw.randrange(10**6)))
    seal_part(folder, entry, data)
    return f"{entry['name']}: bytes"


def many_equal_rows(folder: Path, draw: random.Random) -> str:
    entry = any_part(folder, draw)
    table = pq.read_table(folder / entry["name"]).slice(0, 1)
    rows = draw.choice((900_000, 3_000_000))
    whole = pa.table({name: pa.repeat(table[name][0], rows) for name in table.column_names})
    seal_part(folder, entry, parquet(whole), rows=rows)
    return f"{entry['name']}: {rows} equal rows"


def rows_that_are_only_said(folder: Path, draw: random.Random) -> str:
    entry = any_part(folder, draw)
    rows = draw.choice((10**6, 10**9, 10**12, 2**62))
    seal_part(folder, entry, (folder / entry["name"]).read_bytes(), rows=rows)
    return f"{entry['name']}: says {rows} rows"


def header_of_a_checkpoint(folder: Path, draw: random.Random) -> str:
    entry = read_manifest(folder)["parts"]["checkpoints"][-1]
    data = (folder / entry["name"]).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    about = header["__metadata__"]
    fault = draw.randrange(5)
    if fault == 0:
        about["meta"] = draw.choice(("{}", "[]", '{"collapse_norm": "abc"}', '{"collapse_norm": 1e999}', "[" * 9_000))
    elif fault == 1:
        about[draw.choice(list(about))] = draw.choice(("", "-1", "9" * 400, "9" * 5_000, "\x1b[2J"))
    elif fault == 2:
        tensor = header[draw.choice([name for name in header if name != "__metadata__"])]
        tensor[draw.choice(list(tensor))] = draw.choice(([], [2**40], [-1], "F64", [0, 2**62]))
    elif fault == 3:
        name = draw.choice([name for name in header if name != "__metadata__"])
        header["4194303/" + name.partition("/")[2]] = header.pop(name)
    else:
        del header[draw.choice(list(header))]
    text = json.dumps(header).encode()
    seal_part(folder, entry, len(text).to_bytes(8, "little") + text + data[8 + length :])
    return f"checkpoint header {fault}"


def a_link(folder: Path, draw: random.Random) -> str:
    """Something in the folder is a link to a file or folder outside."""
    outside = folder.parent / "outside"
    names = [str(path.relative_to(folder)) for path in folder.rglob("*")]
    names += [
        "report.html",
        ".writer",
        ".manifest.json.tmp",
        ".config.yaml.tmp",
        "figures",
        "assays",
        "figures/traits.png",
    ]
    name = draw.choice(names)
    path = folder / name
    target = (
        outside if path.is_dir() or name in ("figures", "assays") else outside / draw.choice(("secret.txt", "new.txt"))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        path.rename(folder / "moved")
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    return f"{name} is a link to {target.name}"


def no_regular_file(folder: Path, draw: random.Random) -> str:
    names = [
        "manifest.json",
        "config.yaml",
        ".writer",
        "report.html",
        any_part(folder, draw, schema.PART_KINDS)["name"],
    ]
    path = folder / draw.choice(names)
    path.unlink(missing_ok=True)
    kind = draw.choice(("pipe", "folder", "huge", "empty"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(1 << 36 if kind == "huge" else 0)
    return f"{path.name} is {kind}"


def what_lies_beside(folder: Path, draw: random.Random) -> str:
    """Files that are no part of the record and yet are read."""
    (folder / "assays").mkdir(exist_ok=True)
    (folder / "figures").mkdir(exist_ok=True)
    name = draw.choice(
        ("test-0000005.json", "assays/garden-6.parquet", "figures/traits.png", "sweep.yaml", "phylogeny.csv")
    )
    data = draw.choice(
        (
            b"",
            b"[" * 100_000,
            b"null",
            b'{"1": {"test_accuracy": "x"}}',
            b"\x89PNG\r\n\x1a\n",
            os.urandom(100),
            b"\xff" * 9,
        )
    )
    (folder / name).write_bytes(data)
    return f"{name} holds {data[:10]!r}"


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, store_schema=False)
    return sink.getvalue().to_pybytes()


HARMS: tuple[Harm, ...] = (
    a_value_of_the_manifest,
    a_value_of_the_configuration,
    text_of_the_configuration,
    values_of_a_part,
    columns_of_a_part,
    bytes_of_a_part,
    many_equal_rows,
    rows_that_are_only_said,
    header_of_a_checkpoint,
    a_link,
    no_regular_file,
    what_lies_beside,
)
