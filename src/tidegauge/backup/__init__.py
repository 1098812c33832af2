"""Backups: one moment of everything that was counted, as a directory that tidegauge can run on.

It is made beside a running worker, from a snapshot of the catalog: the parts that the snapshot
lists are copied, and the rows that it has still in the log are written as parts of the backup.
What was accepted and not counted yet, seconds at most, is not in it.
"""

from tidegauge.backup.make import Backup, make
from tidegauge.backup.restore import restore
from tidegauge.backup.verify import verify

__all__ = ["Backup", "make", "restore", "verify"]
