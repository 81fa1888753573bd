"""The journal of a sweep: what is added by whoever is there once, whatever becomes of its files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.errors import UserError
from populations.record.storage import Folder, open_folder
from populations.studies import journal as journals
from populations.studies.journal import End, Journal
from populations.studies.run_rows import columns

ENDED = End("finished", 3.5)


def rows(count: int, value: int = 0) -> pa.Table:
    kinds = columns()
    return pa.table({name: pa.array(np.full(count, value, dtype)) for name, dtype in kinds.items()})


def held(journal: Journal, runs: set[str]) -> dict[str, int]:
    """Rows of each run, by name."""
    found: dict[str, int] = {}
    for table in journal.rows(runs):
        for name in table["run"].to_pylist():
            found[name] = found.get(name, 0) + 1
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return open_folder(str(tmp_path / "sweep"))


def made(folder: Folder) -> Folder:
    folder.make()
    return folder


@given(
    added=st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=5), max_size=6),
    asked=st.sets(st.integers(0, 9)),
)
def test_each_run_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, added: list[list[tuple[int, int]]], asked: set[int]
) -> None:
    folder = made(open_folder(str(tmp_path_factory.mktemp("sweep"))))
    for writer in added:
        journal = Journal(folder)
        for run, count in writer:
            journal.add(f"t/seed-{run}", rows(count), ENDED)
        journal.flush()
    names = {f"t/seed-{run}" for writer in added for run, _ in writer}
    assert Journal(folder).ended() == names
    assert Journal(folder).ends() == dict.fromkeys(names, ENDED)
    assert Journal(folder).count() >= len(names)
    found = held(Journal(folder), {f"t/seed-{run}" for run in asked})
    counts = {f"t/seed-{run}": {n for writer in added for r, n in writer if r == run} for run in asked}
    assert found.keys() == names & counts.keys()
    assert all(found[name] in counts[name] for name in found)


def test_it_is_written_down_when_there_is_enough_or_late(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "RUNS", 3)
    journal = Journal(made(folder))
    for number in range(7):
        journal.add(f"t/seed-{number}", rows(1), ENDED)
    assert len(Journal(folder).ended()) == 6
    monkeypatch.setattr(journals, "SECONDS", 0.0)
    journal.add("t/seed-7", rows(1), ENDED)
    assert len(Journal(folder).ended()) == 8
    assert Journal(folder).count() == 8


def test_many_files_become_few_and_say_the_same(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        journal = Journal(made(folder), writer=f"{number}-of-12")
        journal.add(f"t/seed-{number}", rows(number + 1), ENDED)
        journal.flush()
    before = held(Journal(folder), Journal(folder).ended())
    Journal(folder).merge()
    assert len(folder.ls("ended")) == 12
    monkeypatch.setattr(journals, "MANY", 5)
    Journal(folder).merge()
    assert len(folder.ls("ended")) == 1
    assert held(Journal(folder), Journal(folder).ended()) == before == {f"t/seed-{k}": k + 1 for k in range(12)}
    assert Journal(folder).count() == 12


def test_tasks_read_what_may_be_theirs(folder: Folder) -> None:
    for writer in ("all", "0-of-2", "1-of-2", "2-of-3"):
        journal = Journal(made(folder), writer=writer)
        journal.add(f"t/{writer}", rows(1), ENDED)
        journal.flush()
    assert Journal(folder, writer="0-of-2").ended() == {"t/all", "t/0-of-2", "t/2-of-3"}
    assert len(Journal(folder).ended()) == 4


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more", b"cut", b"other"])
def test_a_damaged_file_is_as_if_it_were_not_there(folder: Folder, damage: bytes) -> None:
    for number in range(2):
        journal = Journal(made(folder))
        journal.add(f"t/seed-{number}", rows(1), ENDED)
        journal.flush()
    (first, _) = sorted(folder.ls("ended"))
    content = folder.read(first)
    if damage == b"other":
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(pa.table({"run": ["x"]}), sink)
        damage = sink.getvalue().to_pybytes()
    folder.put(first, content[:-20] if damage == b"cut" else damage)
    assert len(Journal(folder).ended()) == 1
    assert len(Journal(folder).ends()) == 1
    assert sum(held(Journal(folder), Journal(folder).ended()).values()) == 1


def test_a_storage_that_refuses_for_a_while_loses_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(made(folder))
    monkeypatch.setattr(journals, "SECONDS", 0.0)
    path = Path(folder.uri) / "ended"
    path.write_text("in the way")
    journal.add("t/seed-0", rows(2), ENDED)
    with pytest.raises(UserError, match="ended"):
        journal.flush()
    path.unlink()
    journal.flush()
    assert held(Journal(folder), {"t/seed-0"}) == {"t/seed-0": 2}
