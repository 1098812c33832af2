"""People sign in with a certified provider, on a server as users start it."""

import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from serving import Server

from openid_provider import SECRET, Browser, OpenIdProvider, free_home
from tidegauge.errors import InputError
from tidegauge.oidc.errors import words
from tidegauge.oidc.settings import Settings
from tidegauge.oidc.sign_in import SignIn
from tidegauge.web.sessions import COOKIE

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
WAY = "/api/v1/session/provider"
NAME = "Example & Sons"


def server_with(folder, home, issuer, **more):
    told = {
        "TIDEGAUGE_ALERTS_DASHBOARD": home,
        "TIDEGAUGE_OIDC_ISSUER": issuer,
        "TIDEGAUGE_OIDC_NAME": NAME,
        "TIDEGAUGE_OIDC_CLIENT_ID": "tidegauge-RS256",
        "TIDEGAUGE_OIDC_CLIENT_SECRET": SECRET,
        "TIDEGAUGE_OIDC_SCOPES": "openid,email,profile,groups",
        "TIDEGAUGE_LOGGING_LEVEL": "debug",
        **more,
    }
    port = home.rpartition(":")[2]
    return Server(folder / "data", "--port", port, environment=told)


@pytest.fixture(scope="module")
def home():
    return free_home()


@pytest.fixture(scope="module")
def provider(home):
    with OpenIdProvider(home) as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory, home, provider):
    more = {
        "TIDEGAUGE_OIDC_DOMAINS": "example.org",
        "TIDEGAUGE_OIDC_ROLES": "ml=viewer,ops=editor",
        "TIDEGAUGE_OIDC_END_SESSION": "true",
        "TIDEGAUGE_RATES_WRONG_KEYS_A_MINUTE": "1000",
    }
    with server_with(tmp_path_factory.mktemp("oidc"), home, provider.issuer, **more) as started:
        yield started


@pytest.fixture
def admin(running):
    with running.client() as http:
        yield http


@pytest.fixture
def mine(running):
    """Somebody's browser."""
    with httpx.Client(base_url=running.url, timeout=30) as http:
        yield http


@pytest.fixture
def ada(admin):
    """A member with a password, by an admin."""
    told = {"email": "ada@example.org", "password": PASSWORD, "role": "editor"}
    assert admin.post("/api/v1/members", json=told).status_code == 201
    yield
    admin.delete("/api/v1/members/ada@example.org")


def begin(mine, path="/"):
    answer = mine.get(f"{WAY}/begin", params={"next": path})
    assert answer.status_code == 303
    return answer.headers["location"]


def sign_in(mine, login, path="/", **more):
    """The last answer, which sends the browser to a page."""
    with Browser() as browser:
        place, told = browser.sign_in(begin(mine, path), login, **more)
    return mine.get(place, params=told)


def refused(answer):
    """For which reason; nobody was let in."""
    assert answer.status_code == 303
    assert COOKIE not in answer.headers.get("set-cookie", "")
    return parse_qs(urlsplit(answer.headers["location"]).query)["refused"][0]


