"""What Prometheus' Alertmanager tells of a model is an alert here: its webhook, version 4."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from tidegauge.alert import act
from tidegauge.alert.act import Said
from tidegauge.alert.ids import key_of
from tidegauge.catalog import models
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.severity import RANK, Severity, severity_of
from tidegauge.record.refusal import step
from tidegauge.web.routes.asked import Writer, checked_text
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/receivers", tags=["incidents"])
_MODEL: Final = ("model_id", "model", "model_name")
_SEVERITY: Final = "severity"
_MORE: Final[Mapping[str, Severity]] = {"page": "critical", "none": "low"}
_UNTOLD: Final[Severity] = "medium"
_LONGEST: Final = 200
Texts = Annotated[dict[str, str], Field(max_length=100)]


class Sent(BaseModel):
    """One alert; what else it has is left alone."""

    status: Literal["firing", "resolved"]
    labels: Texts = {}
    annotations: Texts = {}


class Told(BaseModel):
    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    version: Literal["4"]
    alerts: Annotated[list[Sent], Field(max_length=10_000)]


class Taken(BaseModel):
    raised: list[Annotated[str, Field(description="Incidents.")]]
    ended: Annotated[int, Field(description="Alerts that are over.")]
    skipped: list[Fault]


@router.post("/alertmanager")
def receive_from_alertmanager(
    told: Told,
    request: Request,
    key: Writer,
    model_id: Annotated[
        str | None, Query(max_length=128, description="Of alerts without a label that says so.")
    ] = None,
) -> Taken:
    """Alerts of Prometheus about a model: an incident each, until Alertmanager says it is over.

    The model is the label `model_id`, `model` or `model_name`; the severity the label `severity`.
    """
    state = state_of(request)
    if wait := state.manual.wait(key.id):
        detail = "a key sends at most 60 of these a minute"
        raise ProblemError("rate-limited", detail, retry_after=math.ceil(wait))
    state.manual.take(key.id)
    with state.kept.catalog.read() as connection:
        known = {each.name for each in models.all(connection) if each.tenant == key.tenant}
    raised: dict[tuple[str, str], Said] = {}
    ended: dict[tuple[str, str], Said] = {}
    skipped: list[Fault] = []
    for place, sent in enumerate(told.alerts):
        said = _said(sent, model_id)
        if said is None or said.model not in known:
            skipped.append(_skipped(place, said))
        else:
            (raised if sent.status == "firing" else ended)[said.model, said.title] = said
    if skipped and not (raised or ended):
        raise ProblemError("invalid-request", "no alert is of a model that is known", skipped)
    over = [said for name, said in ended.items() if name not in raised]
    catalog, settings = state.kept.catalog, state.config.alerts
    made = act.tell(catalog, settings, key.tenant, list(raised.values()), over, key.name)
    return Taken(
        raised=list(dict.fromkeys(each.id for each in made)), ended=len(over), skipped=skipped
    )


def _said(sent: Sent, otherwise: str | None) -> Said | None:
    labels = {checked_text(name): checked_text(value) for name, value in sent.labels.items()}
    model = next((labels[name] for name in _MODEL if labels.get(name)), otherwise)
    if not model:
        return None
    what = labels.get("alertname", "alert")
    own = ", ".join(
        f"{name}={value}"
        for name, value in sorted(labels.items())
        if name not in (*_MODEL, _SEVERITY, "alertname")
    )
    words = (sent.annotations.get(name, "") for name in ("summary", "description"))
    return Said(
        model=model,
        title=_line(f"{what} ({own})" if own else what),
        severity=_severity(labels.get(_SEVERITY, "")),
        description=checked_text("\n".join(word for word in words if word)),
    )


def _line(text: str) -> str:
    """What is too long to be a title still tells one alert from another."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 10]}… {key_of(line)[:8]}"


def _severity(told: str) -> Severity:
    named: Any = _MORE.get(told.lower(), severity_of(told))
    return named if named in RANK else _UNTOLD


def _skipped(place: int, said: Said | None) -> Fault:
    pointer = f"/alerts{step(str(place))}/labels"
    if said is None:
        detail = "no label model_id, model or model_name says of which model it is"
        return {"pointer": pointer, "code": "required", "detail": detail}
    return {"pointer": pointer, "code": "unknown-model", "detail": f"no model {said.model[:128]!r}"}
