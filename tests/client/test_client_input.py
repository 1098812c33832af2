"""The rows O of bad-input: what is handed to `log()`, and what the server answers."""

import dataclasses
import datetime as dt
import enum
import gc
import logging
import signal
import sys
import threading
import time
import uuid
from collections import OrderedDict, namedtuple
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import polars as pl
import pydantic
import pytest
from moods import closed_port, https, wait_for
from promises import Hostile, balance, child

from tidegauge.client import Client, backoff
from tidegauge.errors import InputError


def dropped(client):
    stats = client.stats()
    balance(stats)
    return dict(stats.dropped)


def features_of(server, client, given):
    client.log(model_id="m", prediction_id="p", features=given)
    assert client.flush()
    assert dropped(client) == {}
    return server.records()[0]["features"]


def test_o01_wrong_arguments_are_dropped_and_said_once(server, make, words):
    client = make(server.url)
    for _ in range(5):
        client.log()
        client.log(model_id=1, features=2, tags=3, timestamp=4)
        client.log(model_id="m", fetures={})
    assert client.flush()
    assert dropped(client) == {"invalid": 10, "serialize": 5}
    assert sum("(invalid)" in each for each in words()) == 1
    assert server.requests == []


def test_o01_strict_says_what_is_wrong(server, make):
    client = make(server.url, strict=True)
    for fields, said in (
        ({}, "model_id"),
        ({"model_id": "m", "fetures": {}}, "did you mean 'features'"),
        ({"model_id": "m", "features": {"a": object()}}, "not known"),
        ({"model_id": "a b"}, "letters, digits"),
    ):
        with pytest.raises(InputError, match=said):
            client.log(**fields)
    with pytest.raises(InputError, match="columns differ"):
        client.log_batch({"a": [1], "b": []}, model_id="m")
    assert client.log(model_id="m", prediction_id="p") == "p"
    assert client.flush()
    assert server.ids() == ["p"]


@dataclasses.dataclass
class Dated:
    a: float
    b: str


@dataclasses.dataclass(slots=True, frozen=True)
class Slotted:
    a: float
    b: str


class Model(pydantic.BaseModel):
    a: float
    b: str


Named = namedtuple("Named", "a b")  # noqa: PYI024 - as people write them
AB = {"a": 1.5, "b": "x"}


@pytest.mark.parametrize(
    "given",
    [
        AB,
        OrderedDict(AB),
        Dated(**AB),
        Slotted(**AB),
        Model(**AB),
        Named(**AB),
        pd.Series(AB),
        pd.DataFrame([AB]),
        next(pd.DataFrame([AB]).itertuples(index=False)),
        pl.DataFrame([AB]),
        pl.DataFrame([AB]).row(0, named=True),
    ],
    ids=lambda given: type(given).__name__,
)
def test_o02_what_has_names_keeps_them(given, server, make):
    assert features_of(server, make(server.url), given) == AB


@pytest.mark.parametrize(
    "given",
    [[1.5, 2], (1.5, 2), np.array([1.5, 2]), np.array([[1.5, 2]]), pl.Series([1.5, 2.0])],
    ids=lambda given: type(given).__name__,
)
def test_o02_what_has_none_is_named_by_place(given, server, make):
    assert features_of(server, make(server.url), given) == {"feature_0": 1.5, "feature_1": 2}


def test_o02_a_generator_is_not_consumed(server, make):
    client = make(server.url)
    given = (each for each in "ab")
    client.log(model_id="m", features=given)
    assert client.flush()
    assert dropped(client) == {"serialize": 1}
    assert list(given) == ["a", "b"]


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


