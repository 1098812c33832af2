"""The number that marks every frame of one log, made at random when the log is."""

import secrets
import zlib
from pathlib import Path

from tidegauge.log.disk import opened, write_whole
from tidegauge.log.frame import HEADER, claim
from tidegauge.log.scan import read
from tidegauge.log.segment import listed


def read_stamp(directory: Path) -> int | None:
    try:
        text = (directory / "stamp").read_text(encoding="ascii", errors="replace")
        stamp, check = text.split()
        if zlib.crc32(stamp.encode()) == int(check, 16):
            return int(stamp, 16)
    except (OSError, ValueError):
        pass
    return None


def make_stamp(directory: Path) -> int:
    """The one in the directory, else the one that its segments bear, else a new one."""
    stamp = read_stamp(directory)
    if stamp is None:
        found = (stamp_of(path) for path in reversed(listed(directory).values()))
        stamp = next((one for one in found if one is not None), None) or secrets.randbits(64) or 1
        text = f"{stamp:016x}"
        write_whole(directory / "stamp", f"{text} {zlib.crc32(text.encode()):08x}\n".encode())
    return stamp


def stamp_of(path: Path) -> int | None:
    with opened(path) as fd:
        claimed = claim(read(fd, 2 * HEADER, 0))
    return None if claimed is None else claimed[1].stamp
