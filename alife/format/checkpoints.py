"""Newborns and adults as safetensors bytes: what a run resumes from, what a fork thaws, and which of them are kept.

Call `encode` and `decode` for newborns, `encode_adults` and `decode_adults` for a run's dominants, `born` for the
genome of one newborn, `retained` for which generations stay, `not_kept` for what to say of one that did not.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from alife import schema
from alife.errors import UserError, damaged
from alife.evolution import mutation
from alife.evolution.mutation import GAUSSIAN, Mutation
from alife.evolution.reproduction import ARRAYS, Era, Floats, Newborns, birth, by_era, generation_of
from alife.format import manifest as manifests
from alife.organism.shape import Shape, Tensors
from alife.words import count

_TENSORS = {**ARRAYS, **{f"traits/{name}": "float32" for name in schema.LIFE_HISTORY}}
_USUAL = {"origins": lambda ids: ids, "second_ancestors": lambda ids: np.full_like(ids, schema.NO_ANCESTOR)}
"""Tensors that are there only where they are not these: of islands with survivors, or children of two parents."""
_LINES = "lines"
"""The tensor that only runs have whose scheme of selection asks for lines of ancestors."""

_ISLAND = re.compile("0|[1-9][0-9]{0,8}")

FORMAT = "1"
"""Of a checkpoint's own layout, whatever the format of its run folder."""


def fossil(generation: int) -> bool:
    """Whether the newborns of a generation stay in the fossil record: 0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, …"""
    digits = str(generation)
    return generation == 0 or (digits[0] in "1235" and not digits[1:].strip("0"))


def retained(generations: Iterable[int], keep: int) -> set[int]:
    """Those of the stored generations that stay: the last `keep`, and fossils."""
    ordered = sorted(generations)
    return set(ordered[-keep:]) | {generation for generation in ordered if fossil(generation)}


def encode(generation: int, newborns: Mapping[int, Newborns], meta: Mapping[str, Any]) -> bytes:
    """One file with the newborns of some islands, or of all.

    Args:
        generation: Theirs.
        newborns: By island; all with the same noise_seed, mutation, past and number of weights.
        meta: JSON values that come back with them.

    Raises:
        ValueError: They are not what `decode` would accept.
    """
    if not newborns:
        raise ValueError("a checkpoint needs at least one island")
    seeds = {island.noise_seed for island in newborns.values()}
    if len(seeds) != 1:
        raise ValueError(f"islands with different noise seeds: {sorted(seeds)}")
    how, past = (first := next(iter(newborns.values()))).mutation, first.past
    if any((island.mutation, island.past) != (how, past) for island in newborns.values()):
        raise ValueError("islands with different operators of mutation, or pasts")
    tensors = {}
    for number, island in sorted(newborns.items()):
        for name in ARRAYS:
            if name not in _USUAL or not np.array_equal(getattr(island, name), _USUAL[name](island.ids)):
                tensors[f"{number}/{name}"] = np.ascontiguousarray(getattr(island, name))
        for name, values in island.traits.items():
            tensors[f"{number}/traits/{name}"] = np.ascontiguousarray(values)
        if island.lines is not None:
            tensors[f"{number}/{_LINES}"] = np.ascontiguousarray(island.lines)
    problem = _problem(tensors, generation)
    if problem:
        raise ValueError(problem)
    metadata = {
        "format": FORMAT,
        "generation": str(generation),
        "noise_seed": str(seeds.pop()),
        "meta": json.dumps(meta, sort_keys=True, allow_nan=False),
    }
    if how != GAUSSIAN:
        metadata["mutation"] = mutation.dump(how)
    if past:
        metadata["past"] = json.dumps([[era.until, era.noise_seed, mutation.dump(era.mutation)] for era in past])
    return safetensors.numpy.save(tensors, metadata)


