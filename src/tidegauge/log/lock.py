"""One writer at a time: a lock on an open file, which ends with the process, however it ends."""

import fcntl
import os
from pathlib import Path

from tidegauge.failpoint import hit
from tidegauge.log.errors import LockedError


class Lock:
    """A file that merely exists, or holds a process id, would outlive a killed process."""

    def __init__(self, path: Path) -> None:
        # A child that the process starts must not inherit the lock: os.open sees to that.
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hit("log.locked")
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)
        except BlockingIOError:
            holder = os.pread(self._fd, 20, 0).decode(errors="replace")
            os.close(self._fd)
            raise LockedError(
                f"the log in {path.parent} is already written to by process {holder or 'unknown'};"
                " stop it first, or choose another data directory"
            ) from None
        except BaseException:
            os.close(self._fd)
            raise

    def release(self) -> None:
        os.close(self._fd)
