"""Policies of retraining: which models, when, by whom; and what holds for all of them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.catalog import policies
from tidegauge.catalog.policies import Kept
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.faults import FaultsError
from tidegauge.retrain import faults, queue
from tidegauge.retrain.policy import Policy, Webhook
from tidegauge.retrain.settings import Settings
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Reader, Writer, checked_text, matching, moment, who
from tidegauge.web.routes.channels import NAME, unfit
from tidegauge.web.routes.monitors import problem_of
from tidegauge.web.routes.noted import audited, etag
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/retraining", tags=["retraining"])
Name = Annotated[str, Path(pattern=NAME)]
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen, if that matters.")]
Document = Annotated[
    dict[str, Any],
    Field(description="`models`, `target`, `detections`, `calendar`, `parameters` and more."),
]
_MOST: Final = 1_000


class PolicyShown(BaseModel):
    name: str
    document: Document
    enabled: bool
    origin: str
    revision: int
    changed_at: datetime
    changed_by: str


@router.get("/config")
def get_config(request: Request, key: Reader) -> Settings:
    """What holds for all models, where a policy says nothing else."""
    with state_of(request).kept.catalog.read() as connection:
        return queue.settings_of(connection, key.tenant)


@router.put("/config")
def put_config(wanted: Settings, request: Request, key: Writer) -> Settings:
    document = wanted.model_dump(mode="json", exclude_defaults=True)

    def write(connection: Connection) -> None:
        at, by = act.now(connection), who(key)
        before = policies.by_name(connection, key.tenant, policies.ALL)
        if before is None:
            policies.add(connection, key.tenant, policies.ALL, document, origin="api", at=at, by=by)
        else:
            policies.change(connection, before, document, origin="api", at=at, by=by)
        audited(connection, key, at, "retraining.config", "", document)

    state_of(request).kept.catalog.write(write)
    return wanted


@router.get("/policies")
def list_policies(request: Request, key: Reader) -> list[PolicyShown]:
    with state_of(request).kept.catalog.read() as connection:
        return [_shown(each) for each in policies.listed(connection, key.tenant)]


@router.get("/policies/{name}")
def get_policy(name: Name, request: Request, response: Response, key: Reader) -> PolicyShown:
    with state_of(request).kept.catalog.read() as connection:
        kept = _one(connection, key, name)
    response.headers["ETag"] = etag(kept)
    return _shown(kept)


@router.put("/policies/{name}")
def put_policy(
    name: Name,
    wanted: Document,
    request: Request,
    response: Response,
    key: Writer,
    if_match: IfMatch = None,
) -> PolicyShown:
    """Make it, or say it anew. What was found before it was made starts nothing."""
    policy = checked(name, wanted)
    document = policy.model_dump(mode="json", exclude_defaults=True)

    def write(connection: Connection) -> Kept:
        if wrong := list(unfit_channels(connection, key, policy)):
            raise ProblemError("invalid-request", f"{len(wrong)} channels do not fit", wrong)
        before = policies.by_name(connection, key.tenant, name)
        at, by = act.now(connection), who(key)
        if before is None:
            if len(policies.listed(connection, key.tenant)) >= _MOST:
                raise ProblemError("quota-exceeded", f"there may be {_MOST} policies")
            after = policies.add(connection, key.tenant, name, document, origin="api", at=at, by=by)
        else:
            if if_match is not None:
                matching(if_match, etag(before), "the policy")
            after = policies.change(connection, before, document, origin="api", at=at, by=by)
        audited(connection, key, at, "policy.put", name, document)
        return after

    kept = state_of(request).kept.catalog.write(write)
    response.headers["ETag"] = etag(kept)
    return _shown(kept)


@router.delete("/policies/{name}", status_code=204)
def remove_policy(name: Name, request: Request, key: Writer, if_match: IfMatch = None) -> None:
    """Its jobs stay, and those that wait for somebody still go."""

    def remove(connection: Connection) -> None:
        before = _one(connection, key, name)
        if if_match is not None:
            matching(if_match, etag(before), "the policy")
        policies.remove(connection, [before.id])
        audited(connection, key, act.now(connection), "policy.remove", name, before.document)

    state_of(request).kept.catalog.write(remove)


def checked(name: str, document: Mapping[str, Any]) -> Policy:
    try:
        policy = faults.checked({**document, "name": name})
    except FaultsError as error:
        raise problem_of([("", error)], "the policy") from None
    checked_text(policy.models)
    return policy


def of_model(connection: Connection, key: Key, model: str, name: str | None) -> Policy:
    """The one that is named, or the first that is of a model."""
    every = policies.listed(connection, key.tenant)
    if name is not None and name not in {each.name for each in every}:
        raise ProblemError("not-found", f"there is no policy {name!r}")
    found = [
        policy
        for each in every
        if name in (None, each.name) and (policy := checked(each.name, each.document)).is_of(model)
    ]
    if not found:
        told = f"no policy is of the model {model!r}: it says who trains it"
        raise ProblemError("invalid-request", told)
    return found[0]


def unfit_channels(connection: Connection, key: Key, policy: Policy) -> Iterator[Fault]:
    told = [(f"/channels/{at}", name) for at, name in enumerate(policy.channels)]
    yield from unfit(connection, key, told, lambda _kind: None)
    hooks: list[tuple[str, str]] = []
    if isinstance(policy.target, Webhook):
        hooks.append(("/target/channel", policy.target.channel))
    if policy.promotion.channel is not None:
        hooks.append(("/promotion/channel", policy.promotion.channel))
    yield from unfit(connection, key, hooks, _why_not)


def _why_not(kind: str) -> str | None:
    return None if kind == "webhook" else "here something is to be done, as a webhook can"


def _one(connection: Connection, key: Key, name: str) -> Kept:
    found = policies.by_name(connection, key.tenant, name)
    if found is None:
        raise ProblemError("not-found", f"there is no policy {name!r}")
    return found


def _shown(kept: Kept) -> PolicyShown:
    return PolicyShown(
        name=kept.name,
        document=dict(kept.document),
        enabled=bool(kept.document.get("enabled", True)),
        origin=kept.origin,
        revision=kept.revision,
        changed_at=moment(kept.changed_at),
        changed_by=kept.changed_by,
    )
