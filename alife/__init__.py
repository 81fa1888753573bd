"""Neural quines: networks that print their own weights, evolved on islands.

`evolve(config, out)` makes a run, `load_run(out)` reads it, `load_network(out, id)` gives one of those who lived;
`sweep`, `replay`, `assay` and `paper` make studies, `load_sweep` and `compare` read several runs; `figures` has what is
drawn of them. `measure` describes a function of a `Life`, whose numbers a run then has as a column. A run folder is
given by its path or as a `Run`, a configuration as a mapping, a YAML file or a `RunConfig`. What the user can mend is a
`UserError`.

Here lies one island's life, in batched torch; many islands are the package `populations`, what a folder says is
`analysis`.

organism/       the network, its lifetime of learning, what is measured of it
world/          the task and the fixed projections
evolution/      one generation of one island: selection, reproduction, death
configuration/  every key of a run's configuration
assays/         experiments on stored genomes
seed_paper/     the seed paper's experiments
format/         the files of a run folder
bench/          what this machine is good for
cli/            the `alife` command; __main__.py is `python -m alife`
figures.py      every figure as a function
studies.py      sweeps, replays, assays and the seed paper from Python
schema.py       columns, dtypes and identities of the record
traits.py       what traits are called, and the scales on which they are compared and drawn
streams.py      every random number, keyed by what it is for
errors.py       the one exception that a user is meant to read
words.py        numbers in words
lazy.py         public names that are imported when first asked for
siblings.py     what hides one of the three packages
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from alife import figures
    from alife.configuration.keys import RunConfig, parse_config
    from alife.errors import UserError
    from alife.evolution.measuring import Life, measure
    from alife.studies import assay, paper, replay, sweep
    from alife.world.task import load_task
    from analysis.data.run import Run, load_run
    from analysis.data.sweep import load_sweep
    from analysis.studies.comparison import compare
    from populations.engine.adults import load_network
    from populations.engine.evolve import evolve, resume
    from populations.engine.fork import fork

__version__ = "0.2.0"

__all__ = [
    "Life",
    "Run",
    "RunConfig",
    "UserError",
    "__version__",
    "assay",
    "compare",
    "evolve",
    "figures",
    "fork",
    "load_network",
    "load_run",
    "load_sweep",
    "load_task",
    "measure",
    "paper",
    "parse_config",
    "replay",
    "resume",
    "sweep",
]

_HOMES = {
    "Life": "alife.evolution.measuring",
    "Run": "analysis.data.run",
    "RunConfig": "alife.configuration.keys",
    "UserError": "alife.errors",
    "assay": "alife.studies",
    "compare": "analysis.studies.comparison",
    "evolve": "populations.engine.evolve",
    "fork": "populations.engine.fork",
    "load_network": "populations.engine.adults",
    "load_run": "analysis.data.run",
    "load_sweep": "analysis.data.sweep",
    "load_task": "alife.world.task",
    "measure": "alife.evolution.measuring",
    "paper": "alife.studies",
    "parse_config": "alife.configuration.keys",
    "replay": "alife.studies",
    "resume": "populations.engine.evolve",
    "sweep": "alife.studies",
}

__getattr__, _names = attach(__name__, _HOMES, ["figures"])


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
