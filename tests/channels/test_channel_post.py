"""The one way out over HTTP, with real connections."""

import asyncio
import ssl
import warnings
from datetime import UTC, datetime

import pytest
import trustme
from channel_server import (
    breaking_off,
    client_tls,
    hanging,
    server_tls,
    serving,
    to_loopback,
    unused_port,
)

from tidegauge.alert.channels.answer import receipt
from tidegauge.alert.channels.errors import RefusedError, UnavailableError
from tidegauge.alert.channels.post import READ_AT_MOST, Answer, post, seconds_of

HOST = "hooks.example.com"


def sent(port, scheme="http", **allowed):
    reach = to_loopback(port, **allowed)
    return asyncio.run(post(f"{scheme}://{HOST}:{port}/x", b"{}", {"X-One": "1"}, reach))


def failed(port, scheme="http", **allowed):
    with pytest.raises(UnavailableError) as caught:
        sent(port, scheme, **allowed)
    assert caught.value.retry_after is None
    assert HOST in str(caught.value)
    return caught.value.reason


def test_what_is_sent_arrives(server):
    assert sent(server.port).status == 200
    said = server.heard[0]
    assert (said.path, said.body, said.headers["X-One"]) == ("/x", b"{}", "1")
    assert said.headers["User-Agent"].startswith("tidegauge/")


def test_of_a_long_answer_only_the_beginning_is_read(server):
    server.answer(200, b"x" * 1_000_000)
    assert sent(server.port).body == b"x" * READ_AT_MOST


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, status):
    server.answer(status, headers={"Location": f"http://{HOST}:{server.port}/other"})
    with pytest.raises(RefusedError) as caught:
        receipt(sent(server.port))
    assert caught.value.reason == "redirected"
    assert [said.path for said in server.heard] == ["/x"]


def test_nobody_is_there():
    assert failed(unused_port()) == "connect"


def test_the_connection_breaks_off():
    with breaking_off() as port:
        assert failed(port) == "broken_off"


@pytest.mark.usefixtures("hurried")
def test_no_answer_comes():
    with hanging() as port:
        assert failed(port) == "timeout"


@pytest.mark.usefixtures("hurried")
def test_the_name_is_looked_up_for_ever():
    async def never(_host, _port):
        await asyncio.Event().wait()

    assert failed(443, resolve=never) == "timeout"


def test_the_second_address_is_tried_when_nobody_is_at_the_first(server):
    async def two(_host, _port):
        return ["127.9.9.9", "127.0.0.1"]

    assert sent(server.port, resolve=two).status == 200


class TestTLS:
    @pytest.fixture
    def tried(self, authority):
        def _tried(certificate, tls=None, **changed):
            context = server_tls(certificate)
            for name, value in changed.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    setattr(context, name, value)
            with serving(context) as server:
                return sent(server.port, "https", tls=tls or client_tls(authority))

        return _tried

    def test_the_certificate_is_held_against_the_name_and_not_the_address(self, authority, tried):
        asked = []

        def named(_socket, name, _context):
            asked.append(name)

        certificate = authority.issue_cert(HOST)
        assert tried(certificate, sni_callback=named).status == 200
        assert asked == [HOST]

    @pytest.mark.parametrize("names", [["other.example.com"], ["127.0.0.1"]])
    def test_another_name(self, authority, tried, names):
        with pytest.raises(UnavailableError, match="certificate") as caught:
            tried(authority.issue_cert(*names))
        assert caught.value.reason == "tls"

    def test_an_expired_certificate(self, authority, tried):
        certificate = authority.issue_cert(HOST, not_after=datetime(2020, 1, 1, tzinfo=UTC))
        with pytest.raises(UnavailableError, match="expired") as caught:
            tried(certificate)
        assert caught.value.reason == "tls"

    def test_an_unknown_authority(self, tried):
        with pytest.raises(UnavailableError) as caught:
            tried(trustme.CA().issue_cert(HOST))
        assert caught.value.reason == "tls"

    def test_the_usual_authorities_do_not_know_it_either(self, authority, tried):
        usual = ssl.create_default_context()
        with pytest.raises(UnavailableError) as caught:
            tried(authority.issue_cert(HOST), tls=usual)
        assert caught.value.reason == "tls"

    def test_an_old_protocol(self, authority, tried):
        with pytest.raises(UnavailableError) as caught:
            tried(authority.issue_cert(HOST), maximum_version=ssl.TLSVersion.TLSv1)
        assert caught.value.reason == "tls"

    def test_a_server_that_does_not_speak_it(self, server, authority):
        assert failed(server.port, "https", tls=client_tls(authority)) in ("tls", "broken_off")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_told(status):
    assert receipt(Answer(status=status)).startswith(str(status))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_never_will(status):
    with pytest.raises(RefusedError, match=str(status)) as caught:
        receipt(Answer(status=status))
    assert caught.value.reason == "misconfigured"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_may_later(status):
    with pytest.raises(UnavailableError, match=str(status)) as caught:
        receipt(Answer(status=status, retry_after=7.0))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("-5", 0),
        ("1e9", 3600),
        ("99999999999999999999", 3600),
        ("inf", 3600),
        ("nan", None),
        ("", None),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Thu, 99 Jan 1970 00:02:00 GMT", None),
    ],
)
def test_how_long_to_wait(header, seconds):
    assert seconds_of(header, 100.0) == seconds


def test_the_wait_is_read_from_the_answer(server):
    server.answer(503, headers={"Retry-After": "17"})
    assert sent(server.port).retry_after == 17
