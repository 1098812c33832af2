"""Mail, to a real server with real certificates."""

import asyncio
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from channel_mail import post_office
from channel_notices import DIGEST, DRIFT, ESCALATED, EVERYTHING, EVIL, INCIDENT, LARGE, RESOLVED
from channel_server import client_tls, hanging, server_tls, to_loopback, unused_port
from pydantic import ValidationError

from tidegauge.alert.channels import Email, letter
from tidegauge.alert.channels.errors import RefusedError, UnavailableError
from tidegauge.alert.reach import Reach, UnsafeUrlError

HOST = "smtp.example.com"
LOGIN = {"username": "me", "password": "word"}
TO = ["on-call@example.com", "team@example.com"]


def made(**changed):
    given = {"host": HOST, "sender": "tidegauge@example.com", "to": TO}
    return Email.model_validate(given | changed)


@pytest.fixture(scope="module")
def tls(authority):
    return client_tls(authority)


@pytest.fixture(scope="module")
def certificate(authority):
    return server_tls(authority.issue_cert(HOST))


@pytest.fixture
def post(certificate):
    with post_office(certificate) as office:
        yield office


@pytest.fixture
def tell(post, tls):
    def _tell(notice=DRIFT, **changed):
        return sent(post.port, tls, notice, **changed)

    return _tell


def sent(port, tls, notice=DRIFT, **changed):
    return asyncio.run(made(port=port, **changed).send(notice, to_loopback(port, tls=tls)))


class TestALetter:
    def test_it_arrives(self, post, tell):
        assert tell() == "250, 2 of 2 recipients"
        (one,) = post.letters
        assert one["Subject"] == "[HIGH] 10,000 features of fraud have moved"
        assert one["To"] == ", ".join(TO)
        assert post.envelopes[0].rcpt_tos == TO
        assert one["Auto-Submitted"] == "auto-generated"
        text, page = one.iter_parts()
        assert text.get_content_type() == "text/plain"
        assert "+9,980 more" in text.get_content()
        assert "+9,980 more" in page.get_content()

    def test_letters_of_an_incident_form_a_thread(self, post, tell):
        for notice in (DRIFT, ESCALATED, RESOLVED):
            tell(notice)
        roots = {one["References"] for one in post.letters}
        assert roots == {f"<incident-{INCIDENT}@example.com>"}
        assert {one["In-Reply-To"] for one in post.letters} == roots
        assert len({one["Message-ID"] for one in post.letters}) == 3

    def test_another_try_is_the_same_letter(self, post, tell):
        tell()
        tell()
        first, second = post.letters
        for name in ("Message-ID", "Subject", "Date"):
            assert first[name] == second[name]

    def test_a_digest_is_no_part_of_a_thread(self, post, tell):
        tell(DIGEST)
        assert post.letters[0]["References"] is None

    def test_the_escalation_comes_first(self, post, tell):
        tell(ESCALATED)
        assert post.letters[0]["Subject"] == (
            "[ESCALATED] [CRITICAL] 10,000 features of fraud have moved: no response in 15 minutes"
        )

    @pytest.mark.parametrize("sample", EVERYTHING)
    def test_every_notice_fits(self, sample):
        one = letter.letter(EVERYTHING[sample], "a@example.com", TO, is_utf8=False)
        assert len(one.as_bytes()) <= letter.LARGEST

    def test_the_page_needs_nothing_from_anywhere(self):
        page = letter.html(DRIFT)
        assert not re.search(r"<(img|link|script|iframe)|url\(|@import|src=", page)

    def test_text_of_users_is_no_markup(self):
        page = letter.html(EVIL)
        assert "<script" not in page
        assert "javascript:" not in page
        assert "&lt;script&gt;" in page


