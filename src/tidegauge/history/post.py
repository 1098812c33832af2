"""One batch to a server that may be busy, or gone for a moment."""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from tidegauge.arrow import Table
from tidegauge.record.columns import to_stream

_PATIENCE: Final = 120.0
_LONGEST: Final = 10.0
_BUSY: Final = frozenset({429, 503, 507})


def posted(http: httpx.Client, kind: str, table: Table, batch_id: str) -> httpx.Response:
    """The answer to rows of the past, once the server has the time and is there.

    They count once, however often they are sent under the id; httpx.TransportError when the
    server has not come back.
    """
    query = {"batch_id": batch_id}
    if kind == "predictions":
        query["history"] = "true"
    body = to_stream(table, "lz4")
    headers = {"Content-Type": "application/vnd.apache.arrow.stream"}
    end = time.monotonic() + _PATIENCE
    pause = 0.2
    while True:
        try:
            answer = http.post(f"/api/v1/{kind}", params=query, content=body, headers=headers)
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
        else:
            if answer.status_code not in _BUSY or time.monotonic() > end:
                return answer
            told = answer.headers.get("Retry-After", "")
            pause = float(told) if told.isdigit() else pause
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST)


def told_by(answer: httpx.Response) -> Mapping[str, Any]:
    """The object that it holds; nothing where it holds none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def reason_of(answer: httpx.Response) -> str:
    """Why it was refused, in words."""
    return told_by(answer).get("detail") or answer.text[:200] or answer.reason_phrase
