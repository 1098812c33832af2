"""Deliberate bugs, each the one that a promise is there to keep out.

A test of a promise whose sabotage leaves it green tests nothing.  `TIDEGAUGE_SABOTAGE=name`
switches one on in a child process of the tests; the product knows nothing of it.
"""

import os
import sys
from pathlib import Path

from tidegauge.log import ids, lock, recovery, scan, segment, writer


def answer_before_write():
    commit = writer.Writer._commit

    def early(self, group, size):
        for waiting in group:
            waiting.future.set_result(None)
            waiting.future.set_result = lambda _: None
        commit(self, group, size)

    writer.Writer._commit = early


def answer_before_sync():
    segment.Segment.sync = lambda self, size: setattr(self, "end", self.end + size)


def skip_directory_sync():
    for name, module in sys.modules.items():
        if name.startswith("tidegauge.log.") and hasattr(module, "sync_directory"):
            module.sync_directory = lambda _: None


def ids_in_memory_only():
    ids.Ids.learn = lambda self, index: self.saved(index)


def stop_at_first_bad_byte():
    whole = scan.scan

    def stopping(fd, identity, start, limit):
        for found in whole(fd, identity, start, limit):
            if isinstance(found, scan.Hole):
                os.ftruncate(os.open(f"/proc/self/fd/{fd}", os.O_RDWR), found.start)
                return
            yield found

    from tidegauge.log import reader

    recovery.scan = reader.scan = stopping


def ignore_short_write():
    def write(self, pieces, _size):
        os.pwritev(self._fd, [b"".join(pieces)], self.end)

    segment.Segment.write = write


def retry_sync():
    sync = segment.Segment.sync

    def stubborn(self, size):
        try:
            sync(self, size)
        except OSError:
            sync(self, size)

    segment.Segment.sync = stubborn


def pid_file():
    class PidFile:
        def __init__(self, path: Path):
            self._path = path
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                raise lock.LockedError(f"{path} exists") from None

        def release(self):
            self._path.unlink()

    from tidegauge.log import local

    local.Lock = PidFile


ALL = [
    answer_before_write,
    answer_before_sync,
    skip_directory_sync,
    ids_in_memory_only,
    stop_at_first_bad_byte,
    ignore_short_write,
    retry_sync,
    pid_file,
]


def apply():
    name = os.environ.get("TIDEGAUGE_SABOTAGE")
    if name:
        {sabotage.__name__: sabotage for sabotage in ALL}[name]()
