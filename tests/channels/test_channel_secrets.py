"""Every channel into every kind of failure: what it says of it holds no secret."""

import asyncio
import base64
import logging
import traceback

import pytest
import structlog
import trustme
from channel_mail import post_office
from channel_notices import DRIFT
from channel_server import (
    breaking_off,
    client_tls,
    hanging,
    server_tls,
    serving,
    to_loopback,
    unused_port,
)
from pydantic import ValidationError

from tidegauge.alert.channels import ADAPTER, KINDS
from tidegauge.alert.channels.errors import DeliveryError, RefusedError, UnavailableError
from tidegauge.alert.reach import Reach, UnsafeUrlError

# Long enough to be nowhere by chance.
CANARY = "canary7f3a9c2e51b8d604"
KEY = f"R{CANARY}x".ljust(32, "0")
# As the server logs: what a frame holds in its variables is never written.
LOG = structlog.wrap_logger(
    structlog.PrintLogger(),
    processors=[
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=repr),
    ],
)
WAYS = ["slack", "pagerduty", "teams", "webhook", "alertmanager", "apprise"]


def made(kind, port, scheme="http"):
    urls = {
        "slack": f"{scheme}://hooks.slack.com:{port}/services/T0/B0/{CANARY}",
        "pagerduty": f"{scheme}://events.pagerduty.com:{port}/v2/enqueue",
        "teams": f"{scheme}://example.logic.azure.com:{port}/workflows/{CANARY}?sig={CANARY}",
        "webhook": f"{scheme}://hooks.example.com:{port}/{CANARY}?key={CANARY}",
        "alertmanager": f"{scheme}://alerts.example.com:{port}/{CANARY}/",
    }
    given = {
        "console": {},
        "email": {
            "host": "smtp.example.com",
            "port": port,
            "sender": "tidegauge@example.com",
            "to": ["on-call@example.com"],
            "username": "me",
            "password": CANARY,
        },
        "pagerduty": {"routing_key": KEY},
        "webhook": {"secrets": [CANARY + CANARY], "headers": {"Authorization": f"Bearer {CANARY}"}},
        "alertmanager": {"username": "me", "password": CANARY},
        "apprise": {"urls": [f"discord://{CANARY}1/{CANARY}"]},
    }
    url = {"url": urls[kind]} if kind in urls else {}
    return ADAPTER.validate_python({"kind": kind, **url, **given.get(kind, {})})


@pytest.fixture
def overheard(caplog, capfd):
    """All that is written anywhere while a channel fails, and what it says of itself."""
    caplog.set_level(logging.DEBUG)

    def _overheard(channel, reach):
        with pytest.raises(DeliveryError) as caught:
            asyncio.run(channel.send(DRIFT, reach))
        LOG.error("failed", exc_info=caught.value, channel=channel)
        written = capfd.readouterr()
        return caught.value, "\n".join(
            (
                *traceback.format_exception(caught.value),
                str(caught.value),
                repr(caught.value),
                repr(vars(caught.value)),
                repr(channel),
                str(channel),
                channel.model_dump_json(),
                repr(channel.model_dump()),
                "\n".join(channel.warnings()),
                caplog.text,
                written.out,
                written.err,
            )
        )

    return _overheard


def forms():
    """Of the secret, as it may be on the way."""
    pair = f"me:{CANARY}".encode()
    return [CANARY, CANARY[:12], base64.b64encode(pair).decode()[8:-4], CANARY.encode().hex()]


def keeps_quiet(text):
    for form in forms():
        assert form not in text


@pytest.fixture
def discord_at(monkeypatch):
    from apprise.plugins.discord import NotifyDiscord

    def _at(port, scheme="http"):
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"{scheme}://127.0.0.1:{port}/{CANARY}")

    return _at


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 410, 413, 429, 500, 503])
@pytest.mark.parametrize("kind", WAYS)
def test_answers_that_repeat_what_they_got(kind, status, server, overheard, discord_at):
    if status == 200 and kind in ("webhook", "apprise"):
        status = 500  # any 2xx is a success to these
    page = f"<html>{CANARY} {KEY} Authorization: Bearer {CANARY}</html>".encode()
    server.answer(status, page, {"Location": f"http://hooks.example.com/{CANARY}", "X": CANARY})
    discord_at(server.port)
    _, said = overheard(made(kind, server.port), to_loopback(server.port))
    keeps_quiet(said)


@pytest.mark.parametrize("kind", [*WAYS, "email"])
@pytest.mark.parametrize("failure", ["nobody", "breaks off", "hangs", "no tls", "name"])
@pytest.mark.usefixtures("hurried")
def test_connections_that_fail(kind, failure, overheard, discord_at):
    async def no_name(host, _port):
        raise OSError(f"no {host} {CANARY}")

    places = {"breaks off": breaking_off, "hangs": hanging}
    if failure in places:
        with places[failure]() as port:
            discord_at(port)
            error, said = overheard(made(kind, port), to_loopback(port))
    elif failure == "no tls":
        bad = server_tls(trustme.CA().issue_cert("other.example.com"))
        with serving(bad) as server:
            discord_at(server.port, "https")
            error, said = overheard(made(kind, server.port, "https"), to_loopback(server.port))
    else:
        port = unused_port()
        discord_at(port)
        reach = to_loopback(port, resolve=no_name) if failure == "name" else to_loopback(port)
        error, said = overheard(made(kind, port), reach)
    assert isinstance(error, UnavailableError)
    keeps_quiet(said)


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook", "alertmanager", "email"])
def test_urls_out_of_reach(kind, overheard):
    channel = made(kind, 22)
    error, said = overheard(channel, Reach())
    assert isinstance(error, RefusedError)
    with pytest.raises(UnsafeUrlError) as caught:
        channel.check(Reach())
    keeps_quiet(said + str(caught.value) + repr(caught.value))


def test_a_login_that_is_refused(overheard, authority):
    with post_office(server_tls(authority.issue_cert("smtp.example.com"))) as office:
        office.auth = False
        reach = to_loopback(office.port, tls=client_tls(authority))
        error, said = overheard(made("email", office.port), reach)
    assert isinstance(error, RefusedError)
    assert set(office.names) == {(b"me", CANARY.encode())}
    keeps_quiet(said)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "slack", "url": [CANARY]},
        {"kind": "slack", "uri": CANARY},
        {"kind": "slack", "url": CANARY * 200},
        {"kind": "pagerduty", "routing_key": CANARY},
        {"kind": "webhook", "url": "https://x.example.com", "secrets": [CANARY[:9]]},
        {"kind": "webhook", "url": "https://x.example.com", "headers": {"Host": CANARY}},
        {"kind": "webhook", "url": "https://x.example.com", "headers": {"X": f"{CANARY}\n"}},
        {"kind": "alertmanager", "url": "https://x.example.com", "token": f"{CANARY} x"},
        {"kind": "alertmanager", "url": "https://x.example.com", "password": CANARY},
        {"kind": "email", "host": "x.example.com", "password": CANARY, "to": ["x"], "sender": "x"},
        {"kind": "apprise", "urls": [f"discord://{CANARY}"]},
        {"kind": "apprise", "urls": [f"json://{CANARY}"]},
        {"kind": CANARY},
    ],
    ids="-".join,
)
def test_documents_that_are_faulty(document):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(document)
    told = caught.value.errors(include_input=False, include_context=False, include_url=False)
    if document["kind"] in KINDS:
        keeps_quiet(f"{caught.value} {caught.value!r} {told}")
