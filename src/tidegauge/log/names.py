"""Segment files under the names that their contents say.

Files that were swapped are given their names back.  What is no segment of this log, or is a
copy of one, or was written by a later version, is moved aside untouched.
"""

import logging
import re
from pathlib import Path
from typing import Final

from tidegauge.failpoint import hit
from tidegauge.log.aside import Aside
from tidegauge.log.batch import Position
from tidegauge.log.disk import opened, sync_directory
from tidegauge.log.frame import HEADER, VERSION, Identity, claim
from tidegauge.log.scan import Frame, read, scan
from tidegauge.log.segment import listed, segment_path

_MOVED: Final = ".moved-{:012}.log"
_log = logging.getLogger("tidegauge.log")


def right_names(directory: Path, stamp: int, damage: dict[Position, int]) -> None:
    aside = Aside(directory)
    misplaced = _moved_before(directory)
    for number, path in listed(directory).items():
        own = _number_of(path, Identity(stamp, number))
        if own is None:
            _log.error("%s is no segment that this version reads: moved aside", path)
            damage[Position(number, 0)] = 1
            aside.move(path)
        elif own != number:
            misplaced[path] = own
    # Two steps, because two files may have each other's names.
    waiting: dict[Path, int] = {}
    for path, own in misplaced.items():
        target = directory / _MOVED.format(own)
        is_copy = own in listed(directory) and segment_path(directory, own) not in misplaced
        if is_copy or (target.exists() and target != path):
            _log.error("%s is a copy of segment %d: moved aside", path, own)
            aside.move(path)
            continue
        if path != target:
            hit("log.before-misplaced-rename")
            path.rename(target)
        waiting[target] = own
    for path, own in waiting.items():
        _log.error("a misplaced file is segment %d of %s: renamed", own, directory)
        path.rename(segment_path(directory, own))
        hit("log.after-misplaced-rename")
    if waiting:
        sync_directory(directory)


def _moved_before(directory: Path) -> dict[Path, int]:
    """Those that an earlier start had no time to give their names back."""
    found = re.compile(r"\.moved-(\d{12,})\.log")
    return {
        path: int(match[1])
        for path in sorted(directory.iterdir())
        if (match := found.fullmatch(path.name))
    }


def _number_of(path: Path, named: Identity) -> int | None:
    """The number that the file says, the one it is named for where it does not say, or None."""
    with opened(path) as fd:
        claimed = claim(read(fd, 2 * HEADER, 0))
        if claimed is not None and claimed[0] == VERSION:
            _, said = claimed
            return said.segment if said.stamp == named.stamp else None
        found = scan(fd, named, 0, path.stat().st_size)
        return named.segment if any(isinstance(one, Frame) for one in found) else None
