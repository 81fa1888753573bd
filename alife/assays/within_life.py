"""Within a life: the same genomes live under several weights of the task, so that only what a life is for differs.

Call `within_life` with newborns by generation, as `alife assay RUN within_life` does.
"""

from collections.abc import Mapping, Sequence

from alife.assays.lives import Columns, Tell, Use, of_each, scored, silent, stacked
from alife.errors import UserError
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns

TASK_WEIGHTS = (0.0, 0.1, 1.0, 10.0, 100.0)
"""Weights of the cross-entropy beside ρ that each genome lives under: no task, the default, and where it begins to
cost. Optimisers that take steps of one size whatever the gradient's (Adamax) teach the class weights, which ρ hardly
touches, as fast under a weight of 0.01 as under 0.1."""


def within_life(
    habitat: Habitat,
    groups: Mapping[int, Newborns],
    replicates: int = 1,
    task_weights: Sequence[float] = TASK_WEIGHTS,
    tell: Tell = silent,
) -> dict[str, Columns]:
    """Score genomes under several task weights.

    In replicate r a genome meets the same coordinates and images at each step under every weight; other genomes meet
    others. Heritable life-history traits go with a genome, but for the task weight.

    Args:
        habitat: Where; with a task.
        groups: Newborns by generation.
        replicates: Lives of each genome under each weight.
        task_weights: Weights of the cross-entropy beside ρ.
        tell: Told of progress.

    Returns:
        {"weights": a row for each (generation, individual, replicate, task weight)}: generation, id, island, replicate,
        task_weight, accuracy, replication_error, copying_error (`schema.SCORES`; NaN where an individual diverged).

    Raises:
        UserError: There is no task to weigh, or nobody learns.
    """
    config = habitat.config
    if config.task == "none":
        raise UserError("task: none: without a task there is no task weight to live under: choose another assay")
    if config.life.steps == 0:
        raise UserError("life.steps: 0: nobody learns, so that no task weight matters: choose another assay")
    rows: list[Columns] = []
    total = len(groups) * replicates * len(task_weights)
    for generation, newborns in groups.items():
        genomes = habitat.born(newborns)
        for r in range(replicates):
            stream = of_each(config.seed, Use.WEIGHTS, newborns.ids.tolist(), r)
            for weight in task_weights:
                about = {"generation": generation, "replicate": r, "task_weight": float(weight)}
                rows.append(scored(habitat, genomes, newborns, stream, about, task_weight=weight))
                tell(len(rows), total)
    return {"weights": stacked(rows)}