SCALARS = [
    (np.float32(1.5), 1.5),
    (np.float16(1.5), 1.5),
    (np.longdouble(1.5), 1.5),
    (np.int8(-3), -3),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.bool_(True), True),  # noqa: FBT003
    (np.str_("x"), "x"),
    (np.array(2.5), 2.5),
    (np.datetime64("2026-01-31T12:00"), "2026-01-31T12:00:00+00:00"),
    (np.timedelta64(1500, "ms"), 1.5),
    (np.datetime64("NaT"), None),
    (np.ma.masked, None),
    (pd.NA, None),
    (pd.NaT, None),
    (pd.Timestamp("2026-01-31T12:00:00Z"), "2026-01-31T12:00:00+00:00"),
    (pd.Timedelta("1.5s"), 1.5),
    (pd.Categorical(["x"])[0], "x"),
    (dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), "2026-01-31T12:00:00+00:00"),
    (dt.date(2026, 1, 31), "2026-01-31"),
    (dt.time(12, 30), "12:30:00"),
    (dt.timedelta(seconds=1.5), 1.5),
    (Decimal("1.5"), 1.5),
    (Fraction(3, 2), 1.5),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Colour.RED, "red"),
    (Level.HIGH, 3),
    (type("Text", (str,), {"__str__": Hostile._no})("x"), "x"),
    (type("Number", (int,), {"__int__": Hostile._no})(7), 7),
    (float("nan"), float("nan")),
    (float("inf"), float("inf")),
]


@pytest.mark.parametrize(("given", "kept"), SCALARS, ids=lambda each: type(each).__name__)
def test_o04_scalars_of_other_libraries(given, kept, server, make):
    found = features_of(server, make(server.url), {"a": given, "b": 1.0})
    assert found["a"] == pytest.approx(kept, nan_ok=True) if isinstance(kept, float) else True
    assert type(found["a"]) is type(kept)
    if not isinstance(kept, float):
        assert found["a"] == kept


def test_o04_a_time_without_an_offset_is_utc_and_that_is_said_once(server, make, words):
    client = make(server.url)
    for _ in range(3):
        client.log(model_id="m", timestamp=dt.datetime(2026, 1, 31, 12))  # noqa: DTZ001
        client.log(model_id="m", timestamp=pd.Timestamp("2026-01-31T12:00:00"))
        client.log(model_id="m", timestamp=np.datetime64("2026-01-31T12:00:00"))
    assert client.flush()
    assert dropped(client) == {}
    noon = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC).timestamp()
    assert {each["timestamp"] for each in server.records()} == {int(noon * 1e6)}
    assert sum("without an offset" in each for each in words()) == 1


@pytest.mark.parametrize("unfit", [3, "2026-01-31", "2026-01-31T12:00:00", dt.date(2026, 1, 31)])
def test_o04_what_is_no_time_is_invalid(unfit, server, make):
    client = make(server.url)
    client.log(model_id="m", timestamp=unfit)
    assert client.flush()
    assert dropped(client) == {"invalid": 1}


class Tensor:
    """As torch's: the device is asked, and nothing else if it is far."""

    def __init__(self, value, device, shape=()):
        self.value, self.shape = value, shape
        self.device = SimpleNamespace(type=device)

    def item(self):
        assert self.device.type == "cpu", "waited for the device"
        return self.value

    def tolist(self):
        return self.value


def test_o05_tensors_are_read_only_from_main_memory(server, make):
    client = make(server.url)
    Tensor.__module__ = "torch"
    with mock.patch.dict(sys.modules, {"torch": SimpleNamespace(Tensor=Tensor)}):
        client.log(model_id="m", features={"a": Tensor(1.5, "cpu")})
        client.log(model_id="m", embeddings={"v": Tensor([1.0, 2.0], "cpu", (2,))})
        client.log(model_id="m", features={"a": Tensor(1.5, "cuda")})
        client.log(model_id="m", features={"a": Tensor([1.5], "cpu", (1,))})
        client.log(model_id="m", embeddings={"v": Tensor([1.0], "cuda", (1,))})
        assert client.flush()
    assert dropped(client) == {"serialize": 3}
    assert server.records()[0]["features"] == {"a": 1.5}
    assert server.records()[1]["embeddings"] == {"v": [1.0, 2.0]}


def test_o07_names_become_texts(server, make):
    found = features_of(
        server, make(server.url), {1: 1, None: 2, ("a", 2): 3, Colour.RED: 4, 1.5: 5}
    )
    assert found == {"1": 1, "None": 2, "('a', 2)": 3, "red": 4, "1.5": 5}


