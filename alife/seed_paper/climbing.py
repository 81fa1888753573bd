"""E3 and E4: hill climbing, from random weights and from the solutions of SGD and Adamax (E1).

`alife paper E3 E4` calls them by `alife.seed_paper.registry`.
"""

import time
from typing import Any, Final

import torch
from torch import Tensor

from alife.organism.hill_climbing import Climbers
from alife.seed_paper.frame import Outcome, Work
from alife.seed_paper.habitat import configuration, floats, founders, habitat, measures, rows, stream
from alife.seed_paper.training import BATCH, SAVE_SECONDS, last

EPOCHS: Final = {"E3": (100, 10_000), "E4": (50, 1_000)}
"""Quick and full."""
LOOKS: Final = 50
"""Points of a curve, about."""
SIGMA: Final = 5e-6
"""Standard deviation of the noise, which the figures at hand do not fix. What helps ten coordinates is noise to all
others, and half of it is kept: Σθ² grows by about ½·2,010·N·σ² an epoch. Within 10,000 epochs that stays below 5 with
this σ; with 1e-4 L_SR turns upward after dozens of epochs, with 1e-3 in the first."""


def climb(work: Work, part: str) -> Outcome:
    """E3."""
    return _run(work, "E3", "hill climbing", founders(configuration(work.settings, "vanilla")))


def climb_on(work: Work, part: str) -> Outcome:
    """E4, from one optimiser's solutions."""
    return _run(work, "E4", f"from {part}", torch.from_numpy(work.earlier("E1")[part].copy()))


def _run(work: Work, experiment: str, variant: str, networks: Tensor) -> Outcome:
    config = configuration(work.settings, "vanilla", coordinates=BATCH, sampling="epoch", target="epoch")
    place, epochs = habitat(config), EPOCHS[experiment][work.settings.full]
    every, curve, epoch = max(1, epochs // LOOKS), list[dict[str, Any]](), 0
    kept = work.keep.load()
    if kept:
        networks, epoch, curve = torch.from_numpy(kept[0]["networks"]), kept[1]["epoch"], kept[1]["curve"]
    else:
        curve = rows(experiment, variant, measures(place, networks), epoch=0)
    climbers, saved = Climbers(place.features, config.life, networks, SIGMA), time.monotonic()
    while epoch < epochs:
        share = climbers.climb(stream(work.settings, experiment, epoch))
        epoch += 1
        if epoch % every == 0 or epoch == epochs:
            measured = measures(place, climbers.networks()) | {"kept_share": share.numpy()}
            curve += rows(experiment, variant, measured, epoch=epoch)
        work.tell(epoch / epochs, f"epoch {epoch:,} of {epochs:,}")
        if time.monotonic() - saved > SAVE_SECONDS and epoch < epochs:
            work.keep.save({"networks": floats(climbers.networks())}, {"epoch": epoch, "curve": curve})
            saved = time.monotonic()
    facts = {"length": f"{epochs:,} epochs", "shortened": not work.settings.full, "sigma": SIGMA}
    return Outcome(last(curve, epochs), curve, {variant: floats(climbers.networks())}, facts)
