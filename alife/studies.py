"""Studies from Python: `sweep`, `replay`, `assay` and `paper` make what they name and give what can be read of it."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from alife.assays import ASSAYS
from alife.configuration.keys import parse_config
from alife.errors import BadArgument, UserError
from alife.seed_paper.frame import Settings
from alife.words import count
from alife.world.task import Task
from analysis import assays, load_run
from analysis.data.run import Run
from analysis.data.sweep import Sweep, load_sweep
from analysis.figures.saving import FORMATS
from analysis.paper import Results, load
from analysis.report import of_assay, of_futures, of_paper
from analysis.studies import futures
from populations.engine.choosing import BackendName, Chosen
from populations.engine.fork import folder_of
from populations.observe.assay_progress import AssayTerminal
from populations.observe.listeners import Sink, hearing
from populations.studies import assay_runner
from populations.studies import paper as experiments
from populations.studies import replicates as forks
from populations.studies import sweep as sweeps
from populations.studies.plan import read_plan

Path = str | os.PathLike[str]


def sweep(
    plan: Path | Mapping[str, Any],
    out: Path,
    *,
    quick: bool = False,
    ray: Mapping[str, Any] | None = None,
    backend: BackendName = "auto",
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> Sweep:
    """Evolve treatments × seeds, each run in a folder of its own; the same call goes on with what has not ended.

    Args:
        plan: The sections `base`, `treatments`, `grid`, `seeds`, `assays` and `quick`, of which each may be absent; a
            YAML file of them; or the name of a sweep that comes along, "tradeoff", "precision" or "lean".
        out: The sweep's folder, a path or an fsspec URI: new, or with the same sweep in it.
        quick: Lay the plan's `quick` section over the rest.
        ray: Keys of the `ray` section that go before the plan's.
        backend: "ray": each run is a task of its own; "local": one after another in this process; "auto": whichever
            is faster.
        max_hours: From now on: each run stops before the generation that would be too late, and no other is begun then;
            whatever is under way in the end is stopped as by Ctrl-C.
        task: The data of all runs, if they are handed over (`alife.Task.of`).
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Returns:
        What `load_sweep` gives, with what `failed`.

    Raises:
        UserError: The plan or the cluster will not do, or the folder holds something else: nothing was written. Or no
            run has ended.

    Example:
        >>> import alife
        >>> plan = {
        ...     "base": {"task": "glyphs", "generations": 2, "population.size": 4, "quine.hidden": 12,
        ...              "quine.coordinate_units": 6, "life.steps": 5},
        ...     "treatments": {
        ...         "w1": {"selection.accuracy_weight": 1},
        ...         "shuffled": {"selection.scheme": "shuffled"},
        ...     },
        ...     "seeds": 2,
        ... }
        >>> alife.sweep(plan, "sweeps/small", backend="local")
        <Sweep sweeps/small: shuffled (2 runs); w1 (2 runs)>
    """
    out = os.fspath(out)
    how: Any = {"backend": backend, "max_hours": max_hours, "task": task, "sinks": sinks, "quiet": quiet}
    done = sweeps.sweep(read_plan(plan, quick, ray), out, **how)
    if not done.done:
        name, why = next(
            iter(done.failed.items()), (done.stopped, "stopped it before a run has ended; the same call goes on")
        )
        raise UserError(f"{out}: {name}: {why}")
    return replace(load_sweep(out), failed=done.failed, stopped=done.stopped)


@dataclass(frozen=True, repr=False)
class Replays:
    """Forks of one generation of a run, the same newborns under seeds of their own.

    Attributes:
        original: The run that was forked.
        generation: The one that was thawed.
        runs: Those that have ended, by seed.
        statements: Whether they went the same way, a sentence a trait, and where the figure is.
        failed: A line for each that failed, by name.
        stopped: The signal that stopped them, or "max-hours H", "" if nothing did: the same call with `resume=True`
            goes on.
    """

    original: Run
    generation: int
    runs: Sequence[Run]
    statements: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""

    def __repr__(self) -> str:
        """A line: of what, how many, and what is missing."""
        words = [count(len(self.runs), "replay")]
        words += [f"{len(self.failed)} failed"] * bool(self.failed) + ["stopped"] * bool(self.stopped)
        return f"<Replays of {self.original.path} from generation {self.generation}: {', '.join(words)}>"

    def futures(self) -> list[futures.Future]:
        """What the replays share and what divides them, a `Future` a trait."""
        return futures.futures(self.original, self.runs)


def replay(
    run: Path,
    generation: int,
    replicates: int = 8,
    out: Path | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    backend: BackendName = "auto",
    resume: bool = False,
    max_hours: float | None = None,
    task: Task | None = None,
    figures: bool | Sequence[str] = True,
    dpi: float | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> Replays:
    """Replay a run's history several times from one generation, and tell chance from what comes again.

    Args:
        run: The run to fork: a path or an fsspec URI, or a `Run`.
        generation: A kept one; its newborns are thawed.
        replicates: How many forks, in OUT/seed-S.
        out: A folder for them; RUN-fork-GENERATION if None.
        changes: Keys that differ from the run's configuration, nested or dotted; `seed` is the first of the forks'.
        backend: As of `sweep`.
        resume: Go on with what has not ended.
        max_hours: As of `sweep`.
        task: The run's data, if they were handed over; other data are refused.
        figures: Whether to draw the fan of futures, or the formats to save it as; in OUT/figures.
        dpi: Pixels an inch of a PNG.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Raises:
        UserError: The generation is not kept, a change is not allowed, or a folder is in use.

    Example:
        >>> import alife
        >>> replays = alife.replay("runs/first", 3, replicates=2, backend="local", figures=False)
        >>> replays
        <Replays of runs/first from generation 3: 2 replays>
        >>> [future.trait for future in replays.futures()]
        ['accuracy', 'replication_error', 'copying_error']
    """
    path = os.fspath(run)
    out = folder_of(path, generation) if out is None else os.fspath(out)
    how: Any = {"backend": backend, "resume": resume, "max_hours": max_hours, "task": task, "sinks": sinks}
    how |= {"quiet": quiet}
    results = forks.replay(path, generation, replicates, out, changes, **how)
    original = run if isinstance(run, Run) else load_run(path)
    stopped = next((each.error or "SIGINT" for each in results if each.status == "stopped"), "")
    failed = {each.name: each.error for each in results if each.status == "failed"}
    runs = [load_run(each.value) for each in results if each.status == "done"]
    statements: list[str] = []
    if runs and not stopped:
        formats = FORMATS if figures is True else tuple(figures or ())
        statements = of_futures.publish(original, runs, out if formats else None, formats, dpi)
    return Replays(original, generation, runs, statements, failed, stopped)


def assay(
    run: Path,
    name: str,
    generations: int | Sequence[int] | None = None,
    *,
    sample: int | None = None,
    replicates: int | None = None,
    descent: int | None = None,
    task_weights: Sequence[float] | None = None,
    device: str | None = None,
    task: Task | None = None,
    figures: bool = True,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> assays.Result:
    """Experiment on a run's stored genomes; what is found lies in RUN/assays.

    Args:
        run: A path or an fsspec URI, or a `Run`.
        name: "garden": generations under common lives; "within_life": the same genomes under several task weights;
            "mutation": what becomes of birth noise; "dfe": effects of new mutations through time; "epistasis": what
            two of them do together and alone; "complexity": which parts of a genome carry information; "fertility":
            descent without selection.
        generations: Kept ones; the last if None. To a single one a garden adds 0 and 3, within_life 0, dfe,
            epistasis and complexity 3.
        sample: Genomes of each generation, from all islands; None for the assay's own number; likewise
        replicates: lives, streams or lines of each genome.
        descent: Emissions that fertility follows lines through, 10 if None.
        task_weights: Of within_life.
        device: "cpu" or "cuda"; as the run if None.
        task: The run's data, if they were handed over; other data are refused.
        figures: Whether to draw.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Returns:
        Estimates with intervals over what this one run has stored, and the sentences that they bear.

    Raises:
        UserError: A generation is not kept, a number is not allowed, or the run's data or device are not here.

    Example:
        >>> import alife
        >>> result = alife.assay("runs/first", "mutation", sample=4, replicates=2, figures=False)
        >>> result
        <Result of the mutation assay of runs/first, generation 6: 23 estimates>
        >>> result.files
        ['runs/first/assays/mutation-6.parquet', 'runs/first/assays/mutation-6.json']
    """
    if name not in ASSAYS:
        raise UserError(f"{name}: there is no such assay: choose among {', '.join(ASSAYS)}")
    path = os.fspath(run)
    for option, value, whose in (("descent", descent, "fertility"), ("task_weights", task_weights, "within_life")):
        if value is not None and name != whose:
            raise BadArgument(option, f": the {name} assay has no use for it; {whose} has")
    wanted = [generations] if isinstance(generations, int) else generations
    length = assay_runner.Request.descent if descent is None else descent
    request = assay_runner.Request(name, wanted, sample, replicates, length, device, task_weights)
    with closing(hearing(sinks, quiet, AssayTerminal)) as tell:
        about, tables = assay_runner.perform(path, request, tell, task)
    assay_runner.store(path, about, tables)
    return of_assay.publish(path, name, max(about["generations"]), figures)


def paper(
    names: str | Sequence[str],
    out: Path,
    *,
    full: bool = False,
    seeds: int = 8,
    seed: int = 0,
    task: str = "mnist",
    ray: Mapping[str, Any] | None = None,
    backend: Chosen = "ray",
    figures: bool = True,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> Results:
    """Reproduce experiments of the seed paper (Chang & Lipson 2018); the same call goes on with what has not ended.

    Args:
        names: "E0" … "E8", "tradeoff", "strict", "fertility", "contraction" or "all"; one or several. What one begins
            from is done too.
        out: The folder: a path or an fsspec URI.
        full: The paper's lengths, hours; else lengths of minutes.
        seeds: Networks of each variant.
        seed: Of all that is random.
        task: What to classify: "mnist", or a folder of IDX files.
        ray: Keys of the `ray` section of a configuration.
        backend: "ray": parts side by side; "local": one after another in this process.
        figures: Whether to make the table, figures and the page of it all in OUT.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Returns:
        All that lies in the folder, as tables of `rows`, a network at its end each, and of `curves` through training.

    Raises:
        UserError: Unknown experiments, settings other than the folder's, no cluster, or a part that failed.

    Example:
        >>> import alife
        >>> results = alife.paper("E0", "paper", seeds=2, task="glyphs", backend="local", figures=False)
        >>> results
        <Results of the seed paper in paper: E0>
        >>> results.of("E0").groupby("variant")["rho"].median().round(1).to_dict()
        {'auxiliary': 1.1, 'vanilla': 1.3}
    """
    out = os.fspath(out)
    asked = [names] if isinstance(names, str) else names
    needs = parse_config({"ray": dict(ray or {})}).ray
    settings = Settings(full, seeds, seed, task)
    done = experiments.reproduce(asked, settings, out, ray=needs, backend=backend, sinks=sinks, quiet=quiet)
    if done.failed or done.stopped:
        name, why = next(iter(done.failed.items()), (done.stopped, "stopped it; the same call goes on"))
        raise UserError(f"{out}: {name}: {why}")
    if figures:
        of_paper.publish(out)
    return load(out)
