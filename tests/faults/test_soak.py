"""The soak, shortened: real workers killed on the way."""

import pytest

from tests.faults import cluster
from tests.faults.soak import CONFIG, Sample, _leaks, bench


@pytest.mark.nightly
@pytest.mark.skipif(not cluster.supported(), reason="it watches processes in /proc")
def test_hosts_are_killed_and_the_births_stay_the_same() -> None:
    found = {figure["name"]: figure for figure in bench({**CONFIG, "generations": 50})}
    assert found["soak"]["value"] == 50
    assert found["soak, workers killed"]["value"] == 2
    assert found["soak, restarts"]["value"] == found["soak, workers killed"]["on record"] >= 2
    assert found["soak, identical"]["passed"]
    assert found["soak, memory of the driver"]["first"] > 50


def test_a_leak_is_a_slope() -> None:
    samples = [Sample(g, 300 + 0.05 * g, 200.0, 30 + g // 100, 20) for g in range(20, 1000, 20)]
    found = {figure["name"]: figure["value"] for figure in _leaks(samples)}
    assert found["soak, memory of the driver"] == pytest.approx(50)
    assert found["soak, memory of the worker"] == pytest.approx(0)
    assert found["soak, file handles of the driver"] == 8
    assert found["soak, file handles of the worker"] == 0
