"""The experiments beside what the authors' logs say: call `findings`, then `judged`, then `table` or `csv_text`.

Three kinds of numbers are compared, each by a two-sided test of "no difference":

- shares of networks of the class that the authors found most often: Fisher's exact test, 95 % intervals of Wilson;
- means over trials or soups of which the authors give the mean alone: Student's t, their standard deviation taken to
  be ours, 95 % intervals of t;
- the count of a single soup of theirs: its rank among ours, 95 % interval of quantiles.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from alife.organisms.tiny import experiments
from alife.organisms.tiny.fixpoints import CLASSES
from alife.organisms.tiny.networks import KINDS
from alife.organisms.tiny.soup import Rules

ALPHA: Final = 0.05
TRIALS: Final = 1_000
"""Disturbed networks of each scale; theirs are three logs of 100."""
SEVERITIES, TRAINS, SMALL, SHORT = (10, 20, 40), (20, 50, 100), 10, 5
"""Passes of learning in learning soups, of self-training in short ones; individuals of both; epochs of short ones."""


@dataclass(frozen=True)
class Finding:
    """One number of ours beside theirs.

    Attributes:
        experiment: applied, trained, disturbed, soup, learning soup or short soup.
        network: Its kind.
        setting: Noise, or passes.
        outcome: What is counted.
        ours: A share or a mean; of single soups the median.
        low: Of its 95 % interval.
        high: Likewise.
        of: Networks, trials or soups.
        theirs: Their number.
        theirs_of: Of how many.
        p: Of no difference.
        detail: All counts of ours.
        differs: Whether p, corrected by Holm over all findings, is below 0.05; where it is not, `low` and `high` say
            what is left open.
    """

    experiment: str
    network: str
    setting: str
    outcome: str
    ours: float
    low: float
    high: float
    of: int
    theirs: float
    theirs_of: int
    p: float
    detail: str
    differs: bool = False


Tell = Callable[[str], None]
TOLD: Final = ("experiment", "network", "setting", "outcome")
"""What a finding is of."""


def findings(nets: int, soups: int, passes: int, seed: int, tell: Tell = lambda text: None) -> Iterator[Finding]:
    """All experiments, one after another.

    Args:
        nets: Networks of each kind, applied to themselves and trained.
        soups: Soups of each kind; at least 2.
        passes: Of self-training in those of 20, an epoch.
        seed: Of all that is random.
        tell: Is told what is about to be done.
    """
    for name, experiment in (("applied", experiments.applied), ("trained", experiments.self_trained)):
        for kind in KINDS:
            tell(f"{name}: {nets} {kind} networks")
            yield _share(name, kind, experiment(kind, nets, seed))
    tell(f"disturbed: {len(experiments.SCALES)} × {TRIALS} weightwise fixpoints")
    for scale in experiments.SCALES:
        steps, held = experiments.disturbed(scale, TRIALS, seed)
        yield _mean("disturbed", f"{scale:g}", "steps to zero or divergence", steps)
        yield _mean("disturbed", f"{scale:g}", "steps as a fixpoint", held)
    tell(f"soup: {soups} soups of 20 weightwise networks, {passes} passes of self-training an epoch")
    found = experiments.souped(Rules(self_train=passes), soups, 20, experiments.EPOCHS, seed)
    yield _rank("soup", f"{passes}", "fixpoints of 20", _fixpoints(found))
    for severity in SEVERITIES:
        tell(f"learning soup: {soups} soups of 10, {severity} passes when one learns from another")
        rules = _left(attack=0, learn_from=0.1, severity=severity, self_train=0)
        found = experiments.souped(rules, soups, SMALL, experiments.EPOCHS, seed)
        yield _mean("learning soup", f"{severity}", "fixpoints of 10", _fixpoints(found))
    for train in TRAINS:
        tell(f"short soup: {soups} soups of 10, {train} passes of self-training an epoch")
        found = experiments.souped(_left(self_train=train), soups, SMALL, SHORT, seed)
        yield _mean("short soup", f"{train}", "fixpoints of 10", _fixpoints(found))


def judged(found: Sequence[Finding]) -> list[Finding]:
    """Findings with `differs` by Holm's correction over all (Holm 1979)."""
    order = sorted(range(len(found)), key=lambda number: found[number].p)
    out, rejecting = list(found), True
    for rank, number in enumerate(order):
        rejecting = rejecting and found[number].p < ALPHA / (len(found) - rank)
        out[number] = replace(found[number], differs=rejecting)
    return out


