"""How much memory a process may have, and how it gives some back."""

import contextlib
import ctypes
import os
import resource


def limit_memory(room: int) -> None:
    """So many bytes more than it has now; and it leaves no image of itself."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path of ours
        size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def give_back() -> None:
    """What the C library holds for later goes back to the system, where it can be asked to."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
