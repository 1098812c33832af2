"""What changes is told to those who look on, as it comes."""

import contextlib
import json
import socket
import threading
import time

import httpx
import pytest
from series_api import Api
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tidegauge.catalog import models, monitors, notices, progress, readings, targets
from tidegauge.catalog.readings import Reading
from tidegauge.web import live
from tidegauge.web.keys import Keys
from tidegauge.web.live import Place
from tidegauge.window import HOUR, MINUTE, SECOND
from tidegauge.worker.late import JUDGE

SLOT = 1_790_000_040 * SECOND


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path / "case")
    made.case.catalog.write(lambda c: models.ensure(c, "default", ["fraud", "churn"], 1))
    yield made
    made.close()


class Heard:
    """Server-sent events, read as they come in a thread of its own."""

    def __init__(
        self, api, *, role="read", pii=False, tenant="default", headers=None, client=None, **asked
    ):
        self.events = []
        self.is_over = threading.Event()
        self._client = client or api.key(role, tenant=tenant, pii=pii)
        self._sent = {"params": asked, "headers": headers or {}}
        self._answer = None
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        with (
            contextlib.suppress(httpx.HTTPError),
            self._client.stream("GET", "live", **self._sent, timeout=60) as answer,
        ):
            self._answer = answer
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            self._take(answer.iter_lines())
        self.is_over.set()

    def _take(self, lines):
        event = {}
        for line in lines:
            if not line:
                if "event" in event:
                    self.events.append(event)
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value

    def __enter__(self):
        self._thread.start()
        self.until("here")
        return self

    def __exit__(self, *_):
        # From another thread a read is ended by its socket only.
        stream = self._answer.extensions["network_stream"] if self._answer else None
        if stream is not None and not self.is_over.is_set():
            with contextlib.suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def of(self, kind):
        return [each["data"] for each in self.events if each["event"] == kind]

    def until(self, kind, many=1, seconds=30):
        until = time.monotonic() + seconds
        while len(self.of(kind)) < many:
            assert time.monotonic() < until, self.events
            assert not self.is_over.is_set(), self.events
            time.sleep(0.01)
        return self.of(kind)


def judged(api, slot=SLOT, *, model="fraud", column="amount", status="breach", first=False):
    """A reading of a slot, and that the judge is done with it."""

    def write(connection):
        if first:
            document = {"name": "watched", "kind": "feature_mean", "column": column}
            kept = monitors.add(
                connection, "default", "watched", document, origin="api", at=1, by="test"
            )
            progress.take(connection, JUDGE)
        else:
            kept = monitors.by_name(connection, "default", "watched")
        number = models.by_name(connection, "default", model).id
        key = targets.Of(kept.id, number, "", "")
        target = targets.ensure(connection, [key])[key]
        told = Reading(
            target=target.id,
            slot=slot,
            status=status,
            severity="high" if status == "breach" else None,
            value=4.2,
            n=100,
            reason="it is 4.2",
            detail={"long": "x" * 1000},
            revision=1,
            made_at=slot,
        )
        readings.add(connection, [told])
        held = progress.get(connection, JUDGE)
        progress.advance(connection, JUDGE, held.epoch, held.position, str(slot), slot, {})

    api.case.catalog.write(write)


def raised(api, title="it looks wrong", model="fraud"):
    wanted = {"model_id": model, "title": title, "severity": "high"}
    return api.ask("POST", "alerts", json=wanted, status=201)["incident_id"]


def test_all_that_happens_is_told_with_a_place_to_come_back_to(api):
    judged(api, first=True)
    with Heard(api) as heard:
        name = raised(api)
        judged(api, SLOT + MINUTE * SECOND)
        (told, *_) = heard.until("incident")
        assert told["incident"]["incident_id"] == told["incident_id"] == name
        assert told["incident"]["state"] == "open"
        (reading,) = heard.until("reading")
        assert (reading["model_id"], reading["monitor"], reading["value"]) == (
            "fraud",
            "watched",
            4.2,
        )
        assert "detail" not in reading
        api.ask("POST", f"incidents/{name}/ack", json={})
        last = heard.until("incident", len(heard.of("incident")) + 1)[-1]
        assert (last["kind"], last["who"], last["incident"]["state"]) == (
            "ack",
            "write",
            "acknowledged",
        )
        # Each once, whatever is looked at twice.
        judged(api, SLOT + 2 * MINUTE * SECOND)
        heard.until("reading", 2)
        names = [(each["incident_id"], each["seq"]) for each in heard.of("incident")]
        assert len(names) == len(set(names))
        assert len(heard.of("reading")) == 2
        place = heard.events[-1]["id"]
    raised(api, "another")
    for again in ({"since": place}, {"headers": {"Last-Event-ID": place}}):
        with Heard(api, **again) as heard:
            titles = [each["incident"]["title"] for each in heard.of("incident")]
            assert "fraud: another" in titles
            assert "missed" not in [each["event"] for each in heard.events]


