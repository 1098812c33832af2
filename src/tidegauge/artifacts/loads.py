"""Loads that run, and those that failed: a pause after a failure, so that a broken file is not
read again and again."""

from dataclasses import dataclass, field
from typing import Final, Generic

from tidegauge.artifacts.artifact import Artifact
from tidegauge.artifacts.digest import DigestError, LoadError
from tidegauge.artifacts.shelf import Entry, Model

_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True)
class Failure:
    """Words only: an exception would keep in memory what its function had half loaded."""

    artifact: Artifact
    kind: type[LoadError]
    words: str
    count: int
    until: float

    def error(self) -> LoadError:
        return self.kind(self.words)


@dataclass(eq=False, slots=True)
class Load(Generic[Model]):
    """One that runs.  Those who wait for it are its users already, if they will be.

    It ends with an entry, with a failure, or with neither if its thread was interrupted.
    """

    artifact: Artifact
    thread: int
    users: list[int] = field(default_factory=list[int])
    is_done: bool = False
    entry: Entry[Model] | None = None
    failure: Failure | None = None
    cause: Exception | None = None


def failure_of(artifact: Artifact, error: Exception, before: Failure | None, now: float) -> Failure:
    count = 1 if before is None else before.count + 1
    kind, words = LoadError, f"{artifact.key} could not be loaded: {type(error).__name__}: {error}"
    if isinstance(error, DigestError):
        kind, words = DigestError, str(error)
    return Failure(artifact, kind, words, count, now + pause(count))


def pause(failures: int) -> float:
    """Seconds until another try, after so many failures in a row."""
    return min(LONGEST_PAUSE, _PAUSE * 2 ** min(failures - 1, 16))