class TestTextOfUsers:
    @pytest.mark.parametrize("code", [*range(32), 0x7F, 0x85, 0x2028, 0x2029, 0x202E, 0xD800])
    def test_it_changes_no_header_and_no_recipient(self, post, tell, code):
        evil = f"a{chr(code)}Bcc: evil@example.com{chr(code)}\r\n\r\nbody\r\n.\r\n"
        tell(replace(DRIFT, title=evil, model=evil, id=evil, incident=evil, description=evil))
        (one,) = post.letters
        assert post.envelopes[0].rcpt_tos == TO
        assert one["Bcc"] is None
        assert set(one.keys()) == {
            "Subject",
            "From",
            "To",
            "Date",
            "Message-ID",
            "In-Reply-To",
            "References",
            "X-Tidegauge-Incident",
            "Importance",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type",
        }
        assert "Bcc: evil@example.com" in one["Subject"]

    @pytest.mark.parametrize("notice", [EVIL, LARGE], ids=["hostile", "large"])
    def test_the_alert_is_not_lost(self, post, tell, notice):
        tell(notice)
        assert post.letters[0]["Subject"].startswith("[HIGH] ")


class TestALogin:
    def test_over_starttls(self, post, tell):
        tell(**LOGIN | {"password": "wörd"})
        assert post.names == [(b"me", "wörd".encode())]

    def test_over_tls(self, certificate, tls):
        with post_office(certificate, implicit=True) as office:
            told = sent(office.port, tls, mode="tls", **LOGIN)
        assert told.startswith("250")
        assert office.names == [(b"me", b"word")]

    def test_a_wrong_one(self, post, tell):
        post.auth = False
        with pytest.raises(RefusedError, match="535"):
            tell(**LOGIN)
        assert not post.letters

    def test_no_plain_text_if_starttls_is_gone(self, tls):
        with (
            post_office(None, auth_require_tls=False) as office,
            pytest.raises(UnavailableError, match="STARTTLS") as caught,
        ):
            sent(office.port, tls, **LOGIN)
        assert caught.value.reason == "tls"
        assert office.names == []
        assert office.letters == []

    def test_without_tls_there_is_none(self):
        with pytest.raises(ValidationError, match="without TLS"):
            made(mode="none", **LOGIN)
        with pytest.raises(ValidationError, match="belong together"):
            made(username="me")

    def test_a_server_of_the_house_may_need_nothing(self, tls):
        with post_office(None) as office:
            assert sent(office.port, tls, mode="none").startswith("250")


class TestCertificates:
    @pytest.mark.parametrize("mode", ["starttls", "tls"])
    @pytest.mark.parametrize(
        ("name", "until"), [("other.example.com", None), (HOST, datetime(2020, 1, 1, tzinfo=UTC))]
    )
    def test_one_that_is_not_good(self, authority, tls, mode, name, until):
        bad = server_tls(authority.issue_cert(name, not_after=until))
        with (
            post_office(bad, implicit=mode == "tls") as office,
            pytest.raises(UnavailableError) as caught,
        ):
            sent(office.port, tls, mode=mode, **LOGIN)
        assert caught.value.reason == "tls"
        assert office.names == []


class TestAnswers:
    @pytest.mark.parametrize("code", [421, 450, 451, 452])
    def test_later(self, post, tell, code):
        post.rcpt = {"*": f"{code} later"}
        with pytest.raises(UnavailableError, match=f"{code}|broke off"):
            tell()

    @pytest.mark.parametrize("code", [550, 552, 553, 554])
    def test_never(self, post, tell, code):
        post.rcpt = {"*": f"{code} no"}
        with pytest.raises(RefusedError, match=str(code)):
            tell()

    def test_of_two_one_is_taken(self, post, tell):
        post.rcpt = {TO[1]: "550 no such user"}
        assert tell() == "250, 1 of 2 recipients; the others were refused with 550"
        assert post.envelopes[0].rcpt_tos == TO[:1]

    @pytest.mark.parametrize(
        ("answer", "error"), [("452 full", UnavailableError), ("552 large", RefusedError)]
    )
    def test_after_the_letter(self, post, tell, answer, error):
        post.data = answer
        with pytest.raises(error, match=answer[:3]):
            tell()

    def test_hung_up_after_the_letter(self, post, tell):
        post.hangs_up_after_data = True
        with pytest.raises(UnavailableError):
            tell()

    def test_hung_up_at_once(self, tls):
        with greeting(b"") as port, pytest.raises(UnavailableError):
            sent(port, tls)

    @pytest.mark.parametrize(
        ("greeted", "error"),
        [
            (b"421 too busy\r\n", UnavailableError),
            (b"554 not for you\r\n", RefusedError),
            (b"what?\r\n", UnavailableError),
        ],
    )
    def test_the_greeting(self, tls, greeted, error):
        with greeting(greeted) as port, pytest.raises(error):
            sent(port, tls)

    @pytest.mark.usefixtures("hurried")
    def test_no_answer(self, tls):
        with hanging() as port, pytest.raises(UnavailableError) as caught:
            sent(port, tls)
        assert caught.value.reason == "timeout"

    def test_nobody_is_there(self, tls):
        with pytest.raises(UnavailableError) as caught:
            sent(unused_port(), tls)
        assert caught.value.reason == "connect"


