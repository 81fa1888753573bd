"""The data of a run that goes on, is forked or assayed: divided as its record says, and refused if it is other data.

Call `task_again` for the data, `as_lived` for the configuration.
"""

from collections.abc import Mapping
from typing import Any

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format.manifest import told
from alife.world.task import Task, load_task


def task_again(config: RunConfig, manifest: Mapping[str, Any]) -> Task | None:
    """The task of a run on record.

    Args:
        config: The run's.
        manifest: Its record. One of format 1 does not know its data, and divides a folder at its tail.

    Raises:
        UserError: The data are not there, or are not those on record.
    """
    known = manifest.get("task")
    task = load_task(config.task, split=known["split"] if known else "tail")
    if known and task and task.digest != known["digest"]:
        raise UserError(
            f"task: {config.task} holds {told(task.on_record())}, but this run has on record {told(known)}: "
            "put those data back there"
        )
    return task


def as_lived(config: RunConfig, manifest: Mapping[str, Any]) -> RunConfig:
    """The configuration in the words of today: in a run of format 1, `life.sampling: epoch` restarted its images."""
    if config.life.sampling != "epoch" or manifest.get("task"):
        return config
    return config.model_copy(update={"life": config.life.model_copy(update={"sampling": "restarting"})})
