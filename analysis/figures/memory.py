"""How much memory there is for what is about to be drawn."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_GROUP: Final = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def free() -> int:
    """Bytes that this process may still take: what the machine has free, or a container's limit leaves."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable"))))
    for limit, used in _GROUP:
        with suppress(OSError, ValueError):
            found.append(max(int(Path(limit).read_text()) - int(Path(used).read_text()), 0))
    return min(found)
