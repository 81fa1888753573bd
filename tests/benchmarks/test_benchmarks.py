"""`python -m benchmarks`: a line a figure, or JSON."""

import json

import pytest

from benchmarks import lineage
from benchmarks.__main__ import main


def test_a_bench_prints_a_line_a_figure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    small = list(lineage.bench(births=8_000, drawn=4_000))
    monkeypatch.setattr(lineage, "bench", lambda: small)
    assert main(["lineage"]) == 0
    plain = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in plain] == [figure["name"] for figure in small]
    assert main(["lineage", "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == small


@pytest.mark.parametrize("words", [[], ["speed"], ["lineage", "analysis"]])
def test_no_bench_is_one_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == "usage: python -m benchmarks analysis|lineage|sweeps [--json]\n"
