"""API keys: over the API, over the command line, in the file."""

import itertools
import json
import subprocess
import sys
import threading

import httpx
import pytest
from serving import Server

from tidegauge.errors import InputError
from tidegauge.web.keys import BadKeyError, Keys, LastAdminError

NOW = 4_000_000_000.0


def test_a_secret_has_256_bits_and_is_not_kept(tmp_path):
    keys = Keys(tmp_path)
    _key, token = keys.create(name="a", role="ingest")
    secret = token.split("_", 2)[2]
    assert len(secret) == 43
    file = tmp_path / "keys.json"
    assert secret not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600


def test_only_the_whole_token_is_good(tmp_path):
    keys = Keys(tmp_path)
    key, token = keys.create(name="a", role="ingest")
    assert keys.check(token, 1.0) == key
    other = Keys(tmp_path).create(name="b", role="ingest")[1]
    swapped = "_".join([*token.split("_")[:2], other.split("_", 2)[2]])
    for wrong in (token[:-1], token + "x", " " + token, swapped, "", "tg__", token.upper()):
        with pytest.raises(BadKeyError) as caught:
            keys.check(wrong, 1.0)
        assert caught.value.slug == "unauthenticated"


def test_expiry_and_revocation_are_told_to_the_owner_only(tmp_path):
    keys = Keys(tmp_path)
    keys.create(name="admin", role="admin")
    expired, token = keys.create(name="a", role="ingest", lasts_s=1.0)
    with pytest.raises(BadKeyError) as caught:
        keys.check(token, NOW)
    assert caught.value.slug == "key-expired"
    keys.revoke(expired.id)
    with pytest.raises(BadKeyError) as caught:
        keys.check(token, NOW + 5)
    assert caught.value.slug == "key-revoked"
    with pytest.raises(BadKeyError) as caught:
        keys.check(token[:-1] + ("a" if token[-1] != "a" else "b"), NOW + 10)
    assert caught.value.slug == "unauthenticated"


def test_the_last_admin_stays(tmp_path):
    keys = Keys(tmp_path)
    first, _token = keys.create(name="a", role="admin")
    with pytest.raises(LastAdminError):
        keys.revoke(first.id)
    keys.create(name="b", role="admin")
    assert keys.revoke(first.id).revoked_at


def test_keys_made_at_once_by_several_are_all_kept(tmp_path):
    def make():
        for _ in range(10):
            Keys(tmp_path).create(name="x", role="read")

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Keys(tmp_path).all()) == 40


@pytest.mark.parametrize(
    "wrong", [{"role": "root"}, {"tenant": "../x"}, {"name": ""}, {"name": "a\nb"}]
)
def test_what_a_key_cannot_be_is_refused(tmp_path, wrong):
    with pytest.raises(InputError):
        Keys(tmp_path).create(**({"name": "x", "role": "read"} | wrong))


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "keys.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        Keys(tmp_path).all()


def run(*arguments):
    command = [sys.executable, "-m", "tidegauge.cli", "keys", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server whose keys are changed."""
    with Server(tmp_path_factory.mktemp("keys") / "data") as running:
        yield running


class TestARunningServer:
    def test_the_first_start_prints_an_admin_key_once(self, tmp_path):
        with Server(tmp_path / "data") as server:
            assert server.admin.startswith("tg_")
        again = Server(tmp_path / "data")
        with again:
            assert not again.admin
            assert server.admin not in again.said()

    def test_a_key_from_the_command_line_is_good_and_then_revoked(self, own):
        made = run("create", "ci", "--role", "ingest", "--data", own.data)
        token = made.stdout.strip()
        metric = {"metric_name": "x", "value": 1}
        with own.client(token) as client:
            for _attempt in range(200):
                if client.post("/api/v1/metrics", json=metric).status_code == 200:
                    break
            else:
                raise AssertionError(client.post("/api/v1/metrics", json=metric).text)
            _, identity, secret = token.split("_", 2)
            assert secret not in run("list", "--data", own.data).stdout
            revoked = run("revoke", identity, "--data", own.data)
            assert revoked.returncode == 0
            answers = (client.post("/api/v1/metrics", json=metric) for _ in itertools.count())
            refused = next(answer for answer in answers if answer.status_code != 200)
        assert refused.json()["type"] == "/problems/key-revoked"

    def test_an_admin_sees_and_revokes_the_keys_of_its_tenant_only(self, own):
        other = run("create", "other", "--role", "admin", "--tenant", "b", "--data", own.data)
        stranger = other.stdout.strip().split("_")[1]
        with own.client() as client:
            listed = client.get("/api/v1/keys").json()
            assert {key["tenant"] for key in listed} == {"default"}
            assert not any("secret" in name for key in listed for name in key)
            unknown = client.delete("/api/v1/keys/aaaaaaaaaaaa").json()
            of_other = client.delete(f"/api/v1/keys/{stranger}").json()
            assert unknown["detail"] == of_other["detail"]
            assert of_other["status"] == 404

    def test_the_last_admin_cannot_revoke_itself(self, own):
        with own.client() as client:
            mine = own.admin.split("_")[1]
            answer = client.delete(f"/api/v1/keys/{mine}")
            assert answer.status_code == 409
            assert answer.json()["type"] == "/problems/state-conflict"

    def test_many_wrong_keys_from_one_address_have_to_wait(self, tmp_path):
        environment = {"TIDEGAUGE_RATES_WRONG_KEYS_A_MINUTE": "5"}
        with Server(tmp_path / "data", environment=environment) as server:
            wrong = {"Authorization": "Bearer tg_wrong"}
            codes = [
                httpx.post(f"{server.url}/api/v1/metrics", headers=wrong).status_code
                for _ in range(8)
            ]
        assert codes[:5] == [401] * 5
        assert codes[-1] == 429


class TestDev:
    def test_this_machine_needs_no_key(self, tmp_path):
        with Server(tmp_path / "data", dev=True) as server:
            metric = {"metric_name": "x", "value": 1}
            url = f"{server.url}/api/v1/metrics"
            assert httpx.post(url, json=metric).status_code == 200
            any_key = {"Authorization": "Bearer any key"}
            assert httpx.post(url, json=metric, headers=any_key).status_code == 200
            for header in (
                {"X-Forwarded-For": "1.2.3.4"},
                {"Host": "evil.example"},
                {"Origin": "https://evil.example"},
            ):
                assert httpx.post(url, json=metric, headers=header).status_code == 401

    def test_it_listens_on_this_machine_only(self, tmp_path):
        command = [sys.executable, "-m", "tidegauge.cli", "web", "--dev", "--host", "0.0.0.0"]  # noqa: S104 - it is refused
        done = subprocess.run(
            [*command, "--data", str(tmp_path / "d")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert "127.0.0.1" in done.stderr


def test_the_file_is_readable_json(tmp_path):
    Keys(tmp_path).create(name="a", role="admin")
    (kept,) = json.loads((tmp_path / "keys.json").read_text(encoding="utf-8"))
    assert kept["name"] == "a"
