"""Events: what listeners are told while something runs, a frozen dataclass a kind.

A listener is anything that can be called with an event, as `alife.evolve(config, out, sinks=[listen])` takes them. It
tells events apart by `kind`, or by class, and leaves alone what it does not know: later versions may tell of more.

    from populations.observe import events

    def listen(event):
        match event:
            case events.Generation(generation=number, accuracy=accuracy):
                print(number, accuracy)
            case events.HostLost(why=why):
                print("lost:", why)

`as_dict` of an event, with its time, is a line of `--log-json`. A new kind is one more class in run_events.py or
study_events.py, and its name here; `KINDS`, that stream and the reference have it by that. Generations are called by
their number on record, which begins with 0; `hosts` and `host` are Ray workers.
"""

from populations.observe.event import ASSAY, KINDS, PAPER, RUN, SWEEP, Event
from populations.observe.run_events import (
    Changed,
    Commit,
    Connecting,
    Cost,
    End,
    Extinct,
    Generation,
    HostLost,
    IslandDied,
    Note,
    Start,
    Stopped,
    Stopping,
    Tested,
    Warned,
)
from populations.observe.study_events import (
    AssayProgress,
    AssayStarted,
    JobDone,
    JobFailed,
    JobLost,
    JobStarted,
    JobStopped,
    PaperEnded,
    PaperProgress,
    PaperStarted,
    SweepCost,
    SweepEnded,
    SweepProgress,
    SweepStarted,
    Tick,
)

__all__ = [
    "ASSAY",
    "KINDS",
    "PAPER",
    "RUN",
    "SWEEP",
    "AssayProgress",
    "AssayStarted",
    "Changed",
    "Commit",
    "Connecting",
    "Cost",
    "End",
    "Event",
    "Extinct",
    "Generation",
    "HostLost",
    "IslandDied",
    "JobDone",
    "JobFailed",
    "JobLost",
    "JobStarted",
    "JobStopped",
    "Note",
    "PaperEnded",
    "PaperProgress",
    "PaperStarted",
    "Start",
    "Stopped",
    "Stopping",
    "SweepCost",
    "SweepEnded",
    "SweepProgress",
    "SweepStarted",
    "Tested",
    "Tick",
    "Warned",
]