def test_only_what_is_asked_for_is_told(api):
    judged(api, first=True)
    with (
        Heard(api, model="churn") as churn,
        Heard(api, kind="notice") as told,
        Heard(api, tenant="other") as other,
        Heard(api, kind=["incident", "reading"]) as heard,
    ):
        raised(api)
        judged(api, SLOT + MINUTE * SECOND)
        raised(api, model="churn")
        notice = notices.Kept(
            id="0196f3a1-0000-7000-8000-000000000001",
            tenant="default",
            incident="",
            channel="console",
            kind="digest",
            seq=0,
            status="sent",
            severity="low",
            exempt=True,
            made_at=time.time_ns() // 1000,
            body={},
            digest="",
            due_at=None,
            tries=1,
            lease_until=None,
            token="",
            ended_at=time.time_ns() // 1000,
            answer="",
        )
        api.case.catalog.write(lambda c: notices.add(c, [notice]))
        heard.until("incident", 2)
        heard.until("reading")
        (only,) = told.until("notice")
        assert (only["notice_id"], only["status"]) == (notice.id, "sent")
        assert {each["incident"]["model_id"] for each in churn.until("incident")} == {"churn"}
        assert {each["event"] for each in told.events} == {"here", "notice"}
        assert {each["event"] for each in other.events} == {"here"}
        assert churn.of("reading") == []


def test_personal_data_is_shown_to_those_only_who_may_see_it(api):
    def tagged(connection):
        model = models.by_name(connection, "default", "fraud")
        models.change(connection, model.id, model.revision, 2, tags={"pii": "amount"})

    api.case.catalog.write(tagged)
    judged(api, first=True)
    with Heard(api) as heard, Heard(api, pii=True) as seeing:
        judged(api, SLOT + MINUTE * SECOND)
        (masked,), (whole,) = heard.until("reading"), seeing.until("reading")
    assert (masked["value"], masked["reason"]) == (None, "of a column with personal data")
    assert (whole["value"], whole["reason"]) == (4.2, "it is 4.2")


