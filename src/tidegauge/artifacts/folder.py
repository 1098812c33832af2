"""Models in folders of one machine: `root/<model_id>/<version>/`, with an entity before the version
if there is one, `root/<model_id>/<entity>/<version>/`.

Beside the model's file stands `metadata.json`.  A folder without it is no version, so whoever
deploys writes it last.  All of its fields may be left out:

`path` is the file, from this folder on, if it is not the only one; or `uri`, elsewhere.
`created_at` (ISO 8601 with an offset) orders the versions; else the time of `metadata.json` does.
`digest` is `sha256:...`.  `size_bytes` is what it counts for; else the size of the file.
Everything, `metrics` and `trained_at` for example, is handed on as `Artifact.metadata`.
"""

import json
import math
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from tidegauge.artifacts.artifact import LATEST, Artifact, Key
from tidegauge.errors import InputError, UnreadableError

_METADATA: Final = "metadata.json"
_NAME: Final = re.compile(r"[^./\\:\x00-\x1f\x7f][^/\\:\x00-\x1f\x7f]*")


@dataclass(frozen=True)
class Folder:
    root: str | os.PathLike[str]

    def find(self, model_id: str, entity: str, version: str) -> Artifact:
        key = Key(model_id, entity, version)
        above = self._above(model_id, entity)
        try:
            if version == LATEST:
                key = key._replace(version=self._newest(key, above))
            folder = self._inside(above / _checked("version", key.version))
            if not (folder / _METADATA).is_file():
                there = ", ".join(_versions(above)[-5:]) or "none"
                raise UnreadableError(f"{key}: no {_METADATA} in {folder}; versions are: {there}")
            return self._artifact(key, folder)
        except (OSError, UnicodeError) as error:
            raise UnreadableError(f"{key}: {error}") from error

    def versions(self, model_id: str, entity: str = "") -> list[str]:
        """The oldest first."""
        return _versions(self._above(model_id, entity))

    def _above(self, model_id: str, entity: str) -> Path:
        above = Path(self.root, _checked("model_id", model_id))
        return above / _checked("entity", entity) if entity else above

    def _newest(self, key: Key, above: Path) -> str:
        versions = _versions(above)
        if not versions:
            raise UnreadableError(f"{key}: no version with a {_METADATA} in {above}")
        return versions[-1]

    def _inside(self, path: Path) -> Path:
        """Where it really is, which a link may not have led out of the root."""
        real = path.resolve()
        if not real.is_relative_to(Path(self.root).resolve()):
            raise UnreadableError(f"{path} leads out of {self.root}")
        return real

    def _artifact(self, key: Key, folder: Path) -> Artifact:
        known = _metadata(self._inside(folder / _METADATA))
        uri = _text(known, "uri", folder)
        size = known.get("size_bytes")
        if uri and ("://" not in uri or uri.lower().startswith("file:")):
            raise UnreadableError(f"{key}: {uri!r} in {folder} is no URI; a file is a `path`")
        if uri:
            location = uri
        else:
            real = self._inside(folder / (_text(known, "path", folder) or _only_file(folder)))
            location = str(real)
            size = _size(real) if size is None else size
        if not isinstance(size, int | None) or isinstance(size, bool):
            raise UnreadableError(f"{key}: size_bytes in {folder} is not a whole number")
        return Artifact(
            model_id=key.model_id,
            entity=key.entity,
            version=key.version,
            location=location,
            digest=_text(known, "digest", folder),
            size_bytes=size or 0,
            metadata=known,
        )


def _checked(what: str, name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance] - it may be from a request
        raise InputError(f"{what} {name!r} cannot be a folder: no separators, no dot at the start")
    return name


def _versions(above: Path) -> list[str]:
    try:
        names = [
            each.name
            for each in above.iterdir()
            if each.name != LATEST and _NAME.fullmatch(each.name) and (each / _METADATA).is_file()
        ]
    except OSError:
        return []
    return sorted(names, key=lambda name: (_created(above / name), _natural(name)))


def _created(folder: Path) -> float:
    """Seconds.  What cannot be read is as old as its file: if it is the newest, that is an error to
    be told, and not a reason to serve an older one in silence."""
    try:
        when = datetime.fromisoformat(str(_metadata(folder / _METADATA)["created_at"]))
        if when.tzinfo is not None:
            return when.timestamp()
    except (KeyError, ValueError):
        pass
    try:
        return (folder / _METADATA).stat().st_mtime
    except OSError:
        return -math.inf


def _natural(name: str) -> list[str | int]:
    """`v9` comes before `v10`."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", name))]


def _metadata(path: Path) -> dict[str, object]:
    try:
        # Measures that are not numbers are unknown ones.
        known = json.loads(path.read_bytes(), parse_constant=lambda _: None)
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from error
    if not isinstance(known, dict):
        raise UnreadableError(f"{path} is not an object of JSON")
    return cast("dict[str, object]", known)


def _text(known: dict[str, object], field: str, folder: Path) -> str:
    value = known.get(field)
    if not isinstance(value, str | None):
        raise UnreadableError(f"{field} in {folder / _METADATA} is not a text")
    return value or ""


def _only_file(folder: Path) -> str:
    names = [each.name for each in folder.iterdir() if not each.name.startswith(".")]
    others = [name for name in names if name != _METADATA]
    if len(others) != 1:
        raise UnreadableError(
            f"{folder / _METADATA} says no `path`, and {len(others)} files stand beside it, not one"
        )
    return others[0]


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
