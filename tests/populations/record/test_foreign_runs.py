"""Run folders that somebody else made: refused in one line or looked at, and nothing outside them is touched."""

import json
import os
import resource
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.cli.main import main
from alife.errors import UserError, plain
from alife.format import files, manifest, pages, parquet, stored
from analysis import load_run
from analysis.figures.making import make
from analysis.report import write
from analysis.report.page import Page
from populations import resume
from populations.record.writer import Recorder, digest, read_checkpoint, read_config
from tests.fuzz import runs
from tests.support import foreign
from tests.support.malformed import refused
from tests.support.rows import create

LOOKS = runs.LOOKS


@pytest.mark.parametrize("harm", foreign.HARMS, ids=lambda harm: harm.__name__)
def test_no_harm_breaks_or_betrays_who_looks(harm: foreign.Harm) -> None:
    for seed in range(2):
        runs.attack(harm, seed, LOOKS)


@pytest.mark.nightly
@pytest.mark.parametrize("harm", foreign.HARMS, ids=lambda harm: harm.__name__)
def test_no_harm_breaks_or_betrays_who_draws_resumes_or_forks(harm: foreign.Harm) -> None:
    for seed in range(1000, 1006):
        runs.attack(harm, seed, [*LOOKS, *runs.REST])


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=64), place=st.integers(0, 4_000), seed=st.integers(0, 2))
def test_no_bytes_in_a_part_crash_its_reader(data: bytes, place: int, seed: int) -> None:
    part = next((runs.SOUND / schema.ROWS[seed]).iterdir())
    content = bytearray(part.read_bytes())
    place %= len(content)
    content[place : place + len(data)] = data
    want = [schema.birth_columns(["learning_rate", "mutation"]), schema.MIGRATIONS, schema.GENERATIONS][seed]
    refused(lambda: parquet.decode(bytes(content), want, "p"), "p: damaged: ")


def test_the_search_notices_what_is_written_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(folder: Path, draw: object) -> str:
        (folder / "report.html").symlink_to(folder.parent / "outside" / "new.txt")
        (folder / "report.html").write_text("x")
        return "written"

    with pytest.raises(runs.Fault, match="written outside"):
        runs.attack(follow, 0, [])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return shutil.copytree(runs.SOUND, tmp_path / "run")


