"""E0: what untrained networks lose, vanilla and auxiliary.

`alife paper E0` calls `run`.
"""

from alife.seed_paper.auxiliary import losses
from alife.seed_paper.frame import Floats, Outcome, Work
from alife.seed_paper.habitat import Kind, configuration, floats, founders, habitat, measures, rows


def run(work: Work, part: str) -> Outcome:
    """Measure the founders of both kinds of network."""
    found, genomes = [], dict[str, Floats]()
    kinds: tuple[Kind, ...] = ("vanilla", "auxiliary")
    for kind in kinds:
        config = configuration(work.settings, kind)
        networks = founders(config)
        measured = measures(habitat(config), networks)
        if kind == "auxiliary":
            measured |= losses(habitat(config), networks)
        found += rows("E0", kind, measured)
        genomes[kind] = floats(networks)
    return Outcome(found, genomes=genomes, facts={"length": "untrained", "shortened": False})
