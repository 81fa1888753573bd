"""Compiled loops: where they are kept, and for how long."""

from pathlib import Path

import pytest
from numba.core import caching

from alife.organism.fused import loops


def twice(x):
    return 2 * x


def again(x):
    return 3 * x


def test_what_is_compiled_is_kept_until_a_source_of_loops_changes(monkeypatch, tmp_path):
    first = loops.loop(twice)
    assert first(3) == 6
    second = loops.loop(twice)
    assert second(3) == 6
    assert sum(second.stats.cache_hits.values()) == 1
    monkeypatch.setattr(loops, "sources", lambda: str(tmp_path))
    third = loops.loop(twice)
    assert third(3) == 6
    assert not third.stats.cache_hits


def test_the_text_of_all_loops_and_of_their_constants_counts(monkeypatch):
    seen = set()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda file: seen.add(file.name) or read(file))
    loops.sources.cache_clear()
    assert len(loops.sources()) == 64
    assert seen > {"numbers.py", "passes.py", "steps.py", "forward.py", "blas.py"}
    assert seen > {"optimizers.py", "activation.py", "gradient.py"}


def test_where_nothing_can_be_kept_loops_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch):
    def refuse(self):
        raise OSError("a file system that is read-only")

    monkeypatch.setattr(caching._CacheLocator, "ensure_cache_path", refuse)
    assert loops.loop(again)(3) == 9
