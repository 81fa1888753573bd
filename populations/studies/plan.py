"""A sweep as it is written down: YAML of treatments and seeds, checked, and spelt out to one configuration a run.

Call `read_plan` with a file or the name of a shipped sweep; `populations.studies.sweep` runs what it returns.
"""

import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml
from pydantic_core import to_jsonable_python

from alife.configuration import keys as configuration
from alife.configuration.keys import Ray, RunConfig, parse_config
from alife.configuration.parsing import LARGEST_SWEEP, load_yaml, merge, nest, renamed
from alife.configuration.problems import joined
from alife.configuration.remarks import warnings
from alife.configuration.sources import STANDARD, read_text
from alife.errors import UserError
from populations.studies.assays import AssayPlan, assays_of
from populations.studies.grid import MAX_RUNS, SECTIONS, check_sections, flat, quickened, seeds_of, treatments_of


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep; `name` is also its folder below `runs`."""

    treatment: str
    seed: int
    of: RunConfig
    """The treatment's configuration, with another seed."""

    @property
    def name(self) -> str:
        """TREATMENT/seed-K."""
        return f"{self.treatment}/seed-{self.seed}"

    @property
    def config(self) -> RunConfig:
        """Complete."""
        return self.of.model_copy(update={"seed": self.seed})


