"""The newborns of a generation in one file or several: which islands each holds, and some or all of them again.

Call `ranges` for what a manifest says of the islands of a shard, `of` for the shards of a generation, `thaw` to read
them.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from alife.errors import damaged
from alife.evolution.reproduction import Newborns
from alife.format import checkpoints, stored

Read = Callable[[str, int], bytes]
"""Content of a file in a run folder, by its name and size."""

Entry = Mapping[str, Any]
"""What a manifest says of a file."""

Held = TypeVar("Held", bound=Entry)


def ranges(islands: Iterable[int]) -> list[list[int]]:
    """Islands as inclusive, ascending ranges: 0, 1, 2, 3 and 7 are [[0, 3], [7, 7]]."""
    found: list[list[int]] = []
    for island in sorted(set(islands)):
        if found and found[-1][1] == island - 1:
            found[-1][1] = island
        else:
            found.append([island, island])
    return found


def of(manifest: Mapping[str, Any], generation: int) -> list[Entry]:
    """The files that hold the newborns of a generation; none if they are not kept."""
    return [entry for entry in manifest["parts"]["checkpoints"] if entry["generation"] == generation]


def holding(entries: Sequence[Held], islands: Collection[int]) -> list[Held]:
    """Those of some files that hold one of the islands."""
    return [entry for entry in entries if any(_holds(entry, island) for island in islands)]


def thaw(
    read: Read, entries: Sequence[Entry], islands: Collection[int] | None, source: str
) -> tuple[dict[int, Newborns], dict[str, Any]]:
    """Newborns of some islands, of the files of one generation that hold these.

    Args:
        read: Of the run folder.
        entries: What the manifest says of the files, one or more of one generation.
        islands: Whose; all if None.
        source: The run folder, as errors are to name it.

    Returns:
        (newborns by island, of those that have any; the meta that all were stored with).

    Raises:
        UserError: A file is damaged, or its newborns do not belong with the others.
    """
    found: dict[int, Newborns] = {}
    metas: list[dict[str, Any]] = []
    for entry in entries:
        if islands is None or any(_holds(entry, island) for island in islands):
            path = f"{source}/{entry['name']}"
            newborns, meta = _shard(read(entry["name"], entry["size"]), entry, path)
            if metas and (meta != metas[0] or _born_by(newborns) != _born_by(found)):
                raise damaged(path, "its newborns do not belong with those of other shards")
            metas.append(meta)
            found |= newborns
    if len(metas) > 1 and _twice(found.values()):
        raise damaged(f"{source}/{entries[0]['name']}", "an individual is there, and in another shard, too")
    chosen = {island: found[island] for island in sorted(found) if islands is None or island in islands}
    return chosen, metas[0] if metas else {}


def _holds(entry: Entry, island: int) -> bool:
    held = entry.get("islands")
    return held is None or any(first <= island <= last for first, last in held)


def _shard(data: bytes, entry: Entry, path: str) -> tuple[dict[int, Newborns], dict[str, Any]]:
    """Newborns and meta of a file, which is the one that the manifest lists."""
    stored.check_seal(data, entry, path)
    generation, newborns, meta = checkpoints.decode(data, path)
    if generation != entry["generation"]:
        raise damaged(path, f"of generation {generation}, not {entry['generation']}")
    if entry.get("islands") not in (None, ranges(newborns)):
        raise damaged(path, "of other islands than the manifest lists")
    return newborns, meta


def _born_by(newborns: Mapping[int, Newborns]) -> tuple[Any, ...]:
    """What newborns of one generation have in common."""
    one = next(iter(newborns.values()))
    back = None if one.lines is None else one.lines.shape[1]
    return one.noise_seed, one.mutation, one.past, one.messages.shape[1], back


def _twice(groups: Collection[Newborns]) -> bool:
    for name in ("ids", "origins"):
        identities = np.concatenate([getattr(group, name) for group in groups])
        if len(np.unique(identities)) != len(identities):
            return True
    return False