class TestTheWayIn:
    @pytest.mark.usefixtures("ada")
    def test_a_member_comes_in_as_what_they_are(self, admin, mine, provider):
        answer = sign_in(mine, "ada", "/models/m?range=7d")
        assert answer.headers["location"] == "/models/m?range=7d"
        cookies = answer.headers.get_list("set-cookie")
        session = next(each for each in cookies if each.startswith(COOKIE))
        assert "HttpOnly" in session
        assert "SameSite=strict" in session
        shown = mine.get("/api/v1/session").json()
        assert (shown["name"], shown["role"], shown["kind"]) == (
            "ada@example.org",
            "write",
            "member",
        )
        told = admin.get("/api/v1/audit").json()["entries"][0]
        assert (told["what"], told["detail"]) == ("session.begin", {"by": provider.issuer})

    def test_what_a_browser_keeps_on_the_way_is_for_the_way_only(self, mine):
        kept = mine.get(f"{WAY}/begin").headers["set-cookie"]
        assert f"Path={WAY};" in kept
        assert "HttpOnly" in kept
        assert "SameSite=lax" in kept
        assert "Max-Age=600" in kept

    def test_what_is_asked_is_bound_to_this_login(self, mine, home):
        asked = parse_qs(urlsplit(begin(mine)).query)
        assert asked["redirect_uri"] == [f"{home}{WAY}/return"]
        assert asked["response_type"] == ["code"]
        assert asked["code_challenge_method"] == ["S256"]
        again = parse_qs(urlsplit(begin(mine)).query)
        for name in ("state", "nonce", "code_challenge"):
            assert len(asked[name][0]) >= 43
            assert asked[name] != again[name]

    @pytest.mark.usefixtures("ada")
    @pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example"])
    def test_a_login_ends_on_a_page_of_ours(self, mine, path):
        assert sign_in(mine, "ada", path).headers["location"] == "/"

    def test_who_is_nobodys_member_stays_outside(self, mine):
        assert refused(sign_in(mine, "mallory")) == "unknown"

    def test_the_page_that_was_asked_for_is_kept_when_it_fails(self, mine):
        answer = sign_in(mine, "mallory", "/models?q=a#b")
        assert answer.headers["location"] == "/models?q=a&refused=unknown#b"

    @pytest.mark.usefixtures("ada")
    def test_an_address_of_anothers_that_is_not_verified_opens_nothing(self, mine):
        assert refused(sign_in(mine, "eve")) == "unverified"

    def test_who_does_not_agree_is_back_at_the_login(self, mine):
        assert refused(sign_in(mine, "ada", agrees=False)) == "cancelled"

    @pytest.mark.usefixtures("ada")
    def test_logging_out_goes_on_at_the_provider(self, mine, home, provider):
        sign_in(mine, "ada")
        leads_to = mine.get("/api/v1/session").json()["leads_to"]
        assert mine.delete("/api/v1/session").status_code == 204
        assert mine.get("/api/v1/session").json() is None
        there = mine.get(leads_to).headers["location"]
        assert there.startswith(f"{provider.issuer}/session/end?")
        assert parse_qs(urlsplit(there).query)["post_logout_redirect_uri"] == [f"{home}/"]

    @pytest.mark.usefixtures("ada")
    def test_who_came_by_a_password_only_leaves_here(self, mine):
        told = {"email": "ada@example.org", "password": PASSWORD}
        assert mine.post("/api/v1/session", json=told).json()["leads_to"] == "/"


class TestNewMembers:
    def test_they_are_made_as_their_group_says(self, admin, mine, provider):
        sign_in(mine, "bob")
        assert mine.get("/api/v1/session").json()["role"] == "write"
        entries = admin.get("/api/v1/audit").json()["entries"]
        made = next(each for each in entries if each["what"] == "member.add")
        assert made["who"] == f"{NAME} (oidc)"
        assert made["detail"] == {"role": "editor", "by": provider.issuer}

    def test_what_an_admin_makes_of_them_holds(self, admin, mine):
        sign_in(mine, "bob")
        admin.patch("/api/v1/members/bob@example.org", json={"role": "viewer"})
        sign_in(mine, "bob")
        assert mine.get("/api/v1/session").json()["role"] == "read"

    def test_they_have_no_password(self, mine):
        sign_in(mine, "bob")
        told = {"old": "", "new": PASSWORD}
        assert mine.put("/api/v1/session/password", json=told).status_code == 409
        details = {
            mine.post("/api/v1/session", json={"email": email, "password": tried}).json()["detail"]
            for email in ("bob@example.org", "no@example.org")
            for tried in ("", PASSWORD)
        }
        assert len(details) == 1

    def test_an_admin_can_let_somebody_in_without_one(self, admin, mine):
        told = {"email": "mallory@evil.example", "role": "viewer"}
        assert admin.post("/api/v1/members", json=told).status_code == 201
        sign_in(mine, "mallory")
        assert mine.get("/api/v1/session").json()["role"] == "read"
        admin.delete("/api/v1/members/mallory@evil.example")

    def test_who_is_kept_out_is_out_at_once(self, admin, mine):
        sign_in(mine, "bob")
        admin.patch("/api/v1/members/bob@example.org", json={"disabled": True})
        time.sleep(1.1)
        assert mine.get("/api/v1/models").status_code == 401
        assert refused(sign_in(mine, "bob")) == "unknown"
        admin.patch("/api/v1/members/bob@example.org", json={"disabled": False})

    @pytest.mark.usefixtures("ada")
    def test_who_is_removed_is_out_at_once(self, admin, mine):
        sign_in(mine, "ada")
        admin.delete("/api/v1/members/ada@example.org")
        time.sleep(1.1)
        assert mine.get("/api/v1/models").status_code == 401