@pytest.mark.parametrize(
    "given", [{1: 1, "1": 2}, {"a.b": 1, "a": {"b": 2}}, {object(): 1}, {(object(),): 1}]
)
def test_o07_names_that_meet_or_are_none(given, server, make):
    client = make(server.url)
    client.log(model_id="m", features=given)
    assert client.flush()
    assert dropped(client) == {"serialize": 1}


def test_features_inside_features_are_flattened(server, make):
    found = features_of(server, make(server.url), {"a": {"b": 1, "c": {"d": "x"}}, "e": 2})
    assert found == {"a.b": 1, "a.c.d": "x", "e": 2}


def _cycle():
    ring = {}
    ring["ring"] = [ring]
    return ring


def _deep(levels):
    found = {"a": 1}
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"features": _cycle()}, "too_deep"),
        ({"features": _deep(100)}, "too_deep"),
        ({"features": {f"f{place}": place for place in range(1_000_000)}}, "too_large"),
        ({"features": {"a": "x" * 100_000_000}}, "too_large"),
        ({"features": [0.0] * 1_000_000}, "too_large"),
        ({"features": np.zeros(1_000_000)}, "too_large"),
        ({"embeddings": {"a": np.zeros(20_000)}}, "too_large"),
        ({"texts": {f"t{place}": "x" * 60_000 for place in range(20)}}, "too_large"),
        ({"tags": {f"t{place}": "x" for place in range(65)}}, "too_large"),
        ({"prediction_id": "x" * 1024}, "too_large"),
    ],
    ids=lambda each: each if isinstance(each, str) else next(iter(each)),
)
def test_o08_too_deep_and_too_large(fields, reason, server, make):
    client = make(server.url)
    client.log(model_id="m", **fields)
    client.log(model_id="m", prediction_id="next")
    assert client.flush(20)
    assert dropped(client) == {reason: 1}
    assert server.ids() == ["next"]


def test_o08_a_hundred_thousand_levels(server, make):
    client = make(server.url)
    deep = {}
    for _ in range(100_000):
        deep = {"a": deep}
    client.log(model_id="m", features=deep)
    assert client.flush()
    assert dropped(client) == {"too_deep": 1}
    while deep:  # or its end would be as deep
        deep = deep["a"]


def test_o09_nothing_of_the_callers_is_called(server, make):
    client = make(server.url)
    asked = []

    class Asked:
        def __getattribute__(self, name):
            asked.append((name, threading.get_ident()))
            raise RuntimeError(name)

        def _asked(self, *_):
            asked.append(("call", threading.get_ident()))
            client.log(model_id="m")
            raise RuntimeError

        __repr__ = __str__ = __float__ = __int__ = __bool__ = __len__ = __iter__ = _asked
        __eq__ = __hash__ = __index__ = __getitem__ = __format__ = _asked

    for place in ("model_id", "prediction_id", "features", "tags", "timestamp", "prediction_score"):
        client.log(**{"model_id": "m", place: Asked()})
        client.log(model_id="m", **{"features" if place == "model_id" else place: {"a": Asked()}})
    assert client.flush()
    assert dropped(client) == {"serialize": 12}
    assert asked == []


def test_o11_a_dict_that_changes_while_it_is_copied(server, make):
    client = make(server.url)
    tries = []

    class Restless(dict):
        pass

    from tidegauge.client import snapshot

    def changed(_item):
        tries.append(1)
        raise RuntimeError("dictionary changed size during iteration")

    restless = Restless(a=1)
    with mock.patch.object(snapshot, "copy_of", changed):
        client.log(model_id="m", features=restless)
    assert client.flush()
    assert len(tries) == 3
    assert dropped(client) == {"serialize": 1}


def test_o11_a_dict_that_another_thread_changes(server, make):
    client = make(server.url, max_records=100_000)
    shared, going = {"a": 1}, threading.Event()

    def change():
        place = 0
        while not going.is_set():
            shared[f"f{place % 50}"] = place
            shared.pop(f"f{(place + 25) % 50}", None)
            place += 1

    changing = threading.Thread(target=change)
    changing.start()
    for _ in range(2_000):
        client.log(model_id="m", features=shared)
    going.set()
    changing.join()
    assert client.flush(20)
    balance(client.stats())
    assert client.stats().acked + client.stats().dropped.get("serialize", 0) == 2_000


