"""References to models' files: put, pinned, let go of, and gone.

kept -> removing -> gone, and kept again where somebody puts it again.  What is being removed is
not rolled out, and what is rolled out is not removed: each is one transaction beside which the
other does not run.
"""

from dataclasses import replace

from sqlalchemy import Connection

from tidegauge.catalog import artifacts
from tidegauge.catalog.artifacts import Artifact
from tidegauge.errors import TidegaugeError
from tidegauge.retrain.shelf import Held

MOST = 10_000
"""References of one model."""


class InUseError(TidegaugeError):
    """It may not go, or not change, just now: why."""


class TooManyError(TidegaugeError):
    """A model has as many references as it may."""


def put(connection: Connection, new: Artifact) -> Artifact:
    """Make it, or say anew what it is; the job that made it, and whether it is pinned, stay."""
    before = artifacts.get(connection, new.model, new.version)
    if before is None:
        if artifacts.count(connection, new.model) >= MOST:
            raise TooManyError(f"a model may have {MOST:,} references")
        artifacts.add(connection, new)
        return new
    if before.state == "removing":
        raise InUseError(f"version {new.version} is being removed: put it when it is gone")
    told = replace(
        new,
        retraining=before.retraining,
        is_pinned=before.is_pinned,
        created_at=before.created_at,
        created_by=before.created_by,
        changed_at=before.changed_at,
    )
    return before if told == before else _changed(connection, before, told, new.created_at)


def pin(connection: Connection, before: Artifact, at: int, *, is_pinned: bool) -> Artifact:
    if before.is_pinned == is_pinned:
        return before
    if is_pinned and before.state != "kept":
        raise InUseError(
            f"version {before.version} is {_WORDS[before.state]}: there is none to pin"
        )
    return _changed(connection, before, replace(before, is_pinned=is_pinned), at)


def remove(connection: Connection, found: Held, at: int) -> Artifact:
    """From now on it cannot be rolled out, and its file may be deleted."""
    before = found.artifact
    if before.state != "kept":
        return before
    if found.why.is_needed:
        raise InUseError(f"version {before.version} is kept: {found.why.reason}")
    return _changed(connection, before, replace(before, state="removing"), at)


def gone(connection: Connection, before: Artifact, at: int) -> Artifact:
    """Its file is deleted."""
    if before.state == "gone":
        return before
    if before.state != "removing":
        raise InUseError(f"version {before.version} is kept: have it removed first")
    return _changed(connection, before, replace(before, state="gone", gone_at=at), at)


def why_not_to_serve(connection: Connection, model: int, version: str) -> str:
    """Why a version cannot serve from now on; "" where nothing is known against it."""
    found = artifacts.get(connection, model, version) if version else None
    if found is None or found.state == "kept":
        return ""
    return f"version {version} is {_WORDS[found.state]}"


_WORDS = {"removing": "being removed", "gone": "gone: its file was deleted"}


def _changed(connection: Connection, before: Artifact, after: Artifact, at: int) -> Artifact:
    # A change is told from the one before by its time, however the clock goes.
    later = replace(after, changed_at=max(at, before.changed_at + 1))
    return artifacts.change(connection, before, later)
