"""The server that the demo speaks to: ready, introduced to models, sent history, asked for more."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

import httpx

from tidegauge.arrow import Table
from tidegauge.client.settings import Settings
from tidegauge.demo.made import Model
from tidegauge.demo.sink import Sink
from tidegauge.errors import TidegaugeError
from tidegauge.history.post import posted, reason_of, told_by

FIRST_WEEK: Final = "first week"
# Servers that do not offer a thing yet, or keys that may not ask for it.
_NOT_OFFERED: Final = frozenset({403, 404, 405})
# A worker that has counted nothing for so long does not run, or is stuck.
_STILL: Final = 20.0
_NO_WORKER: Final = 3.0


class NoServerError(TidegaugeError):
    """Nothing answers at the address."""


class KeyRefusedError(TidegaugeError):
    """The server does not let this key in."""


class DemoFailedError(TidegaugeError):
    """The server did not take it; what it took is kept, and the next run goes on from there."""


@dataclass(frozen=True)
class Taken:
    """What became of records that were sent."""

    accepted: int = 0
    rejected: int = 0
    fault: str = ""
    """Why the first of the rejected was."""

    def __add__(self, other: Self) -> "Taken":
        return Taken(
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            self.fault or other.fault,
        )


class Server:
    def __init__(self, url: str, api_key: str = "") -> None:
        # As the client of the live traffic will: a wrong address or key is said before all else.
        Settings(url=url, api_key=api_key or "none")
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def close(self) -> None:
        self._http.close()

    def wait_until_ready(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                answer = self._http.get("/readyz", timeout=5)
                if answer.status_code == 200:
                    return
                said = f"says {answer.status_code}"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                said = f"cannot be reached ({error})"
            if time.monotonic() >= end:
                raise NoServerError(
                    f"{self.url} {said}, after {seconds:g} s. Start a server in another terminal"
                    " with `tidegauge serve --dev`, or name one with --url"
                )
            time.sleep(0.3)

    def introduce(self, model: Model) -> None:
        """Say what the model is for and which tag parts its traffic, before its first row."""
        about: dict[str, object] = {
            "model_id": model.model_id,
            "task": model.task,
            "owner": "tidegauge demo",
            "description": model.about,
            "positive_label": model.positive,
        }
        made = self._asked("POST", "/api/v1/models", about)
        if made.status_code == 401:
            raise _refused(made)
        # It is there already, or models cannot be made: then rows make them.
        if made.status_code == 201 and model.segment:
            wanted: dict[str, object] = {"segments": [model.segment]}
            self._asked("PUT", f"/api/v1/models/{model.model_id}/schema", wanted)

    def tell(self, sink: Sink) -> None:
        """Have its notices brought to us."""
        for name, document in sink.channels.items():
            answer = self._asked("PUT", f"/api/v1/channels/{name}", document)
            if not answer.is_success:
                raise DemoFailedError(f"{self.url} does not take a channel: {reason_of(answer)}")

    def retrain(self, name: str, policy: dict[str, object]) -> str:
        """Say who is trained again, and when; the version that serves, if one was trained."""
        answer = self._asked("PUT", f"/api/v1/retraining/policies/{name}", policy)
        if not answer.is_success:
            raise DemoFailedError(f"{self.url} does not take a policy: {reason_of(answer)}")
        jobs = self._asked("GET", f"/api/v1/retraining/jobs?model_id={policy['models']}")
        made = (each["rollout"] for each in told_by(jobs).get("jobs", ()))
        known = (each for each in made if each and each["state"] not in {"rolled-back", "unseen"})
        return next((str(each["version"]) for each in known), "")

    def send(self, kind: str, table: Table, batch_id: str) -> Taken:
        """Rows of the past, counted once however often they are sent under the id."""
        try:
            answer = posted(self._http, kind, table, batch_id)
        except httpx.TransportError as error:
            raise self._gone(error) from error
        told = told_by(answer)
        faults = told.get("errors") or [{}]
        fault = f"{faults[0].get('pointer', '')}: {faults[0].get('detail', '')}".strip(": ")
        if answer.status_code == 200:
            return Taken(told["accepted"] + told["duplicate"], told["rejected"], fault)
        if answer.status_code in {401, 403}:
            raise _refused(answer)
        if answer.status_code == 422 and told.get("errors"):
            return Taken(0, table.num_rows, fault)
        raise DemoFailedError(f"{self.url} answered {answer.status_code}: {reason_of(answer)}")

    def _asked(
        self, method: str, path: str, body: dict[str, object] | None = None
    ) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise self._gone(error) from error

    def _gone(self, error: httpx.TransportError) -> NoServerError:
        return NoServerError(f"{self.url} has gone ({error}); run this again to go on")

    def wait_until_counted(self, model_ids: Iterable[str], still: float = _STILL) -> bool:
        """Whether the worker has counted all that was sent, if this can be known.

        It is waited for as long as it moves within so many seconds.
        """
        for model_id in model_ids:
            least, since = None, time.monotonic()
            while True:
                answer = self._asked("GET", f"/api/v1/models/{model_id}/watermark")
                if answer.status_code != 200:
                    return False
                found = answer.json()
                waiting = found["waiting_rows"]
                if found["lag_seconds"] == 0 or (waiting == 0 and found["counted_at"]):
                    break
                now = time.monotonic()
                if least is None or waiting < least:
                    least, since = waiting, now
                if now - since >= (still if found["counted_at"] else min(still, _NO_WORKER)):
                    return False
                time.sleep(0.2)
        return True

    def refer(self, model_id: str, start: int, stop: int) -> str:
        """Have the model compared with a span of its own rows; "" or why it is not."""
        path = f"/api/v1/models/{model_id}/references"
        known = self._asked("GET", path)
        if known.status_code == 200 and any(
            each.get("name") == FIRST_WEEK for each in known.json()
        ):
            return ""
        wanted: dict[str, object] = {
            "start_time": _iso(start),
            "end_time": _iso(stop),
            "name": FIRST_WEEK,
        }
        answer = self._asked("POST", path, wanted)
        if answer.status_code in {200, 201}:
            return ""
        if answer.status_code in _NOT_OFFERED:
            return f"not offered here ({answer.status_code})"
        return str(told_by(answer).get("detail") or f"answered {answer.status_code}")


def _refused(answer: httpx.Response) -> KeyRefusedError:
    detail = told_by(answer).get("detail") or f"status {answer.status_code}"
    return KeyRefusedError(
        f"the server refuses the key ({detail}): give one that may write with --api-key or"
        " TIDEGAUGE_API_KEY, or start the server with --dev"
    )


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000, UTC).isoformat()
