"""What all events are: a kind and fields, in the streams that listeners are told."""

from typing import Any, ClassVar, Final

KINDS: Final[dict[str, type["Event"]]] = {}
"""Every kind of event by its name, in the order of run_events.py, then of study_events.py."""

RUN, SWEEP, PAPER, ASSAY = "run", "sweep", "paper", "assay"


class Event:
    """Something that happened.

    Attributes:
        kind: Its name in `--log-json`.
        told_by: By what: "run" (resume and fork too), "sweep" (replicates of a fork, and in part "paper", too), "paper"
            or "assay"; empty where it is for this program alone.
    """

    kind: ClassVar[str]
    told_by: ClassVar[str]

    def __init_subclass__(cls, kind: str, told_by: str):
        cls.kind = kind
        cls.told_by = told_by
        KINDS[kind] = cls

    def as_dict(self) -> dict[str, Any]:
        """The kind under "event", and every field: what JSON can hold."""
        return {"event": self.kind, **vars(self)}
