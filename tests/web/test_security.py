"""Promises of security that need no running server, each with the bug that must turn it red."""

import asyncio
import hmac
import random

import httpx
import pytest

from tidegauge.config import Config
from tidegauge.log import LocalLog
from tidegauge.web import app as apps
from tidegauge.web import keys as key_module
from tidegauge.web.app import Application
from tidegauge.web.keys import BadKeyError, Key, Keys
from tidegauge.web.rates import Rates

LEAKS = ("Traceback", 'File "', ".py", "sqlite", "site-packages", "secret_hash", "Error(")


def secrets_are_compared_in_constant_time(monkeypatch, folder):
    """SEC-2: an unknown id, a wrong secret and a right one take the same comparison, once."""
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(
        key_module.hmac, "compare_digest", lambda a, b: (compared.append(1), real(a, b))[1]
    )
    keys = Keys(folder)
    _key, token = keys.create(name="a", role="admin")
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    for given, good in ((token, True), (wrong, False), (token[:5] + "x" + token[6:], False)):
        compared.clear()
        try:
            keys.check(given, 1.0)
        except BadKeyError:
            assert not good
        else:
            assert good
        assert len(compared) == 1


def one_sender_cannot_use_up_another(_monkeypatch, _folder):
    """SEC-3: each name has a bucket of its own."""
    rates = Rates(100.0, span=1.0)
    rates.take("noisy", 10_000)
    assert rates.wait("noisy") > 0
    assert rates.wait("quiet") == 0


def errors_reveal_nothing(monkeypatch, folder):
    """SEC-8: whatever is asked, and whatever fails in us."""
    log = LocalLog(folder / "log")
    application = Application(Config(data=folder), log, Keys(folder), dev=True)
    admin = Key(id="i", name="n", role="admin", secret_hash="s", created_at=0)  # noqa: S106 - none
    monkeypatch.setattr(Keys, "all", lambda _self: 1 / 0)
    monkeypatch.setattr(apps.Gate, "admit", lambda *_, **__: admin)
    try:
        answers = asyncio.run(provoked(application))
    finally:
        application.ingest.close()
        log.close()
    assert answers[0].status_code == 500
    for answer in answers:
        assert not any(leak in answer.text for leak in LEAKS), answer.text
        if answer.status_code >= 400:
            assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def provoked(application):
    chance = random.Random(1)
    body = b'{"model_id": "m", "prediction_id": "p", "features": {"a": [1, {"b": "c"}]}}'
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answers = [await client.get("/api/v1/keys")]
        for _ in range(300):
            cut = bytearray(body)
            cut[chance.randrange(len(cut))] = chance.randrange(256)
            headers = {"Content-Type": chance.choice(["application/json", "text/x", "a"])}
            path = chance.choice(["predictions", "labels", "keys", "nothing", "%00", "..//.."])
            answers.append(
                await client.post(f"/api/v1/{path}", content=bytes(cut), headers=headers)
            )
    return answers


PROMISES = [
    secrets_are_compared_in_constant_time,
    one_sender_cannot_use_up_another,
    errors_reveal_nothing,
]


@pytest.mark.parametrize("promise", PROMISES)
def test_the_promise_holds(promise, monkeypatch, tmp_path):
    promise(monkeypatch, tmp_path)


def plain_comparison(monkeypatch):
    def check(self, token, _now):
        for key in self.all():
            if key_module._hash(token.split("_", 2)[-1]) == key.secret_hash:
                return key
        raise BadKeyError("unauthenticated", "the key is not known")

    monkeypatch.setattr(Keys, "check", check)


def one_global_bucket(monkeypatch):
    real = Rates.take
    monkeypatch.setattr(Rates, "take", lambda self, _name, *rest: real(self, "all", *rest))
    waits = Rates.wait
    monkeypatch.setattr(Rates, "wait", lambda self, _name, *rest: waits(self, "all", *rest))


def debugging(monkeypatch):
    real = apps.FastAPI
    monkeypatch.setattr(apps, "FastAPI", lambda **named: real(debug=True, **named))


@pytest.mark.parametrize(
    ("promise", "sabotage"),
    list(zip(PROMISES, (plain_comparison, one_global_bucket, debugging), strict=True)),
)
def test_its_sabotage_turns_it_red(promise, sabotage, monkeypatch, tmp_path):
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        promise(monkeypatch, tmp_path)
