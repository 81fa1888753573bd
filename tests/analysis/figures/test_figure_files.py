"""Which files figures are saved as: formats and resolution from the command line, fewer at the end of a run."""

import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from alife.cli import common
from alife.cli.main import main
from analysis.figures import registry, saving
from analysis.report import pictures, report
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One quick figure alone."""
    monkeypatch.setattr(registry, "PLOTS", {"hypervolume": registry.PLOTS["hypervolume"]})


def kinds(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()}


def width(png: Path) -> int:
    return int(struct.unpack(">I", png.read_bytes()[16:20])[0])


def test_flags_and_figures_know_the_same_formats() -> None:
    assert common.FORMATS == saving.FORMATS
    assert saving.FORMATS[0] == "png"


def test_formats_and_resolution_are_as_asked(tmp_path: Path, one: None) -> None:
    run = write_run(tmp_path / "run", synthetic_run(3, 1, 4))
    assert main(["plot", str(run)]) == 0
    assert kinds(run / "figures") == {".png", ".svg", ".pdf"}
    assert main(["plot", str(run), "--out", str(tmp_path / "a"), "--format", "PDF,png,pdf", "--dpi", "50"]) == 0
    assert kinds(tmp_path / "a") == {".png", ".pdf"}
    assert width(tmp_path / "a/hypervolume.png") * 4 == width(run / "figures/hypervolume.png")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--format", "png,bmp"], "'bmp': not among png,svg,pdf"),
        (["--format", ""], "'': not among"),
        (["--dpi", "1e9"], "1e9: from 20 to 1200"),
        (["--dpi", "nan"], "nan: from 20 to 1200"),
        (["--dpi", "fine"], "fine: from 20 to 1200"),
    ],
)
def test_what_cannot_be_saved_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], words: str
) -> None:
    run = write_run(tmp_path / "run", synthetic_run(2, 1, 4))
    assert main(["plot", str(run), *flags]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_run_ends_with_pictures_alone_and_renews_what_lies_there(
    tmp_path: Path, small: dict[str, Any], one: None
) -> None:
    config, out = tmp_path / "c.yaml", tmp_path / "run"
    config.write_text(yaml.safe_dump(small | {"generations": 2}))
    assert main(["run", "--config", str(config), "--out", str(out), "--backend", "local"]) == 0
    assert kinds(out / "figures") == {".png"}
    assert main(["plot", str(out), "--format", "svg"]) == 0
    before = (out / "figures/hypervolume.svg").read_bytes()
    assert main(["resume", str(out), "--generations", "3", "--backend", "local"]) == 0
    assert kinds(out / "figures") == {".png", ".svg"}
    assert (out / "figures/hypervolume.svg").read_bytes() != before
    assert main(["resume", str(out), "--generations", "4", "--backend", "local", "--format", "pdf"]) == 0
    assert kinds(out / "figures") == {".png", ".svg", ".pdf"}


def test_a_page_shows_figures_in_their_size_whatever_their_resolution(tmp_path: Path, one: None) -> None:
    run = write_run(tmp_path / "run", synthetic_run(6, 2, 4))
    for flags in ([], ["--format", "svg", "--dpi", "300"]):
        assert main(["report", str(run), "--out", str(tmp_path / "page.html"), *flags]) == 0
        assert 'width="499"' in (tmp_path / "page.html").read_text()
    assert kinds(tmp_path / "page-figures") == {".png", ".svg", ".pdf"}
    assert "page-figures/hypervolume.svg" in (tmp_path / "page.html").read_text()
    assert "page-figures/hypervolume.pdf" not in (tmp_path / "page.html").read_text()


def test_a_script_in_a_run_s_name_stays_text(tmp_path: Path, one: None) -> None:
    name = "<script>document.title='broken'<%2Fscript>\"'&"
    run = write_run(tmp_path / name, synthetic_run(6, 2, 4))
    text = report(run, formats=("svg",)).read_text()
    assert text.count("<script") == 3
    assert "&lt;script&gt;document.title=" in text
    assert "<script" not in (run / "figures/hypervolume.svg").read_text()
    assert list(ElementTree.fromstring((run / "figures/hypervolume.svg").read_text()))


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\xff" * 40])
def test_what_is_no_picture_is_drawn_again(tmp_path: Path, one: None, content: bytes) -> None:
    run = write_run(tmp_path / "run", synthetic_run(3, 1, 4))
    report(run, formats=("png",))
    (run / "figures/hypervolume.png").write_bytes(content)
    report(run, formats=("png",))
    assert pictures.inches((run / "figures/hypervolume.png").read_bytes()) == pytest.approx(5.2, abs=0.01)
