"""E1 and E2: vanilla networks under gradient training, six optimisers for 30 epochs and Adamax for 100.

`alife paper E1 E2` calls them by `alife.seed_paper.registry`.
"""

from alife.seed_paper.frame import Outcome, Work
from alife.seed_paper.habitat import configuration, floats, founders, measures, rows
from alife.seed_paper.training import Training, last, train

EPOCHS = {"E1": 30, "E2": 100}


def six(work: Work, part: str) -> Outcome:
    """E1, one optimiser."""
    return _run(work, "E1", part)


def adamax(work: Work, part: str) -> Outcome:
    """E2."""
    return _run(work, "E2", "adamax")


def _run(work: Work, experiment: str, optimizer: str) -> Outcome:
    epochs = EPOCHS[experiment]
    networks = founders(configuration(work.settings, "vanilla"))
    training = Training(work.settings, experiment, "vanilla", optimizer, networks)

    def look(epoch, networks):
        return rows(experiment, optimizer, measures(training.place, networks), epoch=epoch)

    curve = train(work, training, epochs, look)
    facts = {"length": f"{epochs} epochs", "shortened": False}
    return Outcome(last(curve, epochs), curve, {optimizer: floats(training.networks())}, facts)
