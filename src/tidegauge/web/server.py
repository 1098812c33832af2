"""`tidegauge web`: open the log, listen, and leave in order."""

import contextlib
import gc
import os
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
import uvicorn

from tidegauge.config import Config
from tidegauge.errors import InputError
from tidegauge.log import LocalLog
from tidegauge.record.limits import KIB, MIB
from tidegauge.web.app import Application
from tidegauge.web.keys import Keys
from tidegauge.web.protocol import with_patience
from tidegauge.web.websocket import WebSocket

_GRACE = 8
_YEARS = 2026, 2090
_log = structlog.stdlib.get_logger(__name__)


def serve(
    config: Config,
    *,
    dev: bool = False,
    allow_clock: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Run until SIGTERM or SIGINT; everything that was accepted is answered first."""
    if not allow_clock:
        check_clock(time.time())
    if dev and config.web.host not in {"127.0.0.1", "localhost", "::1"}:
        raise InputError("--dev lets everybody in, so it listens on this machine only: 127.0.0.1")
    config.data.mkdir(parents=True, exist_ok=True)
    keys = Keys(config.data)
    log = LocalLog(
        config.data / "log",
        cap=int(config.log.cap_gib * 1024 * MIB),
        segment=config.log.segment_mib * MIB,
    )
    with contextlib.closing(log):
        if not keys.all() and not dev:
            _key, token = keys.create(name="first admin", role="admin")
            say(f"Your admin key, shown this once:\n\n    {token}\n")
        listening = _bound(config.web.host, config.web.port)
        host, port = listening.getsockname()[:2]
        say(f"tidegauge listens on http://{host}:{port}")
        app = Application(config, log, keys, dev=dev)
        server = server_of(app, config)
        _log.info("started", url=f"http://{host}:{port}", data=str(config.data), pid=os.getpid())
        # uvicorn leaves in order on SIGTERM and then raises it again, which would end us here.
        signal.signal(signal.SIGTERM, _leave)
        _leave_out_what_stays()
        server.run(sockets=[listening])
        _log.info("stopped")


def _leave_out_what_stays() -> None:
    """What is there at the start is never let go of: looking for circles in all of it, again and
    again while an answer of many values is made, took half of that answer's time."""
    gc.freeze()


def server_of(app: Application, config: Config) -> uvicorn.Server:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=with_patience(config.web.patience_s),
            ws=WebSocket,
            ws_max_size=64 * KIB,
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=config.web.connections,
            limit_concurrency=config.web.connections,
            timeout_keep_alive=int(config.web.patience_s),
            timeout_graceful_shutdown=_GRACE,
        )
    )
    app.live.is_leaving = lambda: server.should_exit
    return server


def check_clock(now: float) -> None:
    """A wrong clock would refuse good records as too old or too new, and keep the bad ones."""
    year = datetime.fromtimestamp(now, UTC).year
    if not _YEARS[0] <= year <= _YEARS[1]:
        message = f"this machine's clock says {year}; set it, or start with --allow-clock"
        raise InputError(message)


def _leave(_signal: int, _frame: object) -> None:
    """Go on to what comes after the loop."""


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        message = f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
        raise InputError(message) from None
    return listening