def test_o15_ids(server, make):
    client = make(server.url)
    told = [
        client.log(model_id="m", prediction_id=each)
        for each in (7, uuid.UUID(int=7), np.int64(8), None, "")
    ]
    assert client.flush()
    assert told[:3] == ["7", str(uuid.UUID(int=7)), "8"]
    assert server.ids() == told
    assert client.log(model_id="m", prediction_id=10**5_000) == ""
    assert client.log(model_id="m", prediction_id=1.5j) == ""
    assert client.flush()
    assert sum(dropped(client).values()) == 2


def test_o16_from_a_finalizer_a_signal_and_after_the_end(server, make):
    client = make(server.url)

    class Last:
        def __del__(self):
            client.log(model_id="m", prediction_id="finalizer")

    Last()
    gc.collect()
    before = signal.signal(
        signal.SIGUSR1, lambda *_: client.log(model_id="m", prediction_id="signal")
    )
    signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)
    assert client.close()
    assert sorted(server.ids()) == ["finalizer", "signal"]
    client.log(model_id="m")
    client.log_batch([{"a": 1}] * 3, model_id="m")
    assert client.flush(0)
    assert client.close()
    assert dropped(client) == {"shutdown": 4}


@pytest.mark.parametrize("scenario", ["small_stack", "subinterpreter"])
def test_o17_in_odd_places(scenario, server):
    child(scenario, server.url)


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("", "k", "no url"),
        ("localhost:8712", "k", "must look like"),
        ("ftp://host", "k", "must look like"),
        ("http://[::1", "k", "cannot be read"),
        ("http://host:port", "k", "cannot be read"),
        ("http://user:pass@host", "k", "given apart"),
        ("http://example.com", "k", "in the clear"),
        ("http://93.184.216.34", "k", "in the clear"),
        ("http://localhost", None, "no api_key"),
        ("http://localhost", "a\nb", "no key has"),
        ("http://localhost", "ä", "no key has"),
        (7, "k", "no url"),
    ],
)
def test_o18_an_address_or_a_key_that_cannot_be(url, key, said, words, monkeypatch):
    monkeypatch.delenv("TIDEGAUGE_API_KEY", raising=False)
    with pytest.raises(ValueError, match=said):
        Client(url, key, strict=True)
    client = Client(url, key)
    client.log(model_id="m")
    assert dropped(client) == {"shutdown": 1}
    assert len(words()) == 1
    assert said in words()[0]
    client.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/path",
        "http://tidegauge:8712",
        "http://10.1.2.3",
        "http://[::1]:80",
        "http://api.monitoring.svc.cluster.local",
        "http://127.0.0.1:9",
    ],
)
def test_o18_addresses_that_are_fine(url):
    Client(url, "key", strict=True).close(timeout=0)
    Client("http://example.com", "key", strict=True, allow_http=True).close(timeout=0)


@pytest.mark.parametrize(
    "options",
    [
        {"flush_interval": 0.001},
        {"flush_interval": 31},
        {"flush_interval": "1"},
        {"batch_rows": 0},
        {"max_bytes": 1},
        {"compression": "gzip"},
        {"sample": 0},
        {"sample": 2},
        {"sample": "half"},
        {"pii": {"email": "hide"}},
        {"pii": {"email": "hash"}},
        {"pii": {"*_id": "drop"}},
        {"colour": "red"},
    ],
)
def test_o18_options_that_cannot_be(options, words):
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ
        Client("http://localhost", "key", strict=True, **options)
    Client("http://localhost", "key", **options).close()
    assert len(words()) == 1


