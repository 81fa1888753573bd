"""What individuals became: adults stored at a run's end, and any other lived again from the newborn that is kept.

Call `load_network` with a run and an id, `load_networks` with several.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from alife import schema
from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import merge
from alife.errors import UserError, damaged
from alife.evolution import island, objects
from alife.evolution.adult import DenseNetwork, OwnNetwork, adult
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Floats
from alife.format import checkpoints
from alife.format import manifest as manifests
from alife.format.checkpoints import Adult, adults_name
from alife.world.projections import Physics
from alife.world.task import Task
from populations.engine import migration
from populations.engine.prepare import prepare
from populations.record.storage import explained, open_folder
from populations.record.task import as_lived
from populations.record.writer import read_checkpoint, read_config, read_manifest


def load_network(
    run: str | os.PathLike[str], individual: int, *, device: str | None = None, task: Task | None = None
) -> DenseNetwork | OwnNetwork:
    """An adult of a run as a plain torch module.

    The dominants of a run's last generation are stored. Others are lived again from their generation's newborns, if
    these are kept: the same to the last bit on a machine of the run's class.

    Args:
        run: A path or an fsspec URI, or an `analysis.data.run.Run`.
        individual: An id of `births`; of a migrant, too.
        device: Where to live; as the run did if None. The module is on the CPU.
        task: The run's data, if they were handed over; other data are refused.

    Raises:
        UserError: There is no such individual, its newborns are not kept, or the run's data or device are not here.

    Example:
        >>> import alife
        >>> run = alife.load_run("runs/first")
        >>> fittest = run.births.query("generation == @run.last").nlargest(1, "fitness")
        >>> network = alife.load_network(run, fittest["id"].iloc[0])
        >>> network.emit().shape  # H = 16: 2·16² weights between neurons, 16 that print, 10·16 that classify
        torch.Size([688])
    """
    return load_networks(run, [individual], device=device, task=task)[0]


def load_networks(
    run: str | os.PathLike[str], individuals: Sequence[int], *, device: str | None = None, task: Task | None = None
) -> list[DenseNetwork | OwnNetwork]:
    """As `load_network`, of several: the world is made once, and each island lives once a generation."""
    run = os.fspath(run)
    manifest = read_manifest(run)
    config = as_lived(read_config(run), manifest)
    if device is not None:
        config = parse_config(merge(config.model_dump(), {"device": device}))
    wanted = [int(individual) for individual in individuals]
    born = {one: schema.unpack_id(one)[1] if 0 <= one < 1 << 62 else -1 for one in wanted}
    known = {one: kept.weights for when in set(born.values()) for one, kept in _stored(run, when).items()}
    for one, when in born.items():
        if one not in known:
            _check_kept(run, manifest, when, one)
    config, physics = prepare(config, manifest, given=task)
    for when in sorted({when for one, when in born.items() if one not in known}):
        known |= _lived(run, config, physics, manifest["objects"], when, {one for one in wanted if born[one] == when})
    for one, when in born.items():
        if known[one].shape != (physics.shape.n_weights,):
            raise damaged(f"{run}/{adults_name(when)}", f"an adult has {known[one].shape} weights")
    return [adult(config, physics, torch.from_numpy(known[one])) for one in wanted]


def _stored(run: str, generation: int) -> dict[int, Adult]:
    """Adults of a generation's dominants, none if there is no file of them."""
    folder, name = open_folder(run), adults_name(generation)
    with explained(folder, f"reading {name}"):
        if name not in folder.ls():
            return {}
        data = folder.read(name)
    return checkpoints.decode_adults(data, f"{run}/{name}")


def _check_kept(run: str, manifest: Mapping[str, Any], generation: int, individual: int) -> None:
    """See that the newborns of a generation are kept.

    Raises:
        UserError: They are not; the line says which are, and how to keep these.
    """
    kept = manifests.kept(manifest)
    if generation in kept:
        return
    if not kept or not kept[0] <= generation <= manifest["generation"]:
        raise UserError(f"{run}: nobody with id {individual} has lived here: choose an id of its births")
    raise checkpoints.not_kept(run, manifest, generation)


def _lived(
    run: str, config: RunConfig, physics: Physics, known: objects.Record, generation: int, wanted: set[int]
) -> dict[int, Floats]:
    """[N] weights by id, of individuals of a generation, after the life that they had, or are to have."""
    newborns = read_checkpoint(run, generation)[1]
    objects.check_again(newborns.values(), config, known, run)
    found: dict[int, Floats] = {}
    habitat = Habitat(config, physics)
    for where, group in migration.migrate(config, newborns, generation).items():
        slots = np.flatnonzero(np.isin(group.ids, list(wanted)))
        if len(slots):
            lived = island.adults(habitat, group, generation, where)
            found |= {int(group.ids[slot]): lived[int(slot)].numpy(force=True) for slot in slots}
    if missing := wanted - found.keys():
        raise UserError(f"{run}: nobody with id {min(missing)} has lived here: choose an id of its births")
    return found