class TestMadeUpAnswers:
    @pytest.mark.usefixtures("ada")
    def test_an_answer_is_good_once(self, running, mine):
        begun = begin(mine)
        kept = dict(mine.cookies)
        with Browser() as browser:
            place, told = browser.sign_in(begun, "ada")
        assert mine.get(place, params=told).headers["location"] == "/"
        with httpx.Client(base_url=running.url, cookies=kept) as thief:
            assert refused(thief.get(place, params=told)) == "stale"

    @pytest.mark.usefixtures("ada")
    def test_an_answer_is_good_in_the_browser_that_began(self, running, mine):
        """Else somebody could have others look at their account, and write into it."""
        with Browser() as browser:
            place, told = browser.sign_in(begin(mine), "ada")
        with httpx.Client(base_url=running.url) as other:
            assert refused(other.get(place, params=told)) == "stale"
            begin(other)
            assert refused(other.get(place, params=told)) == "stale"

    @pytest.mark.usefixtures("ada")
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"state": "made up"}, "stale"),
            ({"state": ""}, "stale"),
            ({"state": "\u00e9\u0000"}, "stale"),
            ({"code": "made up"}, "wrong"),
            ({"code": ""}, "wrong"),
            ({"code": "x" * 5000}, "wrong"),
            ({"iss": "https://evil.example"}, "wrong"),
            ({"iss": ""}, "wrong"),
            ({"error": "<script>alert(1)</script>"}, "cancelled"),
        ],
    )
    def test_another_is_refused(self, mine, change, reason):
        with Browser() as browser:
            place, told = browser.sign_in(begin(mine), "ada")
        answer = mine.get(place, params=told | change)
        assert refused(answer) == reason
        assert "script" not in answer.headers["location"]

    def test_the_login_page_is_told_what_happened_in_our_words(self, mine):
        def told(reason):
            return mine.get(WAY, params={"refused": reason}).json()["refused"]

        assert told("unknown") == words("unknown", NAME)
        assert told("<script>alert(1)</script>") is None


@pytest.mark.usefixtures("ada")
def test_no_secret_is_in_the_log(running, mine):
    begun = begin(mine)
    secrets = [*parse_qs(urlsplit(begun).query)["state"], mine.cookies["tidegauge_sign_in"]]
    secrets += parse_qs(urlsplit(begun).query)["nonce"]
    with Browser() as browser:
        place, told = browser.sign_in(begun, "ada")
    mine.get(place, params=told)
    mine.get(place, params=told)
    said = running.said()
    assert "not signed in" in said
    for each in (*secrets, told["code"], mine.cookies[COOKIE], SECRET, "eyJ"):
        assert each not in said


class TestWithoutTheProvider:
    @pytest.fixture
    def alone(self, tmp_path):
        few = {"TIDEGAUGE_RATES_WRONG_KEYS_A_MINUTE": "10"}
        with server_with(tmp_path, free_home(), free_home(), **few) as started:
            yield started

    def test_passwords_still_work(self, alone):
        with alone.client() as admin, httpx.Client(base_url=alone.url) as mine:
            told = {"email": "ada@example.org", "password": PASSWORD}
            admin.post("/api/v1/members", json=told)
            assert refused(mine.get(f"{WAY}/begin", params={"next": "/"})) == "unreachable"
            assert mine.get(WAY).json()["begins_at"] == f"{alone.url}{WAY}/begin"
            assert mine.post("/api/v1/session", json=told).status_code == 201

    def test_who_guesses_is_slowed_down(self, alone):
        with httpx.Client(base_url=alone.url) as mine:
            reasons = [refused(mine.get(f"{WAY}/return?state=x")) for _try in range(50)]
            assert reasons[:10] == ["stale"] * 10
            assert "slow" in reasons
            # One more is let through each six seconds, and it counts as well.
            told = {"email": "ada@example.org", "password": PASSWORD}
            codes = {mine.post("/api/v1/session", json=told).status_code for _try in range(20)}
            assert 429 in codes

    def test_none_is_configured(self, server):
        with server.client() as mine:
            assert mine.get(WAY).json() is None
            for page in ("begin", "return", "end"):
                assert mine.get(f"{WAY}/{page}").status_code == 404


def test_without_the_extra_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "jwt", None)
    told = Settings(issuer="https://login.example.org", client_id="us", client_secret="x")  # noqa: S106
    with pytest.raises(InputError, match=re.escape("pip install tidegauge[oidc]")):
        SignIn(told, "https://tidegauge.example.org")
