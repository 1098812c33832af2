"""A deliberate bug for each promise, which its test must notice.  The product holds none."""

import atexit
import contextlib
import threading
import time
from collections import deque
from unittest import mock

from tidegauge.client import backoff, books, buffer, quiet
from tidegauge.client import exit as leaving
from tidegauge.client import sender as senders
from tidegauge.record.identity import new_id

_PUT = buffer.Buffer.put
_RESET = buffer.Buffer.reset


class LossyTally:
    """`n += 1`, as one would write it first."""

    def __init__(self):
        self.number = 0

    def one(self):
        before = self.number
        time.sleep(0)
        self.number = before + 1
        return before

    def add(self, number):
        before = self.number
        time.sleep(0)
        self.number = before + number

    def __int__(self):
        return self.number


def flush_in_the_callers_thread(self, kind, fields, number):
    done = _PUT(self, kind, fields, number)
    if len(self.items) >= 100:
        import socket

        with contextlib.suppress(OSError), socket.socket() as inline:
            inline.connect(("127.0.0.1", 9))
    return done


def put_without_a_net(self, kind, fields, number):
    for value in fields.values():
        buffer.copied(value)
    return _PUT(self, kind, fields, number)


def reset_that_keeps_the_parents(self):
    kept = getattr(self, "items", deque())
    _RESET(self)
    self.items = kept


_lock = threading.Lock()


def put_under_a_lock(self, kind, fields, number):
    with _lock:
        # A signal may come here, and calls the same.
        time.sleep(0.0005)
        return _PUT(self, kind, fields, number)


class FixedBackoff(backoff.Backoff):
    def after(self, failures, retry_after=None):
        return 0.5 if retry_after is None else 0.5 + 0 * failures


def say_everything(self, sort, words):
    self._log.warning("%s: %s", sort, words)


def post_under_a_new_id(post):
    def renamed(self, kind, batch_id, body, timeout=None):
        return post(self, kind, new_id() if batch_id else "", body, timeout)

    return renamed


def new_ids():
    from tidegauge.client import transport

    return mock.patch.object(
        transport.Transport, "post", post_under_a_new_id(transport.Transport.post)
    )


def no_exit():
    atexit.unregister(leaving._leave)
    return contextlib.nullcontext()


KEPT = []


def started_at_import():
    from tidegauge.client import Client

    KEPT.append(Client("http://localhost:9", "key"))
    KEPT[0]._worker.start()
    return contextlib.nullcontext()


def lossy_drops(self, at):
    self.number = LossyTally()
    self.told = 0
    self.first = at
    self.last = at


def _patched(owner, name, new):
    return lambda: mock.patch.object(owner, name, new)


SABOTAGES = {
    "sdk_1": _patched(buffer.Buffer, "put", flush_in_the_callers_thread),
    "sdk_2": _patched(buffer.Buffer, "put", put_without_a_net),
    "sdk_3": _patched(buffer.Buffer, "_is_over", lambda *_: False),
    "sdk_4": _patched(books._Drops, "__init__", lossy_drops),
    "sdk_5": _patched(buffer.Buffer, "reset", reset_that_keeps_the_parents),
    "sdk_6": no_exit,
    "sdk_7": _patched(senders, "Backoff", FixedBackoff),
    "sdk_8": new_ids,
    "sdk_9": _patched(buffer.Buffer, "put", put_under_a_lock),
    "sdk_10": _patched(books, "Tally", LossyTally),
    "sdk_11": _patched(quiet.Voice, "say", say_everything),
    "sdk_12": started_at_import,
    "sdk_13": _patched(buffer, "copied", lambda item, _depth=0: item),
}


def apply(name):
    """For a process of its own, where nothing need be undone."""
    if name:
        SABOTAGES[name]().__enter__()