@dataclass(frozen=True)
class Plan:
    """A sweep.

    Attributes:
        base: What all runs share, complete.
        treatments: The dotted keys that each sets, by name.
        configs: The complete configuration of each, with the base's seed.
        seeds: Of each treatment.
        assays: What is done to the stored genomes of every run.
    """

    base: RunConfig
    treatments: Mapping[str, Mapping[str, Any]]
    configs: Mapping[str, RunConfig]
    seeds: tuple[int, ...]
    assays: tuple[AssayPlan, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Dotted keys that any treatment sets, in the order of the configuration; where it runs is none of them."""
        named = {key for keys in self.treatments.values() for key in keys if not key.startswith("ray.")}
        return tuple(key for key, *_ in configuration.leaves() if key in named)

    def runs(self) -> list[PlannedRun]:
        """All runs, seed by seed, so that a sweep that ends early has all treatments."""
        return [PlannedRun(name, seed, config) for seed in self.seeds for name, config in self.configs.items()]

    def needs(self, treatment: str) -> Ray | None:
        """What a run of a treatment asks of the cluster: as many CPUs as it sets threads, if it does not set those;
        None if that is what all do."""
        own, config = self.treatments[treatment], self.configs[treatment]
        needs = config.ray
        if "life.threads" in own and "ray.cpus_per_host" not in own:
            needs = needs.model_copy(update={"cpus_per_host": max(needs.cpus_per_host, config.life.threads)})
        return None if needs == self.base.ray else needs


def shipped() -> list[str]:
    """Names of the sweeps that come with the package."""
    return sorted(path.name.removesuffix(".yaml") for path in _shelf().iterdir() if path.name.endswith(".yaml"))


def read_plan(
    config: str | os.PathLike[str] | Mapping[str, Any], quick: bool = False, ray: Mapping[str, Any] | None = None
) -> Plan:
    """The sweep of a mapping, of a file, or a shipped one.

    Args:
        config: Sections, as in the file; a YAML file, `-` for standard input; or a name in `shipped()` (a file of that
            name goes first).
        quick: Lay the `quick` section over the rest.
        ray: Keys of the `ray` section that go before the base's.

    Raises:
        UserError: It cannot be read, or as `parse_plan`.
    """
    if isinstance(config, Mapping):
        return plan_of(config, "sweep", quick, ray)
    config = os.fspath(config)
    try:
        if "/" not in config and not os.path.exists(config) and config in shipped():
            text = (_shelf() / f"{config}.yaml").read_text(encoding="utf-8")
        else:
            text = read_text(config, LARGEST_SWEEP)
    except UserError as error:
        raise UserError(f"{error}; the sweeps that come along: {', '.join(shipped())}") from None
    return parse_plan(text, "standard input" if config == STANDARD else config, quick, ray)


def parse_plan(text: str, source: str, quick: bool = False, ray: Mapping[str, Any] | None = None) -> Plan:
    """The sweep that a YAML text describes.

    Args:
        text: With the keys `SECTIONS`.
        source: What to name in an error.
        quick: Lay the `quick` section over the rest.
        ray: Keys of the `ray` section that go before the base's.

    Raises:
        UserError: One line that names the treatment, the key, the value and what is allowed.
    """
    return plan_of(load_yaml(text, source, LARGEST_SWEEP), source, quick, ray)


def plan_of(data: Mapping[str, Any], source: str, quick: bool = False, ray: Mapping[str, Any] | None = None) -> Plan:
    """As `parse_plan`, of the sections that the text holds."""
    check_sections(data, SECTIONS, source)
    if quick:
        data = quickened(data, source)
    given = flat(data.get("base"), f"{source}: base")
    base = renamed(given)
    if "seed" in base:
        raise UserError(f"{source}: base: seed: say 'seeds:' beside 'base:' instead")
    above = {"ray": dict(ray)} if ray else {}
    parse_config(above, "command line")
    shared = merge(nest(base), above)
    complete = parse_config(shared, f"{source}: base")
    treatments = treatments_of(data, source, unshuffled=given.get("selection.scheme") == "shuffled")
    seeds = seeds_of(data, source)
    if len(treatments) * len(seeds) > MAX_RUNS:
        raise UserError(
            f"{source}: {len(treatments)} treatments × {len(seeds)} seeds: more than {MAX_RUNS:,} runs: name fewer"
        )
    configs = _configs(shared, treatments, source)
    _refuse_twins(configs, source)
    return Plan(complete, treatments, configs, seeds, assays_of(data, source))


def dump(plan: Plan) -> str:
    """The sweep as YAML, complete: `parse_plan` reads back an equal one, whatever the defaults will be."""
    base = plan.base.model_dump(mode="json", exclude={"seed"})
    treatments = {name: {key: plain(plan.configs[name], key) for key in keys} for name, keys in plan.treatments.items()}
    document = {"base": base, "treatments": treatments, "seeds": list(plan.seeds)}
    if plan.assays:
        document["assays"] = {assay.assay: assay.plain() for assay in plan.assays}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def difference(stored: Plan, asked: Plan) -> str | None:
    """What the second sweep would do otherwise, in a few words; where it runs (`ray`) is no difference.

    Neither are assays: those that are asked for later are done to runs that are there.
    """
    for name in sorted(stored.treatments.keys() ^ asked.treatments.keys()):
        return f"treatment {name} is {'in it' if name in stored.treatments else 'not in it'}"
    if set(stored.seeds) != set(asked.seeds):
        return f"its seeds are {_few(stored.seeds)}, not {_few(asked.seeds)}"
    for name, config in asked.configs.items():
        if stored.configs[name].model_copy(update={"ray": config.ray}) == config:
            continue
        for key, *_ in configuration.leaves():
            before, now = plain(stored.configs[name], key), plain(config, key)
            if before != now and not key.startswith("ray."):
                return f"treatment {name} has {key} = {before} in it, not {now}"
    return None


def warned(plan: Plan) -> list[str]:
    """What the sweep says in vain: in all of its treatments, or in those that set the key themselves."""
    where: dict[str, list[str]] = {}
    for name, config in plan.configs.items():
        for line in warnings(config, backend="local"):
            where.setdefault(line, []).append(name)
    out = []
    for line, names in where.items():
        own = [name for name in names if line.partition(":")[0] in plan.treatments[name]]
        if len(names) == len(plan.configs):
            out.append(line)
        elif own:
            out.append(f"{line} (in {_few(own)})")
    return out


def plain(config: RunConfig, key: str) -> Any:
    """The value of a dotted key, as YAML has it."""
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return to_jsonable_python(value)


def _shelf() -> Any:
    return resources.files("populations") / "sweeps"


def _configs(
    shared: Mapping[str, Any], treatments: Mapping[str, Mapping[str, Any]], source: str
) -> dict[str, RunConfig]:
    configs, wrong = {}, []
    for name, keys in treatments.items():
        try:
            configs[name] = parse_config(merge(shared, nest(keys)), f"{source}: treatment {name}")
        except UserError as error:
            wrong.append(str(error))
    if wrong:
        raise UserError(joined(wrong))
    return configs


def _refuse_twins(configs: Mapping[str, RunConfig], source: str) -> None:
    """Refuse treatments that could not be told apart, by what they do or by their folder."""
    names: dict[str, str] = {}
    doing: dict[str, str] = {}
    for name, config in configs.items():
        folder = unicodedata.normalize("NFKC", name).casefold()
        other = names.setdefault(folder, name)
        if other != name:
            raise UserError(
                f"{source}: treatments {other} and {name}: some disks cannot tell these names apart: rename one"
            )
        other = doing.setdefault(config.model_dump_json(exclude={"ray"}), name)
        if other != name:
            raise UserError(f"{source}: treatments {other} and {name} are the same: keep one")


def _few(words: Sequence[Any]) -> str:
    return ", ".join(map(str, words[:5])) + (", …" if len(words) > 5 else "")
