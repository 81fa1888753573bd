"""Classes of machines: what decides the bits of a birth, and what is said of a machine of another class.

Call `check` before births are to be the same again, `refusal` for what to say if they would not be.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alife.configuration.keys import RunConfig
from alife.errors import Unfit

Machine = Mapping[str, Any]
"""As `populations.engine.worker.machine_class`."""


class OtherClass(Unfit):
    """A machine is of another class than the run."""


def check(recorded: Machine, here: Machine, config: RunConfig) -> None:
    """Refuse a machine of another class than the run's.

    Raises:
        OtherClass: It is of another class, and `ray.allow_mixed` is false.
    """
    if recorded != here and not config.ray.allow_mixed:
        raise OtherClass(refusal(recorded, here))


def refusal(recorded: Machine, here: Machine) -> str:
    """What to say when there is no machine of the run's class."""
    differs = ", ".join(
        f"{key}: {recorded.get(key)} there, {here[key]} here" for key in here if recorded.get(key) != here[key]
    )
    return (
        f"workers here are of another class than the run ({differs}): births would differ in their last bits; "
        "go on with --ray.allow_mixed true if that is acceptable"
    )


def differing(recorded: Machine, here: Machine) -> str:
    """Why a worker is refused, in a few words."""
    keys = ", ".join(key for key in here if recorded.get(key) != here[key])
    return f"its machine is of another class than the run ({keys})"


def of_most(machines: Sequence[Machine], expected: int) -> Machine | None:
    """The class of most machines, of equally frequent ones the first; None if it is that of fewer than half of them.

    Args:
        machines: One or more.
        expected: How many there will be.
    """
    count = max(machines.count(machine) for machine in machines)
    most = next(machine for machine in machines if machines.count(machine) == count)
    return most if 2 * count >= expected else None
