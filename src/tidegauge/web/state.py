"""What the routes of the API share: made once, when the process starts."""

from dataclasses import dataclass, field

from fastapi import Request
from fastapi.requests import HTTPConnection

from tidegauge.config import Config
from tidegauge.log import Log
from tidegauge.oidc.sign_in import SignIn
from tidegauge.web.auth import Gate
from tidegauge.web.kept import Kept
from tidegauge.web.keys import Key, Keys, Role
from tidegauge.web.live import Live
from tidegauge.web.members import Members
from tidegauge.web.metrics import Metrics
from tidegauge.web.pulse import Pulse
from tidegauge.web.rates import Rates
from tidegauge.web.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    config: Config
    log: Log
    keys: Keys
    members: Members
    sessions: Sessions
    gate: Gate
    metrics: Metrics
    kept: Kept
    live: Live
    pulse: Pulse
    sign_in: SignIn | None = None
    manual: Rates = field(default_factory=lambda: Rates(1.0, span=60.0))
    """Alerts by hand: 60 a minute for each key."""
    tries: Rates = field(default_factory=lambda: Rates(0.1, span=60.0))
    """Tests of a channel: 6 a minute for each."""


def state_of(request: HTTPConnection) -> State:
    state: State = request.app.state.tidegauge
    return state


class Needs:
    """A dependency: the key of the request, whose role must be enough."""

    def __init__(self, role: Role) -> None:
        self.role: Role = role

    def __call__(self, request: Request) -> Key:
        return state_of(request).gate.admit(request.scope, self.role)
