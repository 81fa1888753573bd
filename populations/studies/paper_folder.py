"""The folder of a reproduction of the seed paper: what was asked for, of which data, and what may go on in it.

Call `settled` first, and `write_plan` once the folder is claimed. What came of parts is in `paper_results`.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from alife.configuration import keys as configuration
from alife.errors import UserError
from alife.format.manifest import parse_task, told
from alife.seed_paper.frame import Settings
from alife.seed_paper.registry import EXPERIMENTS
from populations.record import lease as locks
from populations.record.storage import Folder, explained, is_passing
from populations.studies import paper_results

PLAN: Final = "paper.json"


def settled(folder: Folder, settings: Settings) -> Settings:
    """The settings, their data by its absolute path, checked against those that the folder holds.

    Raises:
        UserError: It holds others, or something else.
    """
    settings = replace(settings, task=configuration.located(settings.task))
    with explained(folder, "looking there"):
        found = folder.ls()
        folder.check_writable()
        if PLAN not in found:
            if not all(locks.is_lock(name) or is_passing(name) for name in found):
                raise UserError(f"{folder.uri}: is not empty, and holds no {PLAN}: choose another --out")
            return settings
        stored = paper_results.parse(folder.read(PLAN), f"{folder.uri}/{PLAN}")
        stored["task"] = configuration.located(str(stored.get("task")))
    for key, value in asdict(settings).items():
        if stored.get(key) != value:
            raise UserError(
                f"{folder.uri}: was begun with {key} = {stored.get(key)}, not {value}: choose another --out"
            )
    return settings


def write_plan(
    folder: Folder, settings: Settings, data: Mapping[str, Any] | None, over: Collection[tuple[str, str]]
) -> None:
    """Write what is asked for, and the data with the first part that learns them.

    Args:
        folder: Ours alone.
        settings: `settled`.
        data: `Task.on_record`, if a part is to learn them.
        over: Parts that have ended. Of those of an earlier version nobody knows what they learned: nothing is said.

    Raises:
        UserError: Others have learned other data.
    """
    begun = PLAN in folder.ls()
    known = stored_data(folder) if begun else None
    if known and data and known["digest"] != data["digest"]:
        raise UserError(
            f"task: {settings.task} holds {told(data)}, but {folder.uri} was begun with {told(known)}: put those data "
            "back there, or choose another --out"
        )
    learned = known or any(EXPERIMENTS[name].classifies for name, _ in over)
    if not begun or (data and not learned):
        plan = asdict(settings) | ({"data": data} if data else {})
        folder.put(PLAN, paper_results.as_json(plan))


def stored_data(folder: Folder) -> dict[str, Any] | None:
    """The data on record."""
    source = f"{folder.uri}/{PLAN}"
    return parse_task(paper_results.parse(folder.read(PLAN), source).get("data"), source)