BOMBS = {
    "aliases": lambda text: (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + text.replace("task: ", "task: *i #")
    ),
    "depth": lambda text: text + "x: " + "[" * 5_000,
    "size": lambda text: text + "#" * 100_000,
    "a word for a number": lambda text: text.replace("size: 6", "size: eight"),
    "400 digits": lambda text: text.replace("tournament_size: 3", f"tournament_size: {10**400}"),
    "seed alone": lambda text: "seed: 0\n",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_configuration_is_held_against_the_model_of_a_given_one(run: Path, bomb: str) -> None:
    foreign.seal_config(run, BOMBS[bomb]((run / "config.yaml").read_text()).encode())
    for read in (load_run, read_config, digest, Recorder.open):
        with pytest.raises(UserError, match=r"config\.yaml") as caught:
            read(str(run))
        assert len(str(caught.value)) < 1_000


def test_many_equal_rows_in_a_small_file_are_refused_before_they_are_unpacked(run: Path) -> None:
    entry = foreign.read_manifest(run)["parts"]["births"][0]
    table = pq.read_table(run / entry["name"]).slice(0, 1)
    rows = 5_000_000
    one = pa.table({name: pa.repeat(table[name][0], 1_000_000) for name in table.column_names})
    data = foreign.parquet(pa.concat_tables([one] * 5))
    foreign.seal_part(run, entry, data, rows=rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read in (load_run, digest):
        with pytest.raises(UserError, match=r"5000000 rows in \d+ bytes"):
            read(str(run))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


@pytest.mark.parametrize("rows", [10**6, 10**12, 2**62])
def test_rows_that_are_only_said_are_refused(run: Path, rows: int) -> None:
    entry = foreign.read_manifest(run)["parts"]["births"][0]
    foreign.seal_part(run, entry, (run / entry["name"]).read_bytes(), rows=rows)
    for read in (load_run, digest):
        with pytest.raises(UserError, match=rf"{rows} rows in|108 rows, and the manifest says {rows}"):
            read(str(run))


def test_pages_larger_than_their_rows_are_refused() -> None:
    want = {"generation": "int32"}
    sink = pa.BufferOutputStream()
    column = pa.array([0] * 2_000_000, pa.int32())
    pq.write_table(pa.table({"generation": column}), sink, compression="zstd", use_dictionary=False)
    data = sink.getvalue().to_pybytes()
    assert pages.sizes(data).rows == 2_000_000
    assert pages.sizes(data).unpacked >= 8_000_000
    with pytest.raises(UserError, match="2000000 rows in"):
        parquet.decode(data, want, "p")


def test_a_number_that_is_a_word_is_refused_by_both_readers(run: Path) -> None:
    manifest = foreign.read_manifest(run)
    foreign.write_manifest(run, {**manifest, "restarts": "abc"})
    for read in (load_run, digest, read_checkpoint, Recorder.open):
        with pytest.raises(UserError, match=r"manifest\.json: damaged: restarts"):
            read(str(run))


def test_what_is_stored_does_not_steer_a_terminal(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = foreign.read_manifest(run)
    lost = {
        "time": "",
        "generation": 1,
        "host": "a\x1b]0;title\x07",
        "why": "\x1b[31mred\n\u202eder",
        "seconds_lost": 1.0,
    }
    foreign.write_manifest(run, {**manifest, "restarts": [lost]})
    assert main(["show", str(run)]) == 0
    said = capsys.readouterr().out
    assert "\\x1b[31mred\\n\\u202eder" in said
    assert "\x1b" not in said
    foreign.seal_config(run, (run / "config.yaml").read_bytes() + b'"\\e[2J": 1\n')
    assert main(["show", str(run)]) == 2
    assert "\x1b" not in capsys.readouterr().err


@given(st.text(max_size=30))
def test_plain_text_is_printable_and_keeps_what_was(text: str) -> None:
    out = plain(text)
    assert out == text or any(char not in text for char in out) or "\\" in out
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 for char in out)
    out.encode()


# Links


@pytest.mark.parametrize("name", [".writer", ".manifest.json.tmp", "report.html", "figures", "births", "config.yaml"])
def test_nothing_is_written_through_a_link(run: Path, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    if name in ("figures", "births"):
        victim.mkdir()
        shutil.rmtree(run / name, ignore_errors=True)
    else:
        victim.write_text("mine")
        (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(victim)
    refusals = [refused(lambda act=act: act(run), "is a link") for act in (_go_on, _draw, _publish)]
    assert list(victim.iterdir()) == [] if victim.is_dir() else victim.read_text() == "mine"
    assert any(refusals) == (name not in ("report.html", ".manifest.json.tmp"))


def _go_on(path: Path) -> None:
    recorder = Recorder.open(str(path))
    try:
        recorder.extend(recorder.config.generations + 1)
    finally:
        recorder.close("interrupted")


def _draw(path: Path) -> None:
    make(load_run(path, births=False), ["traits"], formats=["svg"])


def _publish(path: Path) -> None:
    write.save(Page("title", "lead", []), path / "report.html")


def test_a_hard_link_as_lock_is_not_written_to(tmp_path: Path) -> None:
    create(tmp_path / "run").close()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "run/.writer").unlink()
    os.link(victim, tmp_path / "run/.writer")
    with pytest.raises(UserError, match="no file of its own"):
        Recorder.open(str(tmp_path / "run"))
    assert victim.read_text() == "mine"


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["manifest.json", "config.yaml"])
def test_a_pipe_is_not_waited_for(run: Path, name: str) -> None:
    (run / name).unlink()
    os.mkfifo(run / name)
    for read in (load_run, digest):
        with pytest.raises(UserError, match="no regular file"):
            read(str(run))


def test_no_more_is_read_than_is_listed(run: Path) -> None:
    entry = foreign.read_manifest(run)["parts"]["births"][0]
    with (run / entry["name"]).open("r+b") as file:
        file.truncate(1 << 40)
    for read in (load_run, digest):
        with pytest.raises(UserError, match=r"SHA-256"):
            read(str(run))
    assert len(files.read(run, entry["name"], 100)) == 101


def test_a_manifest_and_a_configuration_are_bounded(run: Path) -> None:
    for name, most in (("manifest.json", manifest.MOST), ("config.yaml", stored.MOST_CONFIG)):
        with (run / name).open("r+b") as file:
            file.truncate(most * 4)
        with pytest.raises(UserError, match=name):
            load_run(run)
        shutil.copy(runs.SOUND / name, run / name)


def test_a_checkpoint_of_other_islands_or_networks_is_refused_before_it_lives(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (run / "config.yaml").read_text()
    monkeypatch.chdir(runs.SOUND.parent)
    cases = (("islands: 3", "islands: 2", "has an island 2"), ("hidden: 12", "hidden: 13", "of 420 weights"))
    for old, new, says in cases:
        foreign.seal_config(run, text.replace(old, new).encode())
        with pytest.raises(UserError, match=says):
            resume(str(run), generations=8, backend="local")


def test_manifests_of_the_golden_runs_are_what_was_written(run: Path) -> None:
    assert json.loads((run / "manifest.json").read_text())["format"] == 1
    assert load_run(run).manifest["starts"] == []
