"""A process between the runner and what trains: whatever trains is gone when this ends, and this
ends when the runner does.

    python -m tidegauge.runner.keeper GRACE COMMAND...

What trains may fork, and may not want to end.  The runner tells of its life by an open pipe, and of
a wish to end by a line in it; SIGTERM comes first, and SIGKILL after the grace.  On Linux children
that lost their parent come to this process, and are found here.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

_SUBREAPER: Final = 36
_DEATH: Final = 1
_PAUSE: Final = 0.05
_ALONE: Final = 2.0
"""The grace where nobody waits any more for how it ended."""
_SIGNALLED: Final = 128


def main() -> int:
    grace, command = float(sys.argv[1]), sys.argv[2:]
    _ask_kernel(_SUBREAPER, 1)
    # Ctrl-C is for the runner, which ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = os.dup(0)
    os.set_inheritable(told, False)  # noqa: FBT003 - its own form
    with Path(os.environ.pop("TIDEGAUGE_JOB_FILE")).open("rb") as job:
        try:
            process = subprocess.Popen(  # noqa: S603 - as its owner says
                command,
                stdin=job,
                preexec_fn=_with_us,  # noqa: PLW1509 - there is one thread
                start_new_session=True,
            )
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - the log
            return 127
    while process.poll() is None:
        ready, _, _ = select.select([told], [], [], _PAUSE)
        if ready:
            # A line, or the end of the runner: both say that it is to end.
            if not os.read(told, 4096):
                grace = min(grace, _ALONE)
            break
    if process.poll() is None:
        _signal_all(signal.SIGTERM)
        until = time.monotonic() + grace
        while process.poll() is None and time.monotonic() < until:
            time.sleep(_PAUSE)
    while process.poll() is None:
        _signal_all(signal.SIGKILL)
        time.sleep(_PAUSE)
    # Its own end is known by now: whoever else ends came to us from it.
    while _signal_all(signal.SIGKILL):
        _bury()
        time.sleep(_PAUSE)
    code = process.returncode
    return code if code >= 0 else _SIGNALLED - code


def _with_us() -> None:
    """Should we be killed, it is."""
    _ask_kernel(_DEATH, signal.SIGKILL)


def _ask_kernel(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _signal_all(number: int) -> int:
    """To all that came from us and live; how many."""
    found = _offspring()
    for each in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, number)
    return len(found)


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


if __name__ == "__main__":
    raise SystemExit(main())
