"""People log in: with a password or a key, for a while, as what they are, and nobody else."""

import json
import time

import httpx
import pytest
from argon2 import PasswordHasher
from series_api import Api

from tidegauge.config import RatesConfig
from tidegauge.errors import InputError
from tidegauge.web.members import Members
from tidegauge.web.sessions import COOKIE

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody

FEW = 10


@pytest.fixture
def api(tmp_path):
    api = Api(tmp_path, rates=RatesConfig(wrong_keys_a_minute=FEW))
    api.browsers = []
    yield api
    for each in api.browsers:
        each.close()
    api.close()


def browser(api, **more):
    mine = httpx.Client(base_url=f"{api.url}/api/v1/", **more)
    api.browsers.append(mine)
    return mine


def member(api, email="ada@example.org", *, role="viewer", tenant="default", **more):
    told = {"email": email, "password": PASSWORD, "role": role, **more}
    return api.ask("POST", "members", status=201, role="admin", tenant=tenant, json=told)


def login(api, email="ada@example.org", password=PASSWORD):
    mine = browser(api)
    answer = mine.post("session", json={"email": email, "password": password})
    return mine, answer


class TestMembers:
    def test_one_logs_in_and_out(self, api):
        member(api, name="Ada")
        mine, answer = login(api, "Ada@Example.org")
        assert answer.status_code == 201
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert mine.get("session").json()["role"] == "read"
        assert mine.get("models").status_code == 200
        token = mine.cookies[COOKIE]
        assert mine.delete("session").status_code == 204
        stolen = browser(api, cookies={COOKIE: token})
        assert stolen.get("models").status_code == 401
        assert stolen.get("session").json() is None

    @pytest.mark.parametrize(
        ("role", "reads", "writes", "administers"),
        [("viewer", 200, 403, 403), ("editor", 200, 201, 403), ("admin", 200, 201, 200)],
    )
    def test_roles_are_as_those_of_keys(self, api, role, reads, writes, administers):
        member(api, role=role)
        mine, _answer = login(api)
        assert mine.get("models").status_code == reads
        assert mine.post("models", json={"model_id": "x"}).status_code == writes
        assert mine.get("members").status_code == administers

    def test_what_is_wrong_is_not_told_apart(self, api):
        member(api)
        answers = [login(api, *pair)[1] for pair in WRONG]
        assert {each.status_code for each in answers} == {401}
        assert len({each.json()["detail"] for each in answers}) == 1
        assert all("set-cookie" not in each.headers for each in answers)

    def test_who_guesses_is_slowed_down(self, api):
        member(api)
        codes = [login(api, password=WRONG[0][1])[1].status_code for _try in range(2 * FEW)]
        assert set(codes) == {401, 429}
        assert codes == sorted(codes)

    def test_another_role_holds_at_once(self, api):
        member(api, role="editor")
        mine, _answer = login(api)
        api.ask("PATCH", "members/ada@example.org", role="admin", json={"role": "viewer"})
        time.sleep(1.1)
        assert mine.post("models", json={"model_id": "x"}).status_code == 403

    @pytest.mark.parametrize("change", [{"disabled": True}, {"password": PASSWORD + "!"}])
    def test_what_ends_their_sessions(self, api, change):
        member(api)
        mine, _answer = login(api)
        api.ask("PATCH", "members/ada@example.org", role="admin", json=change)
        time.sleep(1.1)
        assert mine.get("models").status_code == 401
        assert login(api)[1].status_code == 401

    def test_who_is_removed_is_out(self, api):
        member(api)
        mine, _answer = login(api)
        api.ask("DELETE", "members/ada@example.org", status=204, role="admin")
        time.sleep(1.1)
        assert mine.get("models").status_code == 401
        api.ask("DELETE", "members/ada@example.org", status=404, role="admin")

    def test_one_changes_ones_password(self, api):
        member(api)
        mine, _answer = login(api)
        other, _answer = login(api)
        told = {"old": "not this one, no", "new": "another good password"}
        assert mine.put("session/password", json=told).status_code == 401
        told["old"] = PASSWORD
        assert mine.put("session/password", json=told).status_code == 204
        time.sleep(1.1)
        assert mine.get("models").status_code == 200
        assert other.get("models").status_code == 401
        assert login(api, password=told["new"])[1].status_code == 201

    def test_an_admin_does_not_lock_themselves_out(self, api):
        member(api, role="admin")
        mine, _answer = login(api)
        for change in ({"role": "viewer"}, {"disabled": True}):
            assert mine.patch("members/ada@example.org", json=change).status_code == 409
        assert mine.delete("members/ada@example.org").status_code == 409

    def test_tenants_do_not_see_each_other(self, api):
        member(api, tenant="other", role="admin")
        assert api.ask("GET", "members", role="admin") == []
        api.ask("PATCH", "members/ada@example.org", status=404, role="admin", json={"name": "x"})
        api.ask("DELETE", "members/ada@example.org", status=404, role="admin")
        api.ask("POST", "models", status=201, json={"model_id": "ours"})
        mine, _answer = login(api)
        assert mine.get("models").json()["models"] == []

    def test_it_is_told_in_the_audit(self, api):
        member(api)
        login(api)
        found = api.get("audit", role="admin")["entries"]
        assert {"member.add", "session.begin"} <= {each["what"] for each in found}
        assert PASSWORD not in json.dumps(found)


