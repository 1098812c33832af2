"""What is known of a model's file before it is opened, and who says so.

A source answers a name.  The name may be of one version, which never changes, or one that moves
on, as `latest` does: then the artifact that comes back says which version it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from tidegauge.errors import InputError

LATEST: Final = "latest"


class Key(NamedTuple):
    """Which model, for which entity ("" for all), and which version."""

    model_id: str
    entity: str
    version: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One version of a model, as a file that can be loaded.

    `location` is a path or a URI.  `size_bytes` is what it counts for in a cache's budget.  Two
    are the same if all but their metadata is: notes may be added to a version that is out.
    """

    model_id: str
    version: str
    location: str
    entity: str = ""
    digest: str = ""
    size_bytes: int = 0
    metadata: Mapping[str, object] = field(default_factory=dict[str, object], compare=False)

    def __post_init__(self) -> None:
        if self.version in {"", LATEST}:
            raise InputError(f"{self.key}: an artifact names the version that it is")
        if self.size_bytes < 0:
            raise InputError(f"{self.key}: a size of {self.size_bytes} bytes is none")

    @property
    def key(self) -> Key:
        return Key(self.model_id, self.entity, self.version)

    @property
    def path(self) -> Path | None:
        """Where the file is, or None if `location` is a URI."""
        return None if "://" in self.location else Path(self.location)


class Source(Protocol):
    def find(self, model_id: str, entity: str, version: str) -> Artifact:
        """The artifact of that name, or an error.  It is called by any thread, and at once."""
        ...
