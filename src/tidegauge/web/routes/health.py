"""Whether the process lives, whether it can take records, and what it counts."""

from typing import Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from tidegauge.web.metrics import MEDIA
from tidegauge.web.state import Needs, state_of

router = APIRouter(tags=["health"])


class Live(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    status: Literal["ready", "not-ready"]
    log: str
    detail: str


@router.get("/livez")
def is_alive() -> Live:
    """The process answers."""
    return Live()


@router.get("/readyz", responses={503: {"model": Ready}})
def is_ready(request: Request, response: Response) -> Ready:
    """Records are taken: the log is open, has room and writes."""
    health = state_of(request).log.health()
    is_ok = health.state == "ok"
    response.status_code = 200 if is_ok else 503
    return Ready(status="ready" if is_ok else "not-ready", log=health.state, detail=health.detail)


@router.get("/metrics", response_class=Response, dependencies=[Depends(Needs("read"))])
def metrics(request: Request) -> Response:
    """Counts and gauges of this process, for Prometheus; its key goes into `authorization`."""
    return Response(state_of(request).metrics.text(), media_type=MEDIA)
