"""What a manifest is to list once workers have written: pure, before anything is put in place.

`planned` adds what they have sealed, `replaced` puts merged parts in the place of small ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alife import schema
from alife.configuration.keys import RunConfig
from alife.format import checkpoints
from alife.format.fields import check_entry
from populations.record.shards import Entry


def planned(
    content: Mapping[str, Any],
    config: RunConfig,
    generation: int,
    sealed: Sequence[Mapping[str, Sequence[Entry]]],
) -> dict[str, list[Entry]]:
    """The parts of a manifest with what workers have written up to a generation.

    Args:
        content: The last manifest.
        config: The run's.
        generation: The last one completed.
        sealed: What was written, by kind, as of `populations.record.shards.seal`. Shards take the place of any that
            are listed of their generation.

    Returns:
        Entries by kind. Checkpoints that are past keeping are not among them.

    Raises:
        ValueError: What was written is not of the generations that are to be committed.
    """
    new: dict[str, list[Entry]] = {kind: [] for kind in schema.PART_KINDS}
    for each in sealed:
        for kind, entries in each.items():
            new.setdefault(kind, []).extend(check_entry(kind, entry) for entry in entries)
    before, old = content["generation"], content["parts"]
    for kind in schema.ROWS:
        for entry in new[kind]:
            if not before < entry["first"] <= entry["last"] <= generation:
                raise ValueError(f"{entry['name']}: not of generations {before + 1} to {generation}")
    has_begun = bool(new["births"]) or any(old.values())  # a fork begins with newborns of any generation
    if has_begun and generation != before and before + 1 not in {entry["first"] for entry in new["births"]}:
        raise ValueError(f"births of generation {before + 1} are missing")
    fresh = {entry["generation"] for entry in new["checkpoints"]}
    for entry in new["checkpoints"]:
        number, islands = entry["generation"], entry.get("islands") or [[0, 0]]
        if islands[-1][1] >= config.population.islands:
            raise ValueError(f"{entry['name']}: of island {islands[-1][1]}, and there are {config.population.islands}")
        if number != generation + 1 and not (before + 1 < number <= generation and checkpoints.fossil(number)):
            raise ValueError(f"newborns of generation {number} are not kept when {generation} is committed")
    listed = [entry for entry in old["checkpoints"] if entry["generation"] not in fresh] + new["checkpoints"]
    stay = checkpoints.retained({entry["generation"] for entry in listed}, config.checkpoint.keep)
    held = sorted(listed, key=lambda entry: (entry["generation"], entry.get("islands") or []))
    return {
        **{kind: _in_order([*old[kind], *new[kind]]) for kind in schema.ROWS},
        "checkpoints": [entry for entry in held if entry["generation"] in stay],
    }


def replaced(
    listed: Mapping[str, Sequence[Entry]], merged: Sequence[tuple[str, Sequence[str], Entry]]
) -> dict[str, list[Entry]]:
    """Entries by kind with merged parts in the place of those that they are made of.

    Args:
        listed: Entries by kind.
        merged: Kind, names of the old parts and the entry of the new one, each.

    Raises:
        ValueError: The old ones are not listed, or the new one has other rows.
    """
    there = {kind: {entry["name"]: entry for entry in entries} for kind, entries in listed.items()}
    if any(len(there[kind]) != len(entries) for kind, entries in listed.items()):
        raise ValueError("a part is there twice")
    for kind, names, entry in merged:
        check_entry(kind, entry)
        old = [there[kind].pop(name) for name in names if name in there[kind]] if kind in schema.ROWS else []
        if not old or len(old) != len(names):
            raise ValueError(f"{entry['name']}: made of parts that are not listed")
        told = entry["rows"], entry["first"], entry["last"]
        if told != (sum(e["rows"] for e in old), min(e["first"] for e in old), max(e["last"] for e in old)):
            raise ValueError(f"{entry['name']}: its rows are not those of the parts that it is made of")
        there[kind][entry["name"]] = dict(entry)
    touched = {kind for kind, _, _ in merged}
    return {kind: _in_order(list(e.values())) if kind in touched else list(e.values()) for kind, e in there.items()}


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: int(entry["first"]))