@pytest.mark.parametrize("mood", ["garbage", "301", "truncated", "huge", "noise", "500", "503"])
def test_o19_an_answer_that_says_nothing_is_asked_for_again(mood, server, make):
    server.first.append(mood)
    server.retry_after = "0"
    with mock.patch.object(backoff, "CAP", 0.01):
        client = make(server.url, timeout=3)
        client.log(model_id="m", prediction_id="p")
        assert client.flush(10)
    stats = client.stats()
    assert (stats.acked, stats.retries) == (1, 1)
    first, second = server.requests
    assert first.batch_id == second.batch_id
    assert first.body == second.body
    if mood == "huge":
        assert server.huge < 50_000_000


@pytest.mark.parametrize("mood", ["silent", "drip"])
def test_o19_an_answer_that_takes_too_long(mood, server, make):
    server.first.append(mood)
    with mock.patch.object(backoff, "CAP", 0.01):
        client = make(server.url, timeout=0.3)
        client.log(model_id="m")
        assert client.flush(10)
    assert client.stats().retries == 1


def test_o19_tls_that_is_none(server, make):
    server.mood = "tls"
    client = make(https(server.url), timeout=1)
    client.log(model_id="m")
    wait_for(lambda: client.stats().last_error)
    assert not client.flush(0)
    assert client.stats().queued == 1


@pytest.mark.parametrize("mood", ["400", "401", "403", "404", "409", "415", "418"])
def test_o19_a_refusal_is_final(mood, server, make):
    server.first.append(mood)
    client = make(server.url)
    client.log(model_id="m")
    assert client.flush()
    assert dropped(client) == {"rejected": 1}
    assert mood in client.stats().last_error
    assert len(server.requests) == 1


def test_o19_a_batch_that_is_too_large_is_halved(server, make):
    server.mood = "413"
    client = make(server.url, flush_interval=0.3)
    told = [client.log(model_id="m") for _ in range(75)]
    assert client.flush(10)
    assert server.ids() == told
    assert client.stats().acked == 75
    assert len({each.batch_id for each in server.requests}) == len(server.requests)


def test_o19_a_record_that_is_too_large_goes_alone(server, make):
    server.mood, server.max_rows = "413", 0
    client = make(server.url, flush_interval=0.3)
    for _ in range(4):
        client.log(model_id="m")
    assert client.flush(10)
    assert dropped(client) == {"too_large": 4}


def test_o20_one_record_is_rejected(server, make):
    heard = []
    server.reject = lambda record: record["features"]["a"] == 1
    client = make(server.url, flush_interval=0.2, on_delivery=heard.append)
    for place in range(3):
        client.log(model_id="m", prediction_id=f"p{place}", features={"a": place})
    assert client.flush()
    stats = client.stats()
    assert (stats.acked, stats.rejected) == (2, 1)
    client.close()
    (delivery,) = heard
    assert delivery.prediction_ids == ("p0", "p1", "p2")
    assert delivery.acked == 2
    (rejection,) = delivery.rejections
    assert (rejection.prediction_id, rejection.code) == ("p1", "wrong-type")


def test_o20_nothing_of_a_batch_is_taken(server, make):
    server.mood = "422"
    client = make(server.url)
    client.log(model_id="m")
    assert client.flush()
    assert client.stats().rejected == 1
    balance(client.stats())


def test_o21_a_callback_that_raises(server, make, words):
    client = make(server.url, on_delivery=lambda _: 1 / 0)
    client.log(model_id="m")
    assert client.flush()
    client.close()
    until = time.monotonic() + 5
    while client.stats().callback_failures < 1 and time.monotonic() < until:
        time.sleep(0.002)
    assert client.stats().acked == 1
    assert client.stats().callback_failures == 1
    assert any("ZeroDivisionError" in each for each in words())


def test_o21_a_callback_that_blocks(server, make):
    release = threading.Event()
    client = make(
        server.url, on_delivery=lambda _: release.wait(20), batch_rows=1, flush_interval=0.01
    )
    with mock.patch("tidegauge.client.delivery._WAITING", 5):
        for _ in range(30):
            client.log(model_id="m")
        assert client.flush(10)
    assert client.stats().acked == 30
    assert client.stats().callback_failures >= 20
    release.set()