def test_who_was_away_too_long_is_told_so(api):
    judged(api, first=True)
    judged(api, SLOT + 3 * HOUR * SECOND)
    with Heard(api, since=str(Place(SLOT - 1, time.time_ns() // 1000))) as heard:
        assert [each["event"] for each in heard.events] == ["missed", "reading", "here"]
    for bad in ("x", "1", "1-2-3", "-1-2", f"{1 << 63}-1"):
        problem = api.get("live", since=bad, status=422)
        assert "as it is" in problem["detail"]
    api.get("live", kind="nothing", status=422)
    api.ask("GET", "live", role="ingest", status=403)


def test_who_is_slower_than_what_comes_is_let_go(api, monkeypatch):
    monkeypatch.setattr(live, "_WAITING", 3)
    judged(api, first=True)
    with Heard(api) as heard:
        for place in range(3):
            for model in ("fraud", "churn"):
                raised(api, f"wrong {place}", model)
        assert heard.is_over.wait(30)
        place = heard.events[-1]["id"]
    with Heard(api, since=place) as heard:
        assert len({each["incident_id"] for each in heard.of("incident")}) == 6


def short_lived(api, how):
    """A key of its own, and what makes an end of it."""
    # As another process would.
    keys = Keys(api.case.folder)
    lasts = 3.0 if how == "key-expired" else None
    key, token = keys.create(name="short", role="read", lasts_s=lasts)
    return token, (lambda: keys.revoke(key.id)) if lasts is None else (lambda: None)


@pytest.mark.parametrize("how", ["key-revoked", "key-expired"])
def test_whose_key_ends_hears_why_and_no_more(api, how):
    judged(api, first=True)
    token, end = short_lived(api, how)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx.Client(base_url=f"{api.url}/api/v1/", headers=headers) as client,
        Heard(api, client=client) as heard,
    ):
        end()
        assert heard.is_over.wait(30)
        assert heard.events[-1]["event"] == "ended"
        assert heard.events[-1]["data"]["type"] == f"/problems/{how}"
        assert "'short'" in heard.events[-1]["data"]["detail"]
        assert client.get("live").status_code == 401


def test_whose_key_has_ended_hears_not_even_what_happens_before_it_is_looked_at(api, monkeypatch):
    monkeypatch.setattr(live, "_EVERY", 2.0)
    judged(api, first=True)
    key, token = api.keys.create(name="short", role="read")
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx.Client(base_url=f"{api.url}/api/v1/", headers=headers) as client,
        Heard(api, client=client) as heard,
    ):
        api.keys.revoke(key.id)
        raised(api)
        assert heard.is_over.wait(30)
        assert [each["event"] for each in heard.events] == ["here", "ended"]


def test_there_is_room_for_so_many(api, monkeypatch):
    monkeypatch.setattr(live, "_MOST", 1)
    with Heard(api):
        problem = api.get("live", status=503)
        assert "come later" in problem["detail"]
    until = time.monotonic() + 30
    while True:
        with contextlib.suppress(AssertionError), Heard(api):
            break
        assert time.monotonic() < until


def test_a_server_that_ends_lets_all_go(api):
    judged(api, first=True)
    with Heard(api) as heard:
        api._server.should_exit = True
        assert heard.is_over.wait(30)


class TestASocket:
    def asked(self, api, path="live", *, key=None, origin=None, **more):
        token = key or api.key("read").headers["Authorization"].removeprefix("Bearer ")
        headers = {"Authorization": f"Bearer {token}"} if key != "" else {}
        url = f"{api.url.replace('http', 'ws')}/api/v1/{path}"
        return connect(url, additional_headers=headers, origin=origin, max_size=None, **more)

    def test_tells_the_same(self, api):
        judged(api, first=True)
        with self.asked(api) as told:
            assert json.loads(told.recv(30))["event"] == "here"
            name = raised(api)
            heard = json.loads(told.recv(30))
            assert heard["event"] == "incident"
            assert heard["data"]["incident_id"] == name
        with self.asked(api, f"live?kind=incident&since={heard['id']}") as told:
            assert json.loads(told.recv(30))["event"] == "incident"

    def test_takes_the_key_of_a_page_as_a_protocol(self, api):
        token = api.key("read").headers["Authorization"].removeprefix("Bearer ")
        offered = ["tidegauge", f"tidegauge.key.{token}"]
        host = api.url.removeprefix("http://")
        with self.asked(api, key="", subprotocols=offered, origin=f"http://{host}") as told:
            assert told.subprotocol == "tidegauge"
            assert json.loads(told.recv(30))["event"] == "here"

    def test_is_for_our_own_pages_and_for_who_has_a_key(self, api):
        for more, status in (
            ({"origin": "http://evil.example"}, 403),
            ({"origin": "null"}, 403),
            ({"key": ""}, 401),
            ({"key": "tg_wrong"}, 401),
            ({"path": "live?since=x"}, 422),
        ):
            with pytest.raises(InvalidStatus) as refused:
                self.asked(api, **more)
            answer = refused.value.response
            assert answer.status_code == status
            assert json.loads(answer.body)["status"] == status
            assert answer.headers["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("flood", ["pings", "messages", "one large message"])
    def test_has_next_to_nothing_to_be_told(self, api, flood):
        with self.asked(api) as told:
            told.recv(30)
            with contextlib.suppress(ConnectionClosed):
                if flood == "one large message":
                    told.send("x" * (1 << 20))
                for place in range(10_000):
                    told.ping(str(place)) if flood == "pings" else told.send("x")
            with contextlib.suppress(ConnectionClosed):
                while True:
                    told.recv(30)
        code = 1009 if flood == "one large message" else 1008
        assert told.protocol.close_rcvd.code == code

    @pytest.mark.parametrize("how", ["key-revoked", "key-expired"])
    def test_says_that_its_key_has_ended(self, api, how):
        judged(api, first=True)
        token, end = short_lived(api, how)
        with self.asked(api, key=token) as told:
            assert json.loads(told.recv(30))["event"] == "here"
            end()
            heard = json.loads(told.recv(30))
            assert (heard["event"], heard["data"]["type"]) == ("ended", f"/problems/{how}")
            with pytest.raises(ConnectionClosed) as closed:
                told.recv(30)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4401, how)

    def test_is_let_go_when_the_server_ends(self, api):
        judged(api, first=True)
        with self.asked(api) as told:
            told.recv(30)
            api._server.should_exit = True
            with pytest.raises(ConnectionClosed) as closed:
                told.recv(30)
        assert closed.value.rcvd.code == 1012
