"""The web process, put together: the hot path in front, the API behind it."""

import asyncio
from functools import partial

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import request_response

from tidegauge.config import Config
from tidegauge.ingest.decoder import Decoder
from tidegauge.log import Log
from tidegauge.oidc.sign_in import SignIn
from tidegauge.record.limits import MIB
from tidegauge.version import VERSION
from tidegauge.web.answers import register
from tidegauge.web.asgi import Receive, Scope, Send
from tidegauge.web.auth import Gate
from tidegauge.web.described import describe
from tidegauge.web.ingest import PATHS, Ingest, Limits
from tidegauge.web.kept import Kept
from tidegauge.web.keys import Keys
from tidegauge.web.live import Live
from tidegauge.web.members import Members
from tidegauge.web.metrics import Metrics
from tidegauge.web.pages import Pages
from tidegauge.web.pulse import Pulse
from tidegauge.web.rates import Rates
from tidegauge.web.reporting import Reporting
from tidegauge.web.routes import ROUTERS, changes
from tidegauge.web.sessions import Sessions
from tidegauge.web.state import State


class Application:
    """The whole application.  The log is closed by whoever opened it."""

    def __init__(self, config: Config, log: Log, keys: Keys, *, dev: bool = False) -> None:
        rates = config.rates
        sign_in = SignIn(config.oidc, config.alerts.dashboard) if config.oidc.issuer else None
        members = Members(config.data)
        sessions = Sessions(config.data, keys, members)
        wrong = Rates(rates.wrong_keys_a_minute / 60, span=60.0)
        gate = Gate(keys=keys, sessions=sessions, wrong=wrong, dev=dev)
        self._decoders = [Decoder() for _ in range(config.web.decoders)]
        metrics = Metrics(log.health, lambda: sum(each.deaths for each in self._decoders))
        limits = Limits(
            in_flight=config.web.in_flight_mib * MIB,
            per_key=Rates(rates.per_key),
            per_tenant=Rates(rates.per_tenant),
            per_address=Rates(rates.per_address),
            retention_days=config.retention_days,
        )
        self.ingest = Ingest(log, gate, metrics, limits, self._decoders)
        self.kept = Kept(config)
        self.live = Live(partial(changes.look, self.kept))
        state = State(
            config=config,
            log=log,
            keys=keys,
            members=members,
            sessions=sessions,
            gate=gate,
            metrics=metrics,
            kept=self.kept,
            live=self.live,
            pulse=Pulse(config, self.kept),
            sign_in=sign_in,
        )
        self.api = make_api(state)
        self.reporting = Reporting(self.api, state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in PATHS:
            await self.ingest(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self.api(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in self._decoders))
        self.reporting.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self.reporting.close)
        self.ingest.close()
        await asyncio.to_thread(self.kept.close)
        await send({"type": "lifespan.shutdown.complete"})


def make_api(state: State) -> FastAPI:
    api = _routed()
    api.state.tidegauge = state
    register(api)
    return api


def describe_api() -> dict[str, object]:
    """As OpenAPI tells it."""
    return _routed().openapi()


def _routed() -> FastAPI:
    api = FastAPI(
        title="tidegauge",
        version=VERSION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        api.include_router(router)
    # Whatever address a person opens that is of no route is a page of the dashboard.
    api.router.default = request_response(Pages().answer)

    def openapi() -> dict[str, object]:
        if api.openapi_schema is None:
            own = get_openapi(title=api.title, version=api.version, routes=api.routes)
            api.openapi_schema = describe(own)
        return api.openapi_schema

    api.openapi = openapi
    return api