def test_o21_dropped_records_are_told_too(server, make):
    heard = []
    client = make(server.url, on_delivery=heard.append)
    client.log(model_id="m", prediction_id="p", features={"a": object()})
    assert client.flush()
    client.close()
    assert [(each.prediction_ids, each.dropped) for each in heard] == [(("p",), "serialize")]


def test_o25_flush_always_answers(server, make):
    heard = []
    client = make(server.url, on_delivery=lambda _: heard.append(client.flush(0.5)))
    assert client.flush(0)
    client.log(model_id="m")
    assert client.flush(None)
    client.close()
    assert heard == [True]
    server.mood = "silent"
    client = make(server.url, timeout=5)
    client.log(model_id="m")
    assert not client.flush(0)
    assert not client.flush(-1)


def test_o25_flush_from_the_clients_own_thread(server, make):
    heard = []

    class Handler(logging.Handler):
        def emit(self, _record):
            heard.append(client.flush(5))
            client.log(model_id="m")

    handler = Handler()
    logging.getLogger("tidegauge").addHandler(handler)
    client = make(server.url)
    try:
        client.log(model_id="m", typo=1)
        assert client.flush()
    finally:
        logging.getLogger("tidegauge").removeHandler(handler)
    assert heard == [False]
    assert client.flush()
    assert client.stats().acked == 1


def test_a_server_that_was_gone_for_a_day_is_given_up(make):
    client = make(closed_port())
    with (
        mock.patch.object(backoff, "CAP", 0.01),
        mock.patch("tidegauge.client.sender.GIVE_UP", 0.05),
    ):
        client.log(model_id="m")
        assert client.flush(10)
    assert dropped(client) == {"network_give_up": 1}


def test_a_server_that_said_wait_for_a_day_is_given_up(server, make):
    server.mood, server.retry_after = "429", "0"
    client = make(server.url)
    with (
        mock.patch.object(backoff, "CAP", 0.01),
        mock.patch("tidegauge.client.sender.GIVE_UP", 0.05),
    ):
        client.log(model_id="m")
        assert client.flush(10)
    assert dropped(client) == {"rate_limited": 1}


def test_a_number_too_large_for_a_column_costs_its_own_record_only(server, make):
    client = make(server.url, flush_interval=0.2)
    for value in (1, 2**64, -(2**63) - 1, 10**400, 2):
        client.log(model_id="m", features={"a": value})
        client.log(model_id="m", prediction_score=value)
    assert client.flush()
    assert dropped(client) == {"invalid": 6}
    assert client.stats().acked == 4


def test_a_fault_of_ours_costs_no_more_than_it_must(server, make):
    client = make(server.url)
    with mock.patch("tidegauge.client.packer.Packer._fitted", side_effect=SystemExit):
        client.log(model_id="m")
        assert client.flush()
    client.log(model_id="m")
    assert client.flush()
    assert dropped(client) == {"serialize": 1}
    assert client.stats().acked == 1


def test_a_batch_that_the_server_fails_at_does_not_hold_up_the_others(server, make):
    server.fails = lambda record: record["model_id"] == "poison"
    with mock.patch.object(backoff, "CAP", 0.01):
        client = make(server.url, flush_interval=0.05)
        for model in ("poison", "a", "b"):
            client.log(model_id=model)
        wait_for(lambda: client.stats().acked == 2)
        assert not client.flush(0)
        assert {each["model_id"] for each in server.records()} == {"a", "b"}
        assert client.stats().queued == 1
        server.fails = None
        assert client.flush()
    assert client.stats().acked == 3


def test_a_piece_of_a_frame_weighs_what_it_weighs(server, make):
    client = make(server.url)
    client._worker.buffer.start = lambda: None
    frame = pd.DataFrame({f"f{place}": range(10_000) for place in range(20)})
    assert client.log_batch(frame, model_id="m") == 10_000
    client._worker.buffer.start = client._worker.start
    assert client.flush(20)
    assert client.stats().acked == 10_000


def test_no_thread_can_be_started(server, make):
    client = make(server.url)
    with mock.patch("_thread.start_new_thread", side_effect=RuntimeError("can't start new thread")):
        client.log(model_id="m")
        assert not client.flush(0.05)
        assert client.close()
    assert len(server.records()) == 1