def table(found: Sequence[Finding]) -> str:
    """Findings in columns, a line each."""
    head = (*TOLD, "ours [95 %]", "of", "theirs", "of", "p", "differs", "counts")
    rows = [head, *map(_cells, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def csv_text(found: Sequence[Finding]) -> str:
    """Findings as CSV, a column an attribute."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([field.name for field in fields(Finding)])
    writer.writerows(astuple(each) for each in found)
    return out.getvalue()


def reported(experiment: str, network: str, setting: str = "") -> dict[str, tuple[float, int]]:
    """What the authors' logs say, by outcome: the value, and of how many; means of several logs are pooled."""
    values: dict[str, list[tuple[float, int]]] = {}
    for row in _rows():
        if (row["experiment"], row["network"], row["setting"]) == (experiment, network, setting):
            values.setdefault(row["outcome"], []).append((float(row["value"]), int(row["of"])))
    sizes = {outcome: sum(of for _, of in pairs) for outcome, pairs in values.items()}
    return {
        outcome: (sum(value * of for value, of in pairs) / sizes[outcome], sizes[outcome])
        for outcome, pairs in values.items()
    }


def _rows() -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("reported.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def _share(experiment: str, network: str, found: experiments.Ints) -> Finding:
    theirs = reported(experiment, network)
    outcome = max(theirs, key=lambda name: theirs[name][0])
    their_count, their_size = int(theirs[outcome][0]), theirs[outcome][1]
    counts = Counter(CLASSES[number] for number in found.tolist())
    count, size = counts[outcome], len(found)
    interval = stats.binomtest(count, size).proportion_ci(method="wilson")
    p = stats.fisher_exact([[count, size - count], [their_count, their_size - their_count]]).pvalue
    detail = ", ".join(f"{counts[name]} {name}" for name in CLASSES if counts[name])
    ours = count / size, float(interval.low), float(interval.high), size
    return Finding(experiment, network, "", outcome, *ours, their_count / their_size, their_size, float(p), detail)


def _mean(experiment: str, setting: str, outcome: str, values: ArrayLike) -> Finding:
    found = np.asarray(values, np.float64)
    theirs, their_size = reported(experiment, "weightwise", setting)[outcome]
    size, mean, sd = len(found), float(found.mean()), float(found.std(ddof=1))
    half = float(stats.t.ppf(0.975, size - 1)) * sd / math.sqrt(size)
    error = sd * math.sqrt(1 / size + 1 / their_size)
    p = 1.0 if mean == theirs else 2 / (1 + size)  # where ours are all the same: the rank of theirs
    if error:
        p = 2 * float(stats.t.sf(abs(mean - theirs) / error, size - 1))
    ours = mean, mean - half, mean + half, size
    return Finding(experiment, "weightwise", setting, outcome, *ours, theirs, their_size, p, f"sd {sd:.3g}")


def _rank(experiment: str, setting: str, outcome: str, values: ArrayLike) -> Finding:
    found = np.asarray(values, np.float64)
    told = reported(experiment, "weightwise", setting) or reported(experiment, "weightwise", "30")
    theirs, their_size = told[outcome]
    size = len(found)
    p = min(1.0, 2 * (1 + min(int((found <= theirs).sum()), int((found >= theirs).sum()))) / (1 + size))
    low, middle, high = np.quantile(found, (0.025, 0.5, 0.975)).tolist()
    counts = Counter(found.astype(int).tolist())
    detail = " ".join(f"{value}×{counts[value]}" for value in sorted(counts))
    ours = middle, low, high, size
    return Finding(experiment, "weightwise", setting, outcome, *ours, theirs, their_size, p, detail)


def _left(**rules: float) -> Rules:
    """A soup that nobody is taken out of."""
    return Rules.model_validate({"remove_divergent": False, "remove_zero": False, **rules})


def _fixpoints(found: experiments.Ints) -> experiments.Ints:
    """[soups] fixpoints other than zero."""
    return (found == CLASSES.index("fixpoint")).sum(1)


def _cells(each: Finding) -> tuple[str, ...]:
    return (
        *(each.experiment, each.network, each.setting, each.outcome),
        f"{each.ours:.3g} [{each.low:.3g}, {each.high:.3g}]",
        *(str(each.of), f"{each.theirs:.3g}", str(each.theirs_of), f"{each.p:.2g}"),
        *("yes" if each.differs else "no", each.detail),
    )
