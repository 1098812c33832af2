"""References to models' files: what each version is, who uses it, and whether it is spare.

The server opens no model.  It says which files nobody needs any more; who holds them deletes them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.catalog import artifacts
from tidegauge.catalog.artifacts import Artifact, State
from tidegauge.catalog.models import Model
from tidegauge.ingest.problem import ProblemError
from tidegauge.retrain import artifacts as steps
from tidegauge.retrain import queue
from tidegauge.retrain.artifacts import InUseError, TooManyError
from tidegauge.retrain.shelf import Held, held
from tidegauge.series.reach import Reach
from tidegauge.web.keys import Key
from tidegauge.web.routes.artifact_shown import (
    ArtifactShown,
    ArtifactsShown,
    ArtifactWanted,
    PinWanted,
    read,
    shown,
)
from tidegauge.web.routes.asked import (
    Cursor,
    Limit,
    Reader,
    Writer,
    checked_text,
    cursor_of,
    model_in,
    read_cursor,
    who,
)
from tidegauge.web.routes.noted import audited
from tidegauge.web.routes.status import waiting
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1", tags=["artifacts"])
_OF: Final = "/models/{model_id}/artifacts"
# A version is named by others: it may have a slash.
_ONE: Final = f"{_OF}/{{version:path}}"
_AT_ONCE: Final = 50
"""Models."""
_THERE: Final[tuple[State, ...]] = ("kept", "removing")
VersionNamed = Annotated[str, Path(min_length=1, max_length=128)]
States = Annotated[
    list[State] | None, Query(description="Those in one of these; else all but `gone`.")
]
Look = Callable[[Connection, Sequence[Model]], dict[int, list[Held]]]
Row = tuple[str, Held]


@router.get("/artifacts")
def list_all_artifacts(
    request: Request,
    key: Reader,
    *,
    spare: Annotated[bool | None, Query(description="Those that nobody needs, or others.")] = None,
    state: States = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ArtifactsShown:
    """Of all models, by name; of each the newest first."""
    name, version = read_cursor(cursor, str, str) if cursor else ("", "")
    states, look = tuple(state or _THERE), _look(request, key)
    with state_of(request).kept.catalog.read() as connection:
        rows = (
            (model.name, each)
            for some in _holders(connection, key, states, checked_text(name))
            for own in (look(connection, some),)
            for model in some
            for each in _after(own[model.id], version if model.name == name else "")
            if each.artifact.state in states and spare in (None, each.is_spare)
        )
        return _page(rows, limit)


@router.get(_OF)
def list_artifacts(
    model_id: str,
    request: Request,
    key: Reader,
    state: States = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ArtifactsShown:
    """Of one model, the newest first."""
    _, version = read_cursor(cursor, str, str) if cursor else ("", "")
    states, look = state or _THERE, _look(request, key)
    with state_of(request).kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        own = _after(look(connection, [model])[model.id], version)
        return _page(((model.name, each) for each in own if each.artifact.state in states), limit)


@router.get(_ONE)
def get_artifact(
    model_id: str, version: VersionNamed, request: Request, key: Reader
) -> ArtifactShown:
    look = _look(request, key)
    with state_of(request).kept.catalog.read() as connection:
        return shown(model_id, _one(connection, look, key, model_id, version))


@router.put(_ONE)
def put_artifact(
    model_id: str, version: VersionNamed, wanted: ArtifactWanted, request: Request, key: Writer
) -> ArtifactShown:
    """Say what a version is. Sent again it changes nothing; one that was gone is there again."""

    def put(connection: Connection, model: Model, at: int) -> Artifact:
        return steps.put(connection, read(wanted, model, version, at, who(key)))

    return _done(request, key, model_id, version, "artifact.put", put)


@router.patch(_ONE)
def pin_artifact(
    model_id: str, version: VersionNamed, wanted: PinWanted, request: Request, key: Writer
) -> ArtifactShown:
    """Keep a version whatever happens, or no longer."""
    look = _look(request, key)

    def pin(connection: Connection, _model: Model, at: int) -> Artifact:
        found = _one(connection, look, key, model_id, version)
        return steps.pin(connection, found.artifact, at, is_pinned=wanted.is_pinned)

    what = "artifact.pin" if wanted.is_pinned else "artifact.unpin"
    return _done(request, key, model_id, version, what, pin)


@router.post(f"{_ONE}/remove")
def remove_artifact(
    model_id: str, version: VersionNamed, request: Request, key: Writer
) -> ArtifactShown:
    """Before its file is deleted: from now on it cannot be rolled out. Refused where it is
    deployed, rolled out, pinned or what one would go back to, and where that is not known."""
    look = _look(request, key)

    def remove(connection: Connection, _model: Model, at: int) -> Artifact:
        found = _one(connection, look, key, model_id, version)
        return steps.remove(connection, found, at)

    return _done(request, key, model_id, version, "artifact.remove", remove)


@router.delete(_ONE)
def confirm_gone(
    model_id: str, version: VersionNamed, request: Request, key: Writer
) -> ArtifactShown:
    """Its file is deleted, after it was marked so by `remove`."""
    look = _look(request, key)

    def gone(connection: Connection, _model: Model, at: int) -> Artifact:
        found = _one(connection, look, key, model_id, version)
        return steps.gone(connection, found.artifact, at)

    return _done(request, key, model_id, version, "artifact.gone", gone)


def _done(
    request: Request,
    key: Key,
    model_id: str,
    version: str,
    what: str,
    do: Callable[[Connection, Model, int], Artifact],
) -> ArtifactShown:
    look = _look(request, key)

    def write(connection: Connection) -> ArtifactShown:
        model, at = model_in(connection, key, model_id), act.now(connection)
        before = artifacts.get(connection, model.id, checked_text(version))
        try:
            after = do(connection, model, at)
        except InUseError as error:
            raise ProblemError("state-conflict", str(error)) from None
        except TooManyError as error:
            raise ProblemError("quota-exceeded", str(error)) from None
        if after != before:
            told = {"version": version, "state": after.state, "uri": after.uri}
            audited(connection, key, at, what, model.name, told)
        return shown(model.name, _one(connection, look, key, model_id, version))

    return state_of(request).kept.catalog.write(write)


def _look(request: Request, key: Key) -> Look:
    """How much is not counted yet is asked of the log, and so before the catalog is."""
    state = state_of(request)
    lag = waiting(state).lag_seconds

    def look(connection: Connection, some: Sequence[Model]) -> dict[int, list[Held]]:
        reach = Reach.read(connection, state.kept.windows_for)
        keep = queue.settings_of(connection, key.tenant).keep_versions
        return held(connection, some, reach, keep=keep, lag=lag, at=act.now(connection))

    return look


def _one(connection: Connection, look: Look, key: Key, model_id: str, version: str) -> Held:
    model = model_in(connection, key, model_id)
    own = look(connection, [model])[model.id]
    found = next((each for each in own if each.artifact.version == version), None)
    if found is None:
        raise ProblemError("not-found", f"no file of {model_id!r} {version!r} is known")
    return found


def _holders(
    connection: Connection, key: Key, states: Sequence[State], since: str
) -> Iterator[list[Model]]:
    while some := artifacts.holders(connection, key.tenant, states, since, _AT_ONCE):
        yield some
        # The least name behind it.
        since = f"{some[-1].name}\x01"


def _after(own: Sequence[Held], version: str) -> Sequence[Held]:
    """What follows on a version, or all where it is not there."""
    at = next((at for at, each in enumerate(own) if each.artifact.version == version), -1)
    return own[at + 1 :]


def _page(rows: Iterable[Row], limit: int) -> ArtifactsShown:
    found: list[Row] = []
    for row in rows:
        if len(found) == limit:
            name, last = found[-1]
            more = cursor_of(name, last.artifact.version)
            return ArtifactsShown(artifacts=[shown(*each) for each in found], next=more)
        found.append(row)
    return ArtifactsShown(artifacts=[shown(*each) for each in found], next=None)
