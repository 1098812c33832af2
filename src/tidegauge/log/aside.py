"""Files that could not be read, or not in full, kept in `aside/` for a person to look at."""

import os
import shutil
from itertools import count
from pathlib import Path
from typing import Final

from tidegauge.failpoint import hit
from tidegauge.log.disk import sync_directory, write_whole
from tidegauge.log.segment import listed

_TORN_KEPT: Final = 16


class Aside:
    def __init__(self, directory: Path) -> None:
        self._directory = directory / "aside"

    def keep(self, path: Path) -> None:
        """The file stays where it is too.  It costs no room, as the two names share its blocks;
        so a segment kept here is not recycled."""
        target = self._made() / path.name
        if target.exists():
            return
        hit("log.before-aside")
        try:
            os.link(path, target)
        except FileNotFoundError:
            return  # released meanwhile
        except OSError:
            shutil.copyfile(path, target)  # no links on this file system
        sync_directory(self._directory)

    def has(self, path: Path) -> bool:
        return (self._directory / path.name).exists()

    def move(self, path: Path) -> None:
        target = self._made() / path.name
        for more in count(1):
            if not target.exists():
                break
            target = self._directory / f"{path.name}.{more}"
        hit("log.before-aside")
        path.rename(target)
        sync_directory(self._directory)
        sync_directory(path.parent)

    def torn(self, path: Path, at: int, content: bytes) -> None:
        """What a crash left half written.  It was never answered, so only the latest are kept."""
        write_whole(self._made() / f"torn-{path.stem}-{at}", content)
        torn = sorted(self._directory.glob("torn-*"))
        for old in torn[:-_TORN_KEPT]:
            old.unlink(missing_ok=True)

    def numbers(self) -> list[int]:
        """Of the segments in it: their positions may be known elsewhere, and are not used again."""
        return list(listed(self._directory)) if self._directory.is_dir() else []

    def files(self) -> int:
        try:
            return sum(not path.name.startswith(".") for path in self._directory.iterdir())
        except FileNotFoundError:
            return 0

    def _made(self) -> Path:
        if not self._directory.is_dir():
            self._directory.mkdir(exist_ok=True)
            sync_directory(self._directory.parent)
        return self._directory