def decode(data: bytes, source: str) -> tuple[int, dict[int, Newborns], dict[str, Any]]:
    """What `encode` was given.

    Args:
        data: A whole file.
        source: The file, as errors are to name it.

    Returns:
        (generation, newborns by island, meta).

    Raises:
        UserError: Damaged, of another format, of wrong shapes or dtypes, or with values that no newborn can have.
    """
    try:
        tensors = safetensors.numpy.load(data)
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length])["__metadata__"]
        version = metadata["format"]
        generation, noise_seed = int(metadata["generation"]), int(metadata["noise_seed"])
        meta = json.loads(metadata["meta"])
        how = GAUSSIAN if "mutation" not in metadata else mutation.parse(metadata["mutation"])
        past = tuple(_era(*told) for told in json.loads(metadata.get("past", "[]")))
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise damaged(source, " ".join(str(error).split())[:200]) from None
    if version != FORMAT:
        raise UserError(
            f"{source}: checkpoint of format {version[:20]}; this alife reads {FORMAT}: install the one that wrote it"
        )
    problem = _problem(tensors, generation)
    if not problem and (noise_seed < 0 or not isinstance(meta, dict)):
        problem = "noise_seed or meta is not what a checkpoint holds"
    if not problem and [era.until for era in past] != sorted({era.until for era in past}):
        problem = "its past is in no order"
    if problem:
        raise damaged(source, problem)
    islands = sorted({int(name.partition("/")[0]) for name in tensors})
    return generation, {island: _newborns(tensors, island, noise_seed, how, past) for island in islands}, meta


def born(newborns: Mapping[int, Newborns], individual: int, hidden: int | None) -> Floats | None:
    """[N] float32, the genome that an individual lives with, its birth noise included; None if it is not among them.

    Args:
        newborns: By island.
        individual: An id.
        hidden: H of the networks; None if they are not dense.

    Raises:
        UserError: It is born by an operator of the run's own, which readers do not run, or by one that needs to know
            the matrices of a network that is not dense.
    """
    for group in newborns.values():
        slot = np.flatnonzero(group.ids == individual)
        if len(slot):
            _, one = next(by_era(group.take(slot[:1])))
            if one.mutation.is_own:
                raise UserError(
                    f"individual {individual} is born by {one.mutation.operator}, which is not run to read a genome: "
                    "the message that it comes of is in the checkpoint"
                )
            n = one.messages.shape[1]
            if hidden is None and one.mutation.operator in mutation.BY_MATRIX:
                raise UserError(
                    f"individual {individual} is born by {one.mutation.operator}, from matrices of a network that is "
                    "not made to read a genome: the message that it comes of is in the checkpoint"
                )
            shape = Tensors(((n,),), 0) if hidden is None else Shape.of_genome(n, hidden, hidden)
            return birth(one, shape)[0]
    return None


class NotKept(UserError):
    """Newborns of a generation that lived are not on record."""


def not_kept(run: str, manifest: Mapping[str, Any], generation: int) -> NotKept:
    """What to say to whoever asks for newborns that are not kept: which are, and how to have these.

    Args:
        run: The folder, as given.
        manifest: The run's.
        generation: Theirs, one of those that lived.
    """
    kept = manifests.kept(manifest)
    why = f"{run}: newborns of generation {generation} are not kept, those of {', '.join(map(str, kept))} are"
    if not kept or generation < kept[0]:
        return NotKept(why)
    before = max(g for g in kept if g < generation)
    return NotKept(
        f"{why}: 'alife fork {run} --generation {before} --generations {generation + 1} --checkpoint.every 1 "
        "--checkpoint.keep 2 --out DIR' lives them again, and DIR has them"
    )


class Adult(NamedTuple):
    """One that lived: weights [N] float32, and the genome [N] that it was born with; None where it is not on record."""

    weights: Floats
    genome: Floats | None


def adults_name(generation: int) -> str:
    """The file in a run folder that holds the adults of a generation's dominants."""
    return f"dominants-{generation:07d}.safetensors"


def encode_adults(generation: int, adults: Mapping[int, Adult]) -> bytes:
    """One file of adults by id: tensors ID, what it became, and ID/genome, what it was born as."""
    tensors = {}
    for individual, adult in adults.items():
        tensors[str(individual)] = np.ascontiguousarray(adult.weights)
        if adult.genome is not None:
            tensors[f"{individual}/genome"] = np.ascontiguousarray(adult.genome)
    return safetensors.numpy.save(tensors, {"format": FORMAT, "generation": str(generation)})


def decode_adults(data: bytes, source: str) -> dict[int, Adult]:
    """Adults by id of a file of theirs; older ones hold no genomes.

    Raises:
        UserError: It is damaged.
    """
    try:
        tensors = safetensors.numpy.load(data)
        ids = {int(name): name for name in tensors if not name.endswith("/genome")}
    except (safetensors.SafetensorError, ValueError, MemoryError) as error:
        raise damaged(source, " ".join(str(error).split())[:200]) from None
    adults = {number: Adult(tensors.pop(name), tensors.pop(f"{name}/genome", None)) for number, name in ids.items()}
    rows = [row for adult in adults.values() for row in adult if row is not None]
    if tensors or any(row.dtype != np.float32 or row.ndim != 1 for row in rows):
        raise damaged(source, "what it holds are no adults")
    return adults


