"""What the routes of the API share: made once, when the process starts."""

from dataclasses import dataclass

from fastapi import Request

from tidegauge.config import Config
from tidegauge.log import Log
from tidegauge.web.auth import Gate
from tidegauge.web.keys import Key, Keys, Role
from tidegauge.web.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    config: Config
    log: Log
    keys: Keys
    gate: Gate
    metrics: Metrics


def state_of(request: Request) -> State:
    state: State = request.app.state.tidegauge
    return state


class Needs:
    """A dependency: the key of the request, whose role must be enough."""

    def __init__(self, role: Role) -> None:
        self.role: Role = role

    def __call__(self, request: Request) -> Key:
        return state_of(request).gate.admit(request.scope, self.role)
