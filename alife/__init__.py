"""Neural quines: networks that print their own weights, evolved on islands.

`evolve(config, out)` makes a run, `Evolution(config, out)` makes it generation by generation; `load_run(out)` reads it,
`run.individual(id)` is one of those who lived; `sweep`, `replay`, `assay` and `paper` make studies, `load_sweep` and
`compare` read several runs; `figures` has what is drawn of them. `measure` describes a function of a `Life`, whose
numbers a run then has as a column. A run folder is given by its path or as a `Run`, a configuration as a mapping, a
YAML file or a `RunConfig`, data of one's own as a `Task.of(…)`. What the user can mend is a `UserError`.

Here lies one island's life, in batched torch; many islands are the package `populations`, what a folder says is
`analysis`.

organism/       the network, its lifetime of learning, what is measured of it
organisms/      other networks, by words of `quine.network`
world/          the task and the fixed projections
evolution/      one generation of one island: selection, reproduction, death
configuration/  every key of a run's configuration
assays/         experiments on stored genomes
seed_paper/     the seed paper's experiments
format/         the files of a run folder
bench/          what this machine is good for
cli/            the `alife` command; __main__.py is `python -m alife`
figures.py      every figure as a function
tune.py         runs as trials of Ray Tune
individuals.py  who lived, as files that others read
studies.py      sweeps, replays, assays and the seed paper from Python
schema.py       columns, dtypes and identities of the record
traits.py       what traits are called, and the scales on which they are compared and drawn
streams.py      every random number, keyed by what it is for
errors.py       the one exception that a user is meant to read
words.py        numbers in words
lazy.py         public names that are imported when first asked for
plugins.py      objects of the user's own that a configuration names
siblings.py     what hides one of the three packages
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from alife import figures
    from alife import tune as tune
    from alife.configuration.keys import RunConfig, parse_config
    from alife.errors import UserError
    from alife.evolution.measuring import Life, measure
    from alife.individuals import export_individuals
    from alife.organism.codes import position_code
    from alife.organism.network import (
        Conditions,
        Lesson,
        Network,
        Sizes,
        classification,
        regression,
        replication,
        task_loss,
    )
    from alife.studies import assay, paper, replay, sweep
    from alife.world.task import Task, load_task
    from analysis.data.individual import Individual
    from analysis.data.run import Run, load_run
    from analysis.data.sweep import load_sweep
    from analysis.studies.comparison import compare
    from populations.engine.adults import load_network
    from populations.engine.evolve import Evolution, evolve, resume
    from populations.engine.fork import fork
    from populations.observe.callbacks import EarlyStopping, MaxHours
    from populations.observe.mlflow import MLflow
    from populations.observe.steps import Stop
    from populations.observe.wandb import Wandb

__version__ = "0.2.0"

__all__ = [
    "Conditions",
    "EarlyStopping",
    "Evolution",
    "Individual",
    "Lesson",
    "Life",
    "MLflow",
    "MaxHours",
    "Network",
    "Run",
    "RunConfig",
    "Sizes",
    "Stop",
    "Task",
    "UserError",
    "Wandb",
    "__version__",
    "assay",
    "classification",
    "compare",
    "evolve",
    "export_individuals",
    "figures",
    "fork",
    "load_network",
    "load_run",
    "load_sweep",
    "load_task",
    "measure",
    "paper",
    "parse_config",
    "position_code",
    "regression",
    "replay",
    "replication",
    "resume",
    "sweep",
    "task_loss",
    "tune",
]

_HOMES = {
    "Conditions": "alife.organism.network",
    "EarlyStopping": "populations.observe.callbacks",
    "Evolution": "populations.engine.evolve",
    "Individual": "analysis.data.individual",
    "Lesson": "alife.organism.network",
    "Life": "alife.evolution.measuring",
    "MLflow": "populations.observe.mlflow",
    "MaxHours": "populations.observe.callbacks",
    "Network": "alife.organism.network",
    "Run": "analysis.data.run",
    "RunConfig": "alife.configuration.keys",
    "Sizes": "alife.organism.network",
    "Stop": "populations.observe.steps",
    "Task": "alife.world.task",
    "UserError": "alife.errors",
    "Wandb": "populations.observe.wandb",
    "assay": "alife.studies",
    "classification": "alife.organism.network",
    "compare": "analysis.studies.comparison",
    "evolve": "populations.engine.evolve",
    "export_individuals": "alife.individuals",
    "fork": "populations.engine.fork",
    "load_network": "populations.engine.adults",
    "load_run": "analysis.data.run",
    "load_sweep": "analysis.data.sweep",
    "load_task": "alife.world.task",
    "measure": "alife.evolution.measuring",
    "paper": "alife.studies",
    "parse_config": "alife.configuration.keys",
    "position_code": "alife.organism.codes",
    "regression": "alife.organism.network",
    "replay": "alife.studies",
    "replication": "alife.organism.network",
    "resume": "populations.engine.evolve",
    "sweep": "alife.studies",
    "task_loss": "alife.organism.network",
}

__getattr__, _names = attach(__name__, _HOMES, ["figures", "tune"])


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
