"""Whether the process lives, whether it can take records, and what it counts."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from tidegauge.catalog import CatalogError
from tidegauge.errors import InputError
from tidegauge.web.host import host
from tidegauge.web.metrics import MEDIA
from tidegauge.web.routes.asked import moment, moment_or_none, now
from tidegauge.web.routes.status import Waiting, waiting
from tidegauge.web.state import Needs, state_of

router = APIRouter(tags=["health"])
_LAG: Final = 60.0


class Live(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    status: Literal["ready", "not-ready"]
    log: str
    detail: str


class AllReady(Ready):
    stopped: Annotated[list[str], Field(description="What has stood still for longer than it may.")]


@router.get("/livez")
def is_alive() -> Live:
    """The process answers."""
    return Live()


@router.get("/readyz", responses={503: {"model": AllReady}})
def is_ready(request: Request, response: Response) -> AllReady:
    """Records are taken, and judge, alerts and deliveries go on, wherever they run."""
    taking, stopped = _taking(request), state_of(request).pulse.stopped()
    is_ok = taking.status == "ready" and not stopped
    still = f"stopped: {', '.join(stopped)}" if stopped else ""
    response.status_code = 200 if is_ok else 503
    return AllReady(
        status="ready" if is_ok else "not-ready",
        log=taking.log,
        detail=taking.detail or still,
        stopped=stopped,
    )


@router.get("/readyz/ingest", responses={503: {"model": Ready}})
def is_taking(request: Request, response: Response) -> Ready:
    """Records are taken: the log is open, has room and writes.  For whoever shares out requests."""
    ready = _taking(request)
    response.status_code = 200 if ready.status == "ready" else 503
    return ready


def _taking(request: Request) -> Ready:
    health = state_of(request).log.health()
    is_ok = health.state == "ok"
    return Ready(status="ready" if is_ok else "not-ready", log=health.state, detail=health.detail)


class Report(BaseModel):
    timestamp: datetime
    status: Literal["healthy", "warning", "critical"]
    log: str
    catalog: Literal["ok", "unreachable"]
    lag_seconds: float | None
    counted_at: datetime | None
    disk_free_bytes: int
    problems: list[str]
    recommendations: list[str]


@router.get("/health", dependencies=[Depends(Needs("read"))])
def report(request: Request) -> Report:
    """How the installation is, and what to do where it is not well."""
    state = state_of(request)
    log, machine = state.log.health(), host(state.config.data)
    found: list[tuple[str, str]] = []
    told: Waiting | None = None
    try:
        told = waiting(state)
    except (CatalogError, InputError) as error:
        found.append(
            (
                f"the catalog cannot be read: {type(error).__name__}",
                "see that its database runs, and what this server's log says",
            )
        )
    if log.state != "ok":
        found.append((f"the log is {log.state}: {log.detail}", "make room, or check the disk"))
    reserve = int(state.config.keep.reserve_gib * (1 << 30))
    if machine.disk_free_bytes < reserve:
        found.append(
            (
                f"{machine.disk_free_bytes >> 20} MiB of the disk are free",
                "make room, or lower keep.reserve_gib: until then nothing is counted",
            )
        )
    if stopped := state.pulse.stopped():
        advice = "see whether `tidegauge worker` runs, and what its log says"
        found.append((f"stopped: {', '.join(stopped)}; nobody is told what is wrong", advice))
    is_grave = bool(found)
    if told is not None and told.lag_seconds > _LAG:
        found.append(
            (
                f"what was received is counted {told.lag_seconds:.0f} s late",
                "see whether `tidegauge worker` runs and keeps up",
            )
        )
    return Report(
        timestamp=moment(now()),
        status="critical" if is_grave else "warning" if found else "healthy",
        log=log.state,
        catalog="unreachable" if told is None else "ok",
        lag_seconds=told.lag_seconds if told else None,
        counted_at=moment_or_none(told.counted_at) if told else None,
        disk_free_bytes=machine.disk_free_bytes,
        problems=[problem for problem, _advice in found],
        recommendations=[advice for _problem, advice in found],
    )


@router.get("/metrics", response_class=Response, dependencies=[Depends(Needs("read"))])
def metrics(request: Request) -> Response:
    """Counts and gauges of this process, for Prometheus; its key goes into `authorization`."""
    return Response(state_of(request).metrics.text(), media_type=MEDIA)
