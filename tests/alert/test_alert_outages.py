"""A channel is down for an hour, in each of the ways in which one can be: nothing is lost, each
incident is told in its order, and what came and went meanwhile in one message."""

import contextlib
import json
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme
from alert_case import MINUTE, REACH, Case
from channel_server import (
    breaking_off,
    client_tls,
    hanging,
    server_tls,
    serving,
    unused_port,
)

MANY = int(os.environ.get("TIDEGAUGE_OUTAGE", "12"))
WEBHOOK = {"kind": "webhook", "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}
NAME = "hook.example.com"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
AUTHORITY = trustme.CA()


class Names:
    """A name that is this machine, while it is one at all."""

    def __init__(self):
        self.is_gone = False

    async def __call__(self, _host, _port):
        if self.is_gone:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return ["127.0.0.1"]


@contextlib.contextmanager
def answering(port, status, headers=None):
    with serving(port=port) as server:
        server.answer(status, headers=headers)
        yield


@contextlib.contextmanager
def expired(port):
    certificate = AUTHORITY.issue_cert(NAME, not_before=LONG_AGO, not_after=LONG_AGO)
    with serving(server_tls(certificate), port=port):
        yield


@contextlib.contextmanager
def nameless(names):
    names.is_gone = True
    yield
    names.is_gone = False


WAYS = {
    "refused": lambda _port, _names: contextlib.nullcontext(),
    "silent": lambda port, _names: hanging(port),
    "hangs up": lambda port, _names: breaking_off(port),
    "500": lambda port, _names: answering(port, 500),
    "429": lambda port, _names: answering(port, 429, {"Retry-After": "60"}),
    "tls": lambda port, _names: expired(port),
    "dns": lambda _port, names: nameless(names),
}


@pytest.mark.parametrize("way", WAYS)
def test_down_for_an_hour(catalog, monkeypatch, way):
    port, names, case = unused_port(), Names(), Case(catalog)
    case.delivering.reach = replace(
        REACH, resolve=names, hosts=frozenset({NAME}), tls=client_tls(AUTHORITY)
    )
    scheme = "https" if way == "tls" else "http"
    case.channel("hook", **WEBHOOK, url=f"{scheme}://{NAME}:{port}/hook", cap=10_000)
    over = [f"over-{number}" for number in range(MANY // 2)]
    going = [f"going-{number}" for number in range(MANY - MANY // 2)]

    def minute(**severities):
        case.time += MINUTE
        case.read(
            {
                (model, "latency"): severities[name]
                for name, models in (("over", over), ("going", going))
                for model in models
            }
        )

    with WAYS[way](port, names), monkeypatch.context() as patience:
        # Silence is waited for each time; a machine that is busy is not to be taken for it after.
        patience.setattr("tidegauge.alert.channels.post.IN_ALL", 0.2)
        for _number in range(2):
            minute(over="high", going="high")
        case.wait(31)
        case.deliver(1)
        for number in range(60):
            minute(over="ok", going="critical" if number > 30 else "high")
            case.deliver(1)
        assert {status for _channel, _kind, status in case.said()} <= {"queued", "retry_wait"}
    certificate = server_tls(AUTHORITY.issue_cert(NAME)) if way == "tls" else None
    with serving(certificate, port=port) as server:
        # Tried each half minute, or when the other side said that it would be well.
        case.wait(61)
        case.deliver(1)
        assert server.heard
        case.deliver(MANY * 4)
    told = {}
    for said in server.heard:
        body = json.loads(said.body)
        told.setdefault(body["subject"], []).append(body["type"].split(".")[2])
    assert told.keys() == {*over, *going}
    for model in over:
        assert told[model] == ["resolved"]
    for model in going:
        assert told[model][:2] == ["opened", "severity_raised"]
        assert told[model].count("opened") == 1
    assert {status for _channel, _kind, status in case.said()} == {"sent", "combined"}
