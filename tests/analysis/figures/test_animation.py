"""The plane as a moving picture: which generations it has, that it is the same again, and what is refused."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.animation import FFMpegWriter
from PIL import Image

from alife.cli.main import main
from analysis.data.run import load_run
from analysis.figures import animation
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("moving") / "run", synthetic_run(6, 2, 8))


def frames(path: Path) -> list[np.ndarray]:
    with Image.open(path) as picture:
        found = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            found.append(np.asarray(picture.convert("RGB")))
        return found


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(2, 300))
def test_generations_are_evenly_spaced_from_the_first_to_the_last(first: int, more: int, most: int) -> None:
    found = animation.spaced(first, first + more, most)
    assert found[0] == first
    assert found[-1] == first + more
    assert len(found) == min(most, more + 1)
    steps = np.diff(found)
    assert not len(steps) or steps.min() >= 1
    assert not len(steps) or np.ptp(steps) <= 1


def test_a_frame_a_generation_on_axes_that_stay(folder: Path, tmp_path: Path) -> None:
    assert main(["plot", str(folder), "plane", "--animate", f"{tmp_path}/plane.gif", "-q"]) == 0
    seen = frames(tmp_path / "plane.gif")
    assert len(seen) == 6
    assert {each.shape for each in seen} == {(460, 640, 3)}
    assert all((a != b).any() for a, b in pairwise(seen))
    below = [each[420:].astype(int) for each in seen]
    assert all((abs(each - below[0]) < 64).mean() > 0.999 for each in below), "the axis below does not move"
    assert below[0].std() > 10, "there is one"
    assert not list(tmp_path.glob(".*"))


def test_it_is_the_same_again(folder: Path, tmp_path: Path) -> None:
    run = load_run(folder)
    for name in ("a", "b"):
        assert animation.animate(run, tmp_path / f"{name}.gif", dpi=40) == 6
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_a_single_generation_is_a_single_frame(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path / "run", synthetic_run(1, 1, 4)))
    assert animation.animate(run, tmp_path / "one.gif", dpi=40) == 1
    assert len(frames(tmp_path / "one.gif")) == 1


@pytest.mark.skipif(not FFMpegWriter.isAvailable(), reason="no ffmpeg here")
def test_a_film_is_one(folder: Path, tmp_path: Path) -> None:
    animation.animate(load_run(folder), tmp_path / "plane.mp4", dpi=40)
    assert (tmp_path / "plane.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["plane", "--animate", "plane.avi"], "name one"),
        (["muller", "--animate", "plane.gif"], "the plane alone"),
        (["plane", "--animate", "plane.gif", "--format", "png"], "leave the rest out"),
    ],
)
def test_what_is_no_moving_picture_is_refused(
    folder: Path,
    tmp_path: Path,
    given: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plot", str(folder), *given]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert why in said[0]
    assert not list(tmp_path.iterdir())


def test_without_ffmpeg_a_film_is_refused_by_its_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    assert main(["plot", str(folder), "--animate", f"{tmp_path}/plane.mp4"]) == 2
    assert "install it, or name a .gif" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
