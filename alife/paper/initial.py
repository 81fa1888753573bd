"""E0: what untrained networks lose, vanilla and auxiliary."""

from alife.paper.frame import Outcome, Work
from alife.paper.habitat import configuration, floats, founders, habitat, measures, rows


def run(work: Work, part: str) -> Outcome:
    """Measure the founders of both kinds of network."""
    found, genomes = [], {}
    for kind in ("vanilla", "auxiliary"):
        config = configuration(work.settings, kind)
        networks = founders(config)
        found += rows("E0", kind, measures(habitat(config), networks))
        genomes[kind] = floats(networks)
    return Outcome(found, genomes=genomes, facts={"length": "untrained", "shortened": False})
