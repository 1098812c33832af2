"""What is watched and when it is trained again, as files say it: all or none."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import monitors, policies
from tidegauge.catalog.documents import Kept, Origin
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor import faults as monitor_faults
from tidegauge.monitor.faults import FaultsError
from tidegauge.monitor.plan import Step, What
from tidegauge.monitor.plan import plan as plan_monitors
from tidegauge.retrain import faults as policy_faults
from tidegauge.retrain.file import json_schema
from tidegauge.retrain.plan import plan as plan_policies
from tidegauge.retrain.policy import Policy
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Closed, Reader, now, who
from tidegauge.web.routes.monitors import (
    MOST,
    Document,
    IfMatch,
    check_channels,
    etag_of,
    in_use,
    problem_of,
)
from tidegauge.web.routes.noted import audited
from tidegauge.web.routes.policies import unfit_channels
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/monitors", tags=["monitors"])


class SetWanted(Closed):
    """What files hold, all together."""

    monitors: Annotated[list[Document], Field(max_length=MOST)]
    retraining: Annotated[
        list[Document] | None,
        Field(max_length=MOST, description="Policies; null where no file says anything of them."),
    ] = None
    dry_run: Annotated[bool, Field(description="Only say what would change.")] = False


class DifferenceShown(BaseModel):
    field: Annotated[str, Field(description="As `conditions[0].max`.")]
    old: Annotated[Any, Field(description="null where it is not said.")]
    new: Any


class StepShown(BaseModel):
    name: str
    what: What
    kind: Annotated[str, Field(description="Of the monitor; `retraining` of a policy.")]
    takes_over: Annotated[
        Origin | None, Field(description="Who has kept it until now, where that was no file.")
    ]
    differences: list[DifferenceShown]


class PlanShown(BaseModel):
    dry_run: bool
    added: int
    changed: int
    removed: int
    unchanged: int
    steps: list[StepShown]


@router.get("/schema")
def get_monitor_schema(key: Reader) -> dict[str, Any]:
    """The JSON Schema of a file, for editors."""
    del key
    return json_schema()


@router.put("")
def put_monitors(
    wanted: SetWanted, request: Request, response: Response, key: Reader, if_match: IfMatch = None
) -> PlanShown:
    """Make the monitors, and the policies of retraining, those of some files, all or none; or say
    what would change.

    What came from files and has left them is removed.  What was made through the API, and what is
    there by default, stays unless a file has its name.
    """
    if not wanted.dry_run and not key.may("write"):
        raise ProblemError(
            "forbidden-role", f"the key {key.name!r} has the role {key.role!r}; this needs 'write'"
        )
    watched = _read("monitors", wanted.monitors, monitor_faults.checked)
    trained = (
        None
        if wanted.retraining is None
        else _read("retraining", wanted.retraining, policy_faults.checked)
    )
    state, at = state_of(request), now()
    in_use(state, key)

    def look(connection: Connection) -> _Plan:
        named = ((f"/monitors/{place}", each) for place, each in enumerate(watched))
        check_channels(connection, key, named)
        kept = monitors.listed(connection, key.tenant)
        parts = [_Part("monitors", monitors, kept, plan_monitors(kept, watched))]
        if trained is not None:
            _check_hooks(connection, key, trained)
            own = policies.listed(connection, key.tenant)
            parts.append(_Part("policies", policies, own, plan_policies(own, trained)))
        found = _Plan(parts)
        if if_match is not None and if_match.strip() not in (found.etag, "*"):
            raise ProblemError("stale", "the monitors were changed meanwhile: plan again")
        return found

    def write(connection: Connection) -> _Plan:
        found = look(connection)
        for part in found.parts:
            if len(part.kept) + sum(each.what == "added" for each in part.steps) > MOST:
                raise ProblemError("quota-exceeded", f"there may be {MOST:,} {part.noun}")
            _apply(connection, key, part, at)
        return found.after(connection, key)

    catalog = state.kept.catalog
    found = catalog.look(look) if wanted.dry_run else catalog.write(write)
    response.headers["ETag"] = found.etag
    return _shown(found, dry_run=wanted.dry_run)


class _Part(NamedTuple):
    noun: str
    rows: ModuleType
    """Of the catalog: where they are kept."""
    kept: list[Kept]
    steps: list[Step]


class _Plan(NamedTuple):
    parts: list[_Part]

    @property
    def etag(self) -> str:
        return etag_of([each for part in self.parts for each in part.kept])

    def after(self, connection: Connection, key: Key) -> "_Plan":
        """The same, and as it is kept now."""
        return _Plan(
            [each._replace(kept=each.rows.listed(connection, key.tenant)) for each in self.parts]
        )


class _Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


def _read(
    section: Literal["monitors", "retraining"],
    documents: Sequence[Mapping[str, Any]],
    checked: Callable[[object], T],
) -> list[T]:
    found: dict[str, T] = {}
    faults: list[tuple[str, FaultsError]] = []
    doubles: list[Fault] = []
    for place, each in enumerate(documents):
        try:
            one = checked(each)
        except FaultsError as error:
            faults.append((f"/{section}/{place}", error))
            continue
        if one.name in found:
            said = f"two {_NOUNS[section]} are called {one.name!r}"
            pointer = f"/{section}/{place}/name"
            doubles.append({"pointer": pointer, "code": "bad-format", "detail": said})
        found[one.name] = one
    if faults or doubles:
        told = [*problem_of(faults).errors, *doubles]
        noun = _NOUNS[section]
        raise ProblemError("invalid-request", f"{len(told)} faults in the {noun}", told)
    return list(found.values())


_NOUNS: Final = {"monitors": "monitors", "retraining": "policies"}


def _check_hooks(connection: Connection, key: Key, wanted: Sequence[Policy]) -> None:
    wrong: list[Fault] = [
        {**each, "pointer": f"/retraining/{place}{each['pointer']}"}
        for place, policy in enumerate(wanted)
        for each in unfit_channels(connection, key, policy)
    ]
    if wrong:
        raise ProblemError("invalid-request", f"{len(wrong)} channels do not fit", wrong)


def _apply(connection: Connection, key: Key, part: _Part, at: int) -> None:
    told: dict[str, list[str]] = {}
    for each in part.steps:
        if each.what == "unchanged":
            continue
        told.setdefault(each.what, []).append(each.name)
        if each.document is None:
            continue
        how = {"origin": "file", "at": at, "by": who(key)}
        if each.before is None:
            part.rows.add(connection, key.tenant, each.name, each.document, **how)
        else:
            part.rows.change(connection, each.before, each.document, **how)
    gone = [each.before.id for each in part.steps if each.what == "removed" and each.before]
    part.rows.remove(connection, gone)
    if told:
        audited(connection, key, at, f"{part.noun}.apply", part.noun, told)


def _shown(found: _Plan, *, dry_run: bool) -> PlanShown:
    steps = [each for part in found.parts for each in part.steps]
    counts = dict.fromkeys(("added", "changed", "removed", "unchanged"), 0)
    for each in steps:
        counts[each.what] += 1
    return PlanShown(
        dry_run=dry_run,
        **counts,
        steps=[
            StepShown(
                name=each.name,
                what=each.what,
                kind=each.kind,
                takes_over=each.takes_over,
                differences=[
                    DifferenceShown(field=field, old=old, new=new)
                    for field, old, new in each.differences
                ],
            )
            for each in steps
        ],
    )