WRONG = [
    ("ada@example.org", "not her password"),
    ("bob@example.org", PASSWORD),
    ("", PASSWORD),
    ("ada@example.org\0", PASSWORD),
]


class TestKeysAsSessions:
    def test_a_key_begins_one_that_ends_with_it(self, api):
        made = api.ask("POST", "keys", status=201, role="admin", json={"name": "k", "role": "read"})
        mine = browser(api)
        answer = mine.post("session", json={"key": made["token"]})
        assert answer.json()["kind"] == "key"
        assert mine.get("models").status_code == 200
        api.ask("DELETE", f"keys/{made['id']}", role="admin")
        time.sleep(1.1)
        assert mine.get("models").status_code == 401

    def test_one_that_only_sends_begins_none(self, api):
        told = {"name": "k", "role": "ingest"}
        made = api.ask("POST", "keys", status=201, role="admin", json=told)
        assert browser(api).post("session", json={"key": made["token"]}).status_code == 401

    @pytest.mark.parametrize(
        "told", [{}, {"email": "a@b.c"}, {"email": "a@b.c", "password": "x", "key": "y"}]
    )
    def test_either_is_told(self, api, told):
        assert browser(api).post("session", json=told).status_code == 422


class TestOtherPages:
    def test_a_page_of_another_server_may_not_ask(self, api):
        member(api, role="admin")
        mine, _answer = login(api)
        foreign = {"Origin": "https://evil.example"}
        for method, path in (("GET", "models"), ("POST", "models"), ("DELETE", "session")):
            answer = mine.request(method, path, headers=foreign)
            assert answer.status_code == 403
            assert answer.json()["type"].endswith("forbidden-origin")
        told = {"email": "ada@example.org", "password": PASSWORD}
        assert browser(api).post("session", json=told, headers=foreign).status_code == 403


class TestTheFile:
    def test_without_a_password_nothing_fits_and_it_takes_as_long(self, tmp_path, monkeypatch):
        compared = []

        class Heard(PasswordHasher):
            def verify(self, known, password):
                compared.append(known)
                return super().verify(known, password)

        monkeypatch.setattr("tidegauge.web.members._hasher", Heard())
        members = Members(tmp_path)
        members.add("a@b.org", None, role="viewer")
        for address in ("a@b.org", "nobody@b.org"):
            for password in ("", PASSWORD):
                assert members.login(address, password) is None
        assert len(compared) == 4
        assert {each[:10] for each in compared} == {"$argon2id$"}

    def test_a_password_is_not_kept(self, tmp_path):
        Members(tmp_path).add("a@b.org", PASSWORD, role="viewer")
        file = tmp_path / "members.json"
        text = file.read_text()
        assert PASSWORD not in text
        assert "$argon2id$" in text
        assert file.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        ("address", "more"),
        [
            ("no address", {}),
            ("a@b.org", {"password": "short"}),
            ("a@b.org", {"password": "x" * 257}),
            ("a@b.org", {"role": "king"}),
            ("a@b.org", {"tenant": "No"}),
            ("a@b.org", {"name": "a\nb"}),
        ],
    )
    def test_what_does_not_fit_is_refused(self, tmp_path, address, more):
        told = {"password": PASSWORD, "role": "viewer"} | more
        with pytest.raises(InputError):
            Members(tmp_path).add(address, **told)

    def test_one_address_is_one_member(self, tmp_path):
        Members(tmp_path).add("a@b.org", PASSWORD, role="viewer")
        with pytest.raises(InputError, match="already"):
            Members(tmp_path).add("A@B.org", PASSWORD, role="viewer")
