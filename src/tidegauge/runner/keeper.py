"""A process between the runner and what trains: whatever trains is gone when this ends, and this
ends when the runner does.

    python -m tidegauge.runner.keeper GRACE COMMAND...

What trains may fork, and may not want to end.  The runner tells of its life by an open pipe, and of
a wish to end by a line in it; SIGTERM comes first, and SIGKILL after the grace.  Who lost its
parent comes to this process, and is found here.
"""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tidegauge.runner import offspring

_ALONE: Final = 2.0
"""The grace where nobody waits any more for how it ended."""
_SIGNALLED: Final = 128


def main() -> int:
    grace, command = float(sys.argv[1]), sys.argv[2:]
    offspring.adopt()
    # Ctrl-C is for the runner, which ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = os.dup(0)
    os.set_inheritable(told, False)  # noqa: FBT003 - its own form
    with Path(os.environ.pop("TIDEGAUGE_JOB_FILE")).open("rb") as job:
        try:
            process = subprocess.Popen(  # noqa: S603 - as its owner says
                command,
                stdin=job,
                preexec_fn=offspring.die_with_parent,  # noqa: PLW1509 - there is one thread
                start_new_session=True,
            )
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - the log
            return 127
    while process.poll() is None:
        ready, _, _ = select.select([told], [], [], offspring.PAUSE)
        if ready:
            # A line, or the end of the runner: both say that it is to end.
            if not os.read(told, 4096):
                grace = min(grace, _ALONE)
            break
    if process.poll() is None:
        offspring.signal_all(signal.SIGTERM)
        until = time.monotonic() + grace
        while process.poll() is None and time.monotonic() < until:
            time.sleep(offspring.PAUSE)
    while process.poll() is None:
        offspring.signal_all(signal.SIGKILL)
        time.sleep(offspring.PAUSE)
    # Its own end is known by now: whoever else ends came to us from it.
    offspring.end_all()
    code = process.returncode
    return code if code >= 0 else _SIGNALLED - code


if __name__ == "__main__":
    raise SystemExit(main())
