"""The data of a run that goes on, is forked or assayed: divided as its record says, and refused if it is other data.

Call `task_again` for the data, `as_lived` for the configuration; `told_given` for that of a new run whose data are
handed over.
"""

from collections.abc import Mapping
from typing import Any

from alife.configuration.keys import RunConfig
from alife.configuration.values import GIVEN
from alife.errors import UserError
from alife.format.manifest import told
from alife.world.task import Task, accept, load_task


def told_given(config: RunConfig, task: Task | None) -> RunConfig:
    """The configuration of a new run, which says of data that are handed over that they were.

    Raises:
        UserError: They are no task, or the configuration names another one.
    """
    if task is None:
        return config
    accept(task)
    if "task" in config.model_fields_set and config.task != GIVEN:
        raise UserError(f"task: {config.task}: data are handed over beside it (task=): leave one of the two out")
    return config.model_copy(update={"task": GIVEN})


def task_again(config: RunConfig, manifest: Mapping[str, Any], given: Task | None = None) -> Task | None:
    """The task of a run on record.

    Args:
        config: The run's.
        manifest: Its record. One of format 1 does not know its data, and divides a folder at its tail.
        given: The data, if they are handed over.

    Raises:
        UserError: The data are not there, or are not those on record.
    """
    known = manifest.get("task")
    if given is not None and config.task == "none":
        raise UserError("task: none: this run learns no data: leave task= out")
    if given is None and config.task == GIVEN:
        data = f"{told(known)}, which were" if known else "data that were"
        raise UserError(f"task: {GIVEN}: this run learned {data} handed over in Python: hand them over again (task=)")
    task = load_task(config.task, split=known["split"] if known else "tail") if given is None else accept(given)
    if known and task and task.digest != known["digest"]:
        what = f"{config.task} holds" if given is None else "handed over are"
        mend = "put those data back there" if given is None else "hand those over"
        raise UserError(f"task: {what} {told(task.on_record())}, but this run has on record {told(known)}: {mend}")
    return task


def as_lived(config: RunConfig, manifest: Mapping[str, Any]) -> RunConfig:
    """The configuration in the words of today: in a run of format 1, `life.sampling: epoch` restarted its images."""
    if config.life.sampling != "epoch" or manifest.get("task"):
        return config
    return config.model_copy(update={"life": config.life.model_copy(update={"sampling": "restarting"})})
