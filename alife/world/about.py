"""What a data set is, in a few lines: where it lies, what it holds, whose checksums it has, whom to credit.

Call `describe` with what `task` says.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from alife.words import answers, count, pixels
from alife.world import mnist
from alife.world.idx import ROLES, IdxFolder, content_md5
from alife.world.parts import Parts
from alife.world.splits import TENTHS, WORDS
from alife.world.targets import Scale
from alife.world.task import Task, divided, is_made, load_task, obtain, usual

KNOWN: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "MNIST": (mnist.MD5, mnist.CREDIT),
    "Fashion-MNIST": (
        {
            "train-images": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels": "15d484375f8d13e6eb1aabb0c3f46965",
        },
        "Fashion-MNIST by Zalando SE (Xiao, Rasul & Vollgraf 2017), licence MIT",
    ),
    "the glyphs": (
        {
            "train-images": "42a757b7a341a379725e4afb31ddc8fd",
            "train-labels": "f02f8ac29ecb47ad8fe09bdee0636cf0",
            "t10k-images": "e7c4723ad5e371efe42d1aecdb683e85",
            "t10k-labels": "b2aa6743d82008997e0a4f0d20364544",
        },
        "made by this program: alife/world/glyphs.py",
    ),
}
"""By name: MD5 of the uncompressed IDX files, and whom to credit."""


def describe(spec: str) -> str:
    """A few lines on a data set: where it is, what it holds, what its checksums say, whom to credit.

    Raises:
        UserError: As `load_task`.
    """
    if spec == "none":
        return "none: no data set; networks only replicate"
    if is_made(spec):
        task = load_task(spec)
        assert task is not None
        return "\n".join([spec, *_facts(task)])
    found = obtain(spec, progress=True)
    task = divided(spec, usual(spec), Parts(found.files, found.arrays))
    return "\n".join([f"{spec}: {found.folder}", *_facts(task), *_verdict(found)])


def _facts(task: Task) -> list[str]:
    """Sizes, the split, and images of each class, or where the targets of a regression are."""
    by_tenths = task.kind == "regression" and task.split == "stratified"
    return [
        f"{count(len(task.learn_images), 'image')} to learn, {len(task.select_images):,} to select, "
        f"{len(task.test_images):,} to test; {pixels(task.shape)}, {answers(task.classes, task.kind)}",
        f"split: {TENTHS if by_tenths else WORDS[task.split]}",
        *(_table(task) if task.scale is None else _targets(task, task.scale)),
    ]


def _targets(task: Task, scale: Scale) -> list[str]:
    """Mean and standard deviation of each output over the training set, and its extremes over all images."""
    everything = np.concatenate([task.learn_labels, task.select_labels, task.test_labels])
    rows = zip(scale.mean, scale.sd, everything.min(0), everything.max(0), strict=True)
    head = f"{'output':>6}" + "".join(f"{name:>12}" for name in ("mean", "sd", "lowest", "highest"))
    return [head, *(f"{number:6}" + "".join(f"{value:12.5g}" for value in row) for number, row in enumerate(rows))]


def _table(task: Task) -> list[str]:
    """Images of each class by split, a line a class."""
    counts = task.counts
    head = f"{'class':>5}" + "".join(f"{name:>9}" for name in counts)
    by_class = zip(*counts.values(), strict=True)
    return [head, *(f"{label:5}" + "".join(f"{n:9,}" for n in row) for label, row in enumerate(by_class) if any(row))]


def _verdict(found: IdxFolder) -> list[str]:
    md5 = {role: content_md5(values) for role, values in found.arrays.items()}
    for name, (known, credit) in KNOWN.items():
        wrong = [role for role in ROLES if md5[role] != known[role]]
        if not wrong:
            return [f"checksums: all four files are those of {name}", credit]
        if len(wrong) < len(ROLES):
            role = wrong[0]
            return [
                f"checksums: partly {name}, but {found.files[role].name} has MD5 {md5[role]}, not {known[role]}",
                f"as far as it is {credit}",
            ]
    return ["checksums: unknown data set, not checked", "credit and licence: as its makers say"]
