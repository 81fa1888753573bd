"""One of a kind is no plural."""

import re
from pathlib import Path

import pytest

from alife.words import briefly, count, duration, images
from analysis.studies import wording
from analysis.studies.comparison import compare
from tests.support.synthetic import synthetic_run, write_run


@pytest.mark.parametrize(
    ("n", "noun", "plural", "words"),
    [
        (0, "run", "", "0 runs"),
        (1, "run", "", "1 run"),
        (1.0, "CPU", "", "1 CPU"),
        (0.5, "CPU", "", "0.5 CPUs"),
        (1234567, "birth", "", "1,234,567 births"),
        (2, "life", "lives", "2 lives"),
        (1, "life", "lives", "1 life"),
    ],
)
def test_numbers_and_their_nouns(n: float, noun: str, plural: str, words: str) -> None:
    assert count(n, noun, plural) == words


@pytest.mark.parametrize(
    ("n", "shape", "dtype", "words"),
    [
        (60_000, (28, 28), "uint8", "60,000 images of 28 × 28 pixels"),
        (1, (32, 32, 3), "float32", "1 float32 image of 32 × 32 pixels in 3 channels"),
    ],
)
def test_images_and_their_pixels(n: int, shape: tuple[int, ...], dtype: str, words: str) -> None:
    assert images(n, shape, dtype) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (61, "1 min 01 s"), (7265, "2 h 01 min")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_one_pair_of_runs_is_one_pair(tmp_path: Path) -> None:
    for label in ("tournament", "shuffled"):
        write_run(tmp_path / label, synthetic_run(3, 1, 4, scheme=label))
    said = wording.plain(compare([tmp_path]))
    assert "1 pair " in said
    assert not re.search(r"\b1 (pairs|runs|paired runs)\b", said)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0123, "0.012 s"), (4.24, "4.2 s"), (9.94, "9.9 s"), (9.96, "10 s"), (125, "2 min 05 s")]
)
def test_less_than_ten_seconds_have_two_figures(seconds: float, words: str) -> None:
    assert briefly(seconds) == words
