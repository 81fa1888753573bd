"""The assays of a sweep: as its YAML asks for them, and as one job each once their run has ended.

`assays_of` reads the plan's sections, `assay_run` is the job; the assay of a single run is
`populations.studies.assay_runner`.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from alife.configuration.keys import RunConfig
from alife.configuration.problems import shown
from alife.errors import UserError
from alife.world.task import Task
from populations.record import reader
from populations.record.storage import open_below

LAST: Final = "last"
KEYS: Final = ("generations", "sample", "replicates", "descent", "task_weights")


@dataclass(frozen=True)
class AssayPlan:
    """One assay of every run of a sweep, complete.

    Attributes:
        assay: A name in `alife.assays.ASSAYS`.
        generations: Ascending; "last" is what the last generation of a run has conceived.
        sample: Genomes of each.
        replicates: Lives, streams or lines of each genome.
        descent: Emissions that lines are followed through.
        task_weights: That each genome lives under; empty where they do not matter.
    """

    assay: str
    generations: tuple[int | str, ...]
    sample: int
    replicates: int
    descent: int
    task_weights: tuple[float, ...]

    def of(self, last: int) -> list[int]:
        """The generations of a run of so many."""
        return sorted({last if g == LAST else int(g) for g in self.generations})

    def file(self, config: RunConfig) -> str:
        """Its table below RUN/assays, once the run has ended."""
        return f"{self.assay}-{self.of(config.generations)[-1]}.parquet"

    def cost(self, config: RunConfig) -> int:
        """Steps of all lives, to compare with those of a run."""
        lives = len(self.of(config.generations)) * self.sample * self.replicates * max(len(self.task_weights), 1)
        return lives * (config.life.steps + 1)

    def plain(self) -> dict[str, Any]:
        """As YAML has it."""
        values = {key: value for key, value in asdict(self).items() if key != "assay"}
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        return values if self.task_weights else {k: v for k, v in values.items() if k != "task_weights"}


def assays_of(data: Mapping[str, Any], source: str) -> tuple[AssayPlan, ...]:
    """The assays that a sweep's sections ask for.

    Raises:
        UserError: One is unknown, or one of its keys or values is not allowed.
    """
    asked = data.get("assays") or {}
    if not isinstance(asked, Mapping):
        raise UserError(f"{source}: assays: expected names, each with its keys, as in 'garden: {{sample: 48}}'")
    return tuple(_planned(name, keys or {}, f"{source}: assays: {name}") for name, keys in asked.items())


def _planned(name: Any, keys: Any, where: str) -> AssayPlan:
    from alife.assays import ASSAYS
    from populations.studies.assay_runner import Request, settled

    if name not in ASSAYS:
        raise UserError(f"{where}: there is no such assay: choose among {', '.join(ASSAYS)}")
    if not isinstance(keys, Mapping) or (unknown := [key for key in keys if key not in KEYS]):
        raise UserError(f"{where}: {keys if not isinstance(keys, Mapping) else unknown[0]}: expected {', '.join(KEYS)}")
    assay = ASSAYS[name]
    numbers: dict[str, Any] = {
        key: _whole(keys[key], f"{where}: {key}") for key in ("sample", "replicates", "descent") if key in keys
    }
    weights = _weights(keys["task_weights"], f"{where}: task_weights") if "task_weights" in keys else None
    if weights is not None and not assay.weighs:
        raise UserError(f"{where}: task_weights: this assay has none: leave them out")
    try:
        size, options = settled(Request(name, task_weights=weights, **numbers))
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    generations = _generations(keys.get("generations", [*assay.beside, LAST]), f"{where}: generations")
    if len(generations) > 1 and not assay.beside:
        raise UserError(f"{where}: generations: this assay takes one generation, not {len(generations)}")
    weighed = options.task_weights if assay.weighs else ()
    return AssayPlan(name, generations, size, options.replicates, options.descent, weighed)


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UserError(f"{where}: {shown(value)} is not allowed: a whole number from 1 on")
    return value


def _weights(value: Any, where: str) -> list[float]:
    numbers = isinstance(value, list) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    if not numbers:
        raise UserError(f"{where}: {shown(value)} is not allowed: a list of numbers")
    return [float(v) for v in value]


def _generations(value: Any, where: str) -> tuple[int | str, ...]:
    listed = value if isinstance(value, list) and value else [None]
    for generation in listed:
        if generation != LAST and (not isinstance(generation, int) or isinstance(generation, bool) or generation < 0):
            raise UserError(f"{where}: {shown(value)} is not allowed: a list of generations, and '{LAST}'")
    return tuple(sorted(dict.fromkeys(listed), key=lambda g: (g == LAST, g)))


def assay_run(run: str, plan: AssayPlan, task: Task | None = None) -> str:
    """The job that is one assay of one run.

    Returns:
        The file that holds it; "" of a run that has died out, whose last generation nobody lives in.

    Raises:
        UserError: As `populations.studies.assay_runner.perform` and `store`.
    """
    from populations.studies.assay_runner import Request, perform, store

    found = reader.read_manifest(run)
    if found["status"] == "extinct":
        return ""
    weights = plan.task_weights or None
    request = Request(
        plan.assay,
        plan.of(found["generation"] + 1),
        plan.sample,
        plan.replicates,
        plan.descent,
        task_weights=weights,
        alone=True,
    )
    return store(run, *perform(run, request, task=task))


def is_done(run: str, config: RunConfig, plan: AssayPlan) -> bool:
    """Whether what an assay would find is there, or there is nothing to find."""
    generations = plan.of(config.generations)
    try:
        if reader.read_manifest(run)["status"] == "extinct":
            return True
        schema = pq.read_schema(io.BytesIO(open_below(run, "assays").read(plan.file(config))))
        about = json.loads((schema.metadata or {})[b"alife"])
    except (OSError, UserError, pa.ArrowException, KeyError, ValueError):
        return False
    asked = {"generations": generations, "replicates": plan.replicates, "descent": plan.descent}
    asked |= {"task_weights": list(plan.task_weights)} if plan.task_weights else {}
    most = config.population.islands * config.population.size
    sizes = {str(generation): min(plan.sample, most) for generation in generations}
    return all(about.get(key) == value for key, value in asked.items()) and about.get("sample") == sizes
