"""A version's file or folder on this machine: found by its reference, and deleted as a whole.

Only what lies inside one folder is touched, once links are resolved; and nothing that another
reference needs.  It is renamed first: who looks for versions sees all of it or none.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tidegauge.artifacts import digest_of
from tidegauge.errors import TidegaugeError
from tidegauge.failpoint import hit

_METADATA: Final = "metadata.json"


class LeftError(TidegaugeError):
    """It is left where it is: why."""


@dataclass(frozen=True)
class Place:
    file: Path
    """As its reference says."""
    version: str
    root: Path
    """Without links; nothing outside of it is touched."""

    @property
    def whole(self) -> Path:
        """What goes: the folder of the version where there is one, with what stands beside it."""
        above = self.file.parent
        is_own = above.name == self.version and (above / _METADATA).is_file()
        return above if is_own else self.file

    @property
    def is_there(self) -> bool:
        return self.file.exists()

    def check(self, digest: str, others: Iterable[Path]) -> None:
        """LeftError where it is not ours alone to delete."""
        whole = self.whole
        if whole == self.root:
            raise LeftError(f"{whole} is all that there is")
        for other in others:
            if other.is_relative_to(whole) or whole.is_relative_to(other):
                raise LeftError(f"another version lies in {other}")
        # A path that each training writes over holds a newer model by now.
        if digest.startswith("sha256:") and self.file.is_file():
            try:
                found = digest_of(self.file)
            except OSError as error:
                raise LeftError(f"{self.file} cannot be read: {error.strerror}") from error
            if found != digest.lower():
                raise LeftError(f"{self.file} is not the file that was told: its digest differs")

    def delete(self) -> None:
        """All of it; and what a deletion that was cut off has left."""
        try:
            for left in map(_aside, (self.file, self.file.parent)):
                if left.is_relative_to(self.root):
                    _clear(left)
            whole = self.whole
            aside = _aside(whole)
            if whole.exists():
                hit("prune.before-rename")
                whole.rename(aside)
                hit("prune.renamed")
                _clear(aside)
            hit("prune.deleted")
        except FileNotFoundError:
            # Somebody else deletes it just now.
            return
        except OSError as error:
            raise LeftError(f"{self.file} cannot be deleted: {error.strerror}") from error


def place_of(root: Path, uri: str, version: str) -> Place:
    """LeftError where that is not inside the folder, or not on this machine at all."""
    path = local(uri)
    if path is None:
        raise LeftError(f"{uri or 'it'} is no file of this machine")
    if path.is_symlink():
        raise LeftError(f"{path} is a link")
    file, inside = path.resolve(), root.resolve()
    if file == inside or not file.is_relative_to(inside):
        raise LeftError(f"{path} is not in {root}")
    return Place(file, version, inside)


def local(uri: str) -> Path | None:
    """The path that a reference names, if it is one: whole, or as `file:`."""
    if uri.lower().startswith("file:"):
        try:
            parts = urlsplit(uri)
        except ValueError:
            return None
        if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
            return None
        path = Path(url2pathname(parts.path))
    else:
        path = Path(uri)
    return path if path.is_absolute() and "\0" not in str(path) else None


def _aside(path: Path) -> Path:
    """No version has a dot first."""
    return path.with_name(f".removing-{path.name}")


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
