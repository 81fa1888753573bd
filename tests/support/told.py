"""Events as a run tells them, for who hears them without a run."""

from typing import Any

from populations.observe import events


def generation(**fields: Any) -> events.Generation:
    """A generation like any other but for some fields."""
    usual: dict[str, Any] = {
        "generation": 3,
        "of": 9,
        "individuals": 24,
        "dead": 0,
        "accuracy": 0.5,
        "replication_error": 0.02,
        "copying_error": 0.01,
        "individuals_per_second": 3.0,
        "seconds": 1.0,
        "hosts": 2,
        "spent": {"generations": 1.0, "hosts": 2.0},
    }
    return events.Generation(**usual | fields)