@contextmanager
def greeting(said):
    """Says one thing, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            connection, _ = listener.accept()
            with connection:
                connection.sendall(said)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "",
            "a",
            "a@b",
            "@example.com",
            "a@",
            "a@@example.com",
            '"x\r\nBcc: y"@example.com',
            "a@example.com\r\nBcc: y@example.com",
            "a@example.com\n",
            "<script>@example.com",
            "A <a@example.com>",
            "friends: a@example.com, b@example.com;",
            "a@example.com, b@example.com",
            "a b@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@exämple.com",
            "a@-example.com",
            "a@example..com",
            f"{'a' * 65}@example.com",
            f"a@{'a' * 60}.{'a' * 60}.{'a' * 60}.{'a' * 60}.{'a' * 60}.com",
        ],
    )
    def test_what_is_none(self, address):
        with pytest.raises(ValidationError) as caught:
            made(to=["on-call@example.com", address])
        assert caught.value.errors()[0]["loc"] == ("to", 1)
        with pytest.raises(ValidationError):
            made(sender=address)

    def test_how_many(self):
        made(to=[f"a{each}@example.com" for each in range(100)])
        for to in ([], [f"a{each}@example.com" for each in range(101)]):
            with pytest.raises(ValidationError):
                made(to=to)

    def test_none_twice(self):
        with pytest.raises(ValidationError, match="twice"):
            made(to=["a@example.com", "A@Example.com"])

    def test_another_script_only_where_the_server_takes_it(self, post, tell, certificate, tls):
        with pytest.raises(RefusedError, match="SMTPUTF8"):
            tell(to=["jürgen@example.com"])
        assert not post.letters
        with post_office(certificate, enable_SMTPUTF8=True) as office:
            assert sent(office.port, tls, to=["jürgen@example.com"]).startswith("250")
        assert office.envelopes[0].rcpt_tos == ["jürgen@example.com"]
        assert office.letters[0]["To"] == "jürgen@example.com"


class TestReach:
    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "10.0.0.1", "0x7f.1", "a b", "[::1]"]
    )
    def test_not_to_the_inside(self, host):
        channel = made(host=host)
        with pytest.raises(UnsafeUrlError):
            channel.check(Reach())
        with pytest.raises(RefusedError) as caught:
            asyncio.run(channel.send(DRIFT, Reach()))
        assert caught.value.reason == "unsafe_url"

    @pytest.mark.parametrize("port", [22, 80, 443, 6379])
    def test_not_to_a_port_of_something_else(self, port):
        with pytest.raises(UnsafeUrlError, match="port"):
            made(port=port).check(Reach())

    def test_every_address_is_checked(self):
        async def resolve(_host, _port):
            return ["93.184.216.34", "10.0.0.1"]

        with pytest.raises(RefusedError) as caught:
            asyncio.run(made().send(DRIFT, Reach(resolve=resolve)))
        assert caught.value.reason == "unsafe_url"
