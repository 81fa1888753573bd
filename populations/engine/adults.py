"""What individuals became: adults stored at a run's end, and any other lived again from the newborn that is kept.

Call `load_network` with a run and an id.
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from alife import schema
from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import merge
from alife.errors import UserError, damaged
from alife.evolution import island, objects
from alife.evolution.adult import Network
from alife.evolution.reproduction import Floats
from alife.world.projections import Physics
from populations.engine import migration
from populations.engine.prepare import prepare
from populations.record.checkpoints import adults_name, decode_adults
from populations.record.storage import explained, open_folder
from populations.record.task import as_lived
from populations.record.writer import read_checkpoint, read_config, read_manifest


def load_network(run: str | os.PathLike[str], individual: int, *, device: str | None = None) -> Network:
    """An adult of a run as a plain torch module.

    The dominants of a run's last generation are stored. Others are lived again from their generation's newborns, if
    these are kept: the same to the last bit on a machine of the run's class.

    Args:
        run: A path or an fsspec URI, or an `analysis.data.run.Run`.
        individual: An id of `births`; of a migrant, too.
        device: Where to live; as the run did if None. The module is on the CPU.

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
    run = os.fspath(run)
    manifest = read_manifest(run)
    config = as_lived(read_config(run), manifest)
    if device is not None:
        config = parse_config(merge(config.model_dump(), {"device": device}))
    individual = int(individual)
    generation = schema.unpack_id(individual)[1] if 0 <= individual < 1 << 62 else -1
    stored = _stored(run, generation).get(individual)
    if stored is None:
        _check_kept(run, manifest, generation, individual)
    config, physics = prepare(config, manifest)
    weights = _lived(run, config, physics, manifest["objects"], generation, individual) if stored is None else stored
    if weights.shape != (physics.shape.n_weights,):
        raise damaged(f"{run}/{adults_name(generation)}", f"an adult has {weights.shape} weights")
    return Network(torch.from_numpy(weights), physics, config.quine.pairing)


def _stored(run: str, generation: int) -> dict[int, Floats]:
    """Adults of a generation's dominants, none if there is no file of them."""
    folder, name = open_folder(run), adults_name(generation)
    with explained(folder, f"reading {name}"):
        if name not in folder.ls():
            return {}
        data = folder.read(name)
    return decode_adults(data, f"{run}/{name}")


def _check_kept(run: str, manifest: Mapping[str, Any], generation: int, individual: int) -> None:
    """See that the newborns of a generation are kept.

    Raises:
        UserError: They are not; the line says which are, and how to keep these.
    """
    kept = sorted(entry["generation"] for entry in manifest["parts"]["checkpoints"])
    if generation in kept:
        return
    if not kept or not kept[0] <= generation <= manifest["generation"]:
        raise UserError(f"{run}: nobody with id {individual} has lived here: choose an id of its births")
    before = max(g for g in kept if g < generation)
    listed, again = ", ".join(map(str, kept)), f"--generation {before} --generations {generation + 1}"
    raise UserError(
        f"{run}: newborns of generation {generation} are not kept, those of {listed} are: 'alife fork {run} {again} "
        "--checkpoint.every 1 --checkpoint.keep 2 --out DIR' lives them again, and load_network('DIR', …) has them"
    )


def _lived(
    run: str, config: RunConfig, physics: Physics, known: objects.Record, generation: int, individual: int
) -> Floats:
    """[N] weights of an individual's adult, after the life that it had, or is to have."""
    newborns = read_checkpoint(run, generation)[1]
    objects.check_again(newborns.values(), config, known, run)
    for where, group in migration.migrate(config, newborns, generation)[0].items():
        slot = np.flatnonzero(group.ids == individual)
        if len(slot):
            habitat = island.Habitat(config, physics)
            return island.adults(habitat, group, generation, where)[int(slot[0])].numpy(force=True)
    raise UserError(f"{run}: nobody with id {individual} has lived here: choose an id of its births")
