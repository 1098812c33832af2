"""All that came of a process: who lost its parent comes to us, and nobody outlives the work.

On Linux only; elsewhere there are just the children that we know.
"""

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path
from typing import Final

_SUBREAPER: Final = 36
_DEATH: Final = 1
PAUSE: Final = 0.05


def adopt() -> None:
    """From now on they come to this process."""
    _ask_kernel(_SUBREAPER, 1)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """To be called in the child: should its parent be killed, it is told so."""
    _ask_kernel(_DEATH, number)


def end_with_parent() -> None:
    """The same for one that ends in order."""
    die_with_parent(signal.SIGTERM)


def signal_all(number: int) -> int:
    """To all that came from us and live; how many."""
    found = _offspring()
    for each in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, number)
    return len(found)


def end_all() -> None:
    while signal_all(signal.SIGKILL):
        _bury()
        time.sleep(PAUSE)
    _bury()


def _ask_kernel(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _offspring() -> list[int]:
    parents: dict[int, int] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = each.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(each.parent.name)] = int(parent)
    found = [os.getpid()]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def _bury() -> None:
    """Those that came to us and have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