def _newborns(
    tensors: Mapping[str, np.ndarray], island: int, noise_seed: int, how: Mutation, past: tuple[Era, ...]
) -> Newborns:
    ids = tensors[f"{island}/ids"]
    usual = {name: made(ids) for name, made in _USUAL.items()}
    arrays = {name: tensors.get(f"{island}/{name}", usual.get(name, ids)) for name in ARRAYS}
    traits = {name: tensors[f"{island}/traits/{name}"] for name in schema.LIFE_HISTORY}
    lines = tensors.get(f"{island}/{_LINES}")
    return Newborns(**arrays, traits=traits, noise_seed=noise_seed, mutation=how, past=past, lines=lines)


def _era(until: object, noise_seed: object, how: object) -> Era:
    """An era of a checkpoint's past.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(until, int) or not isinstance(noise_seed, int) or not isinstance(how, str):
        raise ValueError("not what a checkpoint says of its past")
    if not 0 < until <= schema.MAX_GENERATIONS or noise_seed < 0:
        raise ValueError(f"a past until generation {until}, of seed {noise_seed}, is impossible")
    return Era(until, noise_seed, mutation.parse(how))


def _problem(tensors: Mapping[str, np.ndarray], generation: int) -> str:
    """What is wrong with a checkpoint's tensors, or nothing."""
    if not 0 <= generation <= schema.MAX_GENERATIONS:
        return f"generation {generation} is impossible"
    islands: dict[str, dict[str, np.ndarray]] = {}
    for name, tensor in tensors.items():
        number, _, field = name.partition("/")
        islands.setdefault(number, {})[field] = tensor
    weights, back = set(), set()
    for number, fields in islands.items():
        if (
            not (number.isascii() and number.isdigit() and str(int(number)) == number)
            or int(number) >= schema.MAX_ISLANDS
        ):
            return f"{number!r} is no island"
        problem = _island_problem(fields, generation)
        if problem:
            return f"island {number}: {problem}"
        weights.add(fields["messages"].shape[1])
        back.add(fields[_LINES].shape[1] if _LINES in fields else 0)
    if len(weights) != 1:
        return f"genomes of different lengths: {sorted(weights)}"
    if len(back) != 1:
        return f"lines of ancestors of different lengths: {sorted(back)}"
    for name in ("ids", "origins"):
        identities = np.concatenate([fields.get(name, fields["ids"]) for fields in islands.values()])
        if len(np.unique(identities)) != len(identities):
            return "an individual is there twice"
    return ""


def _island_problem(fields: Mapping[str, np.ndarray], generation: int) -> str:
    kinds = {**_TENSORS, **({_LINES: "int64"} if _LINES in fields else {})}
    if wrong := (fields.keys() ^ kinds.keys()) - _USUAL.keys():
        return f"tensors {sorted(wrong)} are missing or unknown"
    size = len(fields["ids"]) if fields["ids"].ndim else 0
    for name, dtype in kinds.items():
        tensor = fields.get(name, fields["ids"])
        if tensor.dtype != dtype:
            return f"{name} is {tensor.dtype}, not {dtype}"
        if tensor.ndim != (2 if name in ("messages", _LINES) else 1) or len(tensor) != size:
            return f"{name} has shape {tensor.shape} for {count(size, 'newborn')}"
        if dtype == "float32" and not np.isfinite(tensor).all():
            return f"{name} is not finite"
    if fields["messages"].shape[1] < 1 or (fields["noise"] < 0).any():
        return "empty genomes or negative noise"
    ids, origins = fields["ids"], fields.get("origins", fields["ids"])
    if (ids < 0).any() or (generation_of(ids) != generation).any():
        return f"an id is not of generation {generation}"
    if ((origins != ids) & ((origins < 0) | (generation_of(origins) >= generation))).any():
        return f"somebody who survived into generation {generation} was born in no generation before"
    if (fields.get("second_ancestors", ids) < schema.NO_ANCESTOR).any():
        return "a second ancestor is nobody that could be"
    if _LINES in fields and (not fields[_LINES].shape[1] or (fields[_LINES][:, 0] != fields["ancestors"]).any()):
        return "lines of ancestors do not begin with them"
    return ""
