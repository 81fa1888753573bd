"""Data sets handed over: what torchvision, torch and Hugging Face have, by stand-ins with their attributes."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Subset, TensorDataset

from alife.errors import UserError
from alife.world.task import Task
from tests.support.idx_folders import make_arrays, write_folder

A = make_arrays(train=48, test=12, shape=(6, 5), classes=4)
X, Y, TX, TY = A["train-images"], A["train-labels"], A["t10k-images"], A["t10k-labels"]
REFERENCE = Task.of(X, Y, TX, TY)
NAMES = ["ant", "bee", "cat", "dog", "emu"]


class Pairs:
    """A sequence of (image, label)."""

    def __init__(self, x, y, show=Image.fromarray):
        self.pairs = [(show(image), int(label)) for image, label in zip(x, y, strict=True)]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, number):
        return self.pairs[number]


class Vision(Pairs):
    """As torchvision's MNIST: `data` and `targets`, and items that a transform has changed."""

    def __init__(self, x, y, transform=None):
        super().__init__(x, y)
        self.data, self.targets, self.classes = torch.tensor(x), y.tolist(), NAMES
        self.transform, self.target_transform, self.transforms = transform, None, transform

    def __getitem__(self, number):
        image, label = super().__getitem__(number)
        return (self.transform(image) if self.transform else image), label


class Hugging:
    """As a data set of Hugging Face: columns by name, rows by number."""

    def __init__(self, x, y, image="image", label="label"):
        self.columns = {image: [Image.fromarray(each) for each in x], label: y.tolist()}
        self.column_names = list(self.columns)
        self.features = {image: SimpleNamespace(), label: SimpleNamespace(names=NAMES)}

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, key):
        if isinstance(key, str):
            return self.columns[key]
        return {name: column[key] for name, column in self.columns.items()}


def to_tensor(image):
    """As torchvision's ToTensor: [channels, rows, columns] from 0 to 1."""
    return torch.from_numpy(np.array(image, np.float32))[None] / 255


SETS = {
    "pairs of PIL": Pairs,
    "pairs of tensors": lambda x, y: Pairs(x, y, torch.tensor),
    "list of pairs": lambda x, y: list(zip(x, y, strict=True)),
    "two arrays": lambda x, y: (x, y),
    "columns": lambda x, y: {"image": x, "label": y},
    "torch's TensorDataset": lambda x, y: TensorDataset(torch.tensor(x)[:, None], torch.tensor(y)),
    "torch's Subset": lambda x, y: Subset(TensorDataset(torch.tensor(x), torch.tensor(y)), range(len(x))),
    "a stand-in of torchvision's": Vision,
    "a stand-in of Hugging Face's": Hugging,
    "a stand-in of Hugging Face's with img": lambda x, y: Hugging(x, y, "img"),
}


@pytest.mark.parametrize("kind", SETS)
def test_any_data_set_is_the_task_of_its_arrays(kind):
    assert Task.of(SETS[kind](X, Y), SETS[kind](TX, TY)).digest == REFERENCE.digest


@pytest.mark.parametrize("kind", ["a stand-in of torchvision's", "a stand-in of Hugging Face's"])
def test_names_of_classes_are_kept(kind):
    assert Task.of(SETS[kind](X, Y), SETS[kind](TX, TY)).names == ("ant", "bee", "cat", "dog")


def test_a_transform_of_a_stand_in_of_torchvisions_is_heeded():
    task = Task.of(Vision(X, Y, to_tensor), Vision(TX, TY, to_tensor))
    assert (task.dtype, task.shape, task.span) == (np.float32, (6, 5), (0, 1))
    np.testing.assert_array_equal(task.test_images, (TX.reshape(12, -1).astype(np.float32) / 255))


class Scaled(Vision):
    """`data` are not what its items are."""

    def __getitem__(self, number):
        return np.asarray(self.pairs[number][0]) / 255, self.pairs[number][1]


def test_items_are_what_counts_where_a_stand_in_of_torchvisions_has_others_in_data():
    assert Task.of(Scaled(X, Y), Scaled(TX, TY)).digest == Task.of(X / 255, Y, TX / 255, TY).digest


def test_torchvisions_own(tmp_path):
    datasets = pytest.importorskip("torchvision.datasets", exc_type=(ImportError, RuntimeError))
    write_folder(tmp_path / "MNIST" / "raw", A)
    train, test = (datasets.MNIST(tmp_path, train=train) for train in (True, False))
    assert Task.of(train, test).digest == REFERENCE.digest
    train, test = (datasets.MNIST(tmp_path, train=train, transform=to_tensor) for train in (True, False))
    assert Task.of(train, test).span == (0, 1)


def test_hugging_faces_own():
    datasets = pytest.importorskip("datasets")
    kinds = datasets.Features({"img": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)})
    train, test = (
        datasets.Dataset.from_dict({"img": [Image.fromarray(each) for each in x], "label": y.tolist()}, features=kinds)
        for x, y in ((X, Y), (TX, TY))
    )
    for form in (None, "numpy", "torch"):
        task = Task.of(train.with_format(form), test.with_format(form))
        assert (task.digest, task.names) == (REFERENCE.digest, ("ant", "bee", "cat", "dog"))


def test_palettes_become_colours():
    x, tx = ([Image.fromarray(each).convert("P") for each in images] for images in (X, TX))
    assert Task.of(x, Y, tx, TY).shape == (6, 5, 3)


def renamed(dataset):
    """As a folder of images that lacks a class."""
    dataset.classes = NAMES[1:]
    return dataset


COUNTER = iter(range(10**6))
WRONG = {
    "numbers": ((5, 6), "train_dataset", "no data set"),
    "paths": (("a", "b"), "train_dataset", "no data set"),
    "an array": ((X, TX), "train_dataset", "item 0 is of type ndarray, and no (image, label)"),
    "a stand-in that streams": (
        (SimpleNamespace(column_names=["image", "label"]), Pairs(TX, TY)),
        "train_dataset",
        "no length",
    ),
    "other columns": ((Hugging(X, Y, "picture"), Hugging(TX, TY)), "train_dataset", "columns are picture, label"),
    "no label in a mapping": (({"image": X, "label": Y}, {"image": TX}), "test_dataset", "columns are image:"),
    "images that differ": (
        (Pairs(X, Y), [(TX[0], 0), (TX[1, 1:], 1)]),
        "test_dataset",
        "image 1 is uint8 of 5 × 5 pixels, but image 0 is uint8 of 6 × 5 pixels",
    ),
    "random images": (
        (Vision(X, Y, lambda image: np.asarray(image, np.float32) + next(COUNTER)), Pairs(TX, TY)),
        "train_dataset",
        "image 0 is another when it is asked for again",
    ),
    "images with nan": (
        (Pairs(X, Y, lambda image: np.where(image > 99, np.nan, 0)), Pairs(TX, TY, lambda image: image / 255)),
        "train_dataset",
        "image 0 holds nan",
    ),
    "a stand-in whose classes are others": (
        (Vision(X, Y), renamed(Vision(TX, TY))),
        "test_dataset",
        "its classes are not those of train_dataset",
    ),
    "a label none": ((Pairs(X, Y), [(each, None) for each in TX]), "labels of test_dataset", "object values"),
    "fewer labels": (((X, Y[:-1]), (TX, TY)), "labels of train_dataset", "47 labels for the 48 images"),
    "no images": (([], Pairs(TX, TY)), "labels of train_dataset", "empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line_that_names_the_data_set(case):
    sets, argument, says = WRONG[case]
    with pytest.raises(UserError) as caught:
        Task.of(*sets)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{argument}: ")
    assert says in message
