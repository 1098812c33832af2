"""A server as programs steer it: who is told of what, how much, and what is watched.

Unlike `Client`, which never fails the program that logs, it waits for the answer and raises.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import quote
from zlib import crc32

import httpx

from tidegauge.client.settings import place_of
from tidegauge.errors import AnswerError, InputError
from tidegauge.version import VERSION

_TRIES: Final = 5
_STALE: Final = 412
_ODD: Final = re.compile(r"[^A-Za-z0-9._ -]")
_LONGEST: Final = 100


class Server:
    """A running server, with a key of the role that each step asks for: channels and escalations
    are set by `admin`, the rest by `write`.

    InputError says what is wrong with what was asked, AnswerError that it was not done.  Each step
    can be done again: it sets what it says, and adds nothing twice.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        allow_http: bool = False,
    ) -> None:
        base, key = place_of(url, api_key, allow_http=allow_http)
        headers = {"Authorization": f"Bearer {key}", "User-Agent": f"tidegauge-server/{VERSION}"}
        self._url = base.rstrip("/")
        self._http = httpx.Client(base_url=f"{self._url}/api/v1/", headers=headers, timeout=timeout)

    def run_monitoring_cycle(self, model: str) -> dict[str, Any]:
        """Judge the latest whole minute of a model now: what each monitor reads in it.

        Nothing of it is kept and nobody is told; the server itself does so each minute.
        """
        return self._ask("POST", "models", model, "monitor", "run").json()

    def register_alert_channel(self, name: str, channel: Mapping[str, Any]) -> dict[str, Any]:
        """Make a channel, or say it anew: `kind`, what the kind needs, and whom it tells what.

        What signs a webhook is in `made_secrets` of the answer, the one time that it is made.
        """
        return self._ask("PUT", "channels", name, body=channel).json()

    def add_suppression_rule(
        self,
        alert_type: str | None,
        severity: str | None,
        max_alerts: int,
        window_seconds: int,
        *,
        channels: Iterable[str] | None = None,
    ) -> list[str]:
        """Tell at most so many notices in a window of one type of alert (the family: `drift`) and
        severity; None is all.  What is more joins a digest.

        It is added to the channels that are named, else to each that is there now: their names.
        """
        rule = {
            "alert_type": alert_type,
            "severity": severity,
            "max_alerts": max_alerts,
            "window_seconds": window_seconds,
        }
        if channels is None:
            names = [str(each["name"]) for each in self._ask("GET", "channels").json()]
        else:
            names = [channels] if isinstance(channels, str) else list(channels)
        if not names:
            raise InputError("a rule stands on a channel, and there is none: register one first")
        for name in names:
            self._add_rule(name, rule)
        return names

    def add_escalation_rule(
        self,
        alert_type: str | None,
        levels: Sequence[Mapping[str, Any]],
        *,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Say who is told next where nobody answers: levels of `after_minutes`, `channels` and
        `severity`.  A type of alert (the family: `drift`) has one such ladder; that of None is for
        all types without one.
        """
        document = {
            "matchers": [] if alert_type is None else [f"family={alert_type}"],
            "levels": [dict(each) for each in levels],
        }
        # Of those that match, the server takes the first by name.
        usual = "types without one" if alert_type is None else f"type {alert_type}"
        return self._ask("PUT", "escalations", name or usual, body=document).json()

    def resolve_alert(self, incident_id: str, reason: str = "by hand") -> dict[str, Any]:
        """Say that it is over.  What still goes on speaks again after a while.

        An alert has the `incident_id` of the one that it belongs to; all of that is resolved.
        """
        return self._ask(
            "POST", "incidents", incident_id, "resolve", body={"reason": reason}
        ).json()

    def set_alert_threshold(
        self,
        metric_name: str,
        threshold_type: Literal["max", "min"],
        threshold_value: float,
        severity: str = "warning",
        *,
        model: str = "*",
        column: str | None = None,
    ) -> dict[str, Any]:
        """Hold a number against a limit, on the models that match: the monitor that does so.

        Each severity has a limit of its own: `max` 100 as a warning, 250 as critical.
        """
        if threshold_type not in ("max", "min"):
            raise InputError(f"threshold_type must be 'max' or 'min', is {threshold_type!r}")
        of = f" of {column}" if column else ""
        on = "" if model == "*" else f" on {model}"
        name = _name(f"{metric_name}{of} {threshold_type} {severity.lower()}{on}")
        document = {
            "name": name,
            "kind": "metric",
            "models": model,
            "metric": metric_name,
            "conditions": [{threshold_type: threshold_value, "severity": severity}],
        }
        if column:
            document["column"] = column
        answer = self._send("PUT", "monitors", name, body=document, etag="*")
        if answer.status_code == 404:
            answer = self._send("POST", "monitors", body=document)
        return self._checked(answer).json()

    def register_retraining_callback(
        self, model: str, target: str, **policy: object
    ) -> dict[str, Any]:
        """Say who trains the models that match: `command:NAME` and `python:NAME` are what a
        `tidegauge worker --jobs` of yours has, `webhook:CHANNEL` is told.  More of the policy by
        its fields, as `detections` or `parameters`.  No code goes to the server.
        """
        kind, is_one, name = target.partition(":")
        if not is_one or kind not in ("command", "python", "webhook"):
            raise InputError(
                f"target {target!r} is none: command:NAME, python:NAME, webhook:CHANNEL"
            )
        own = {"kind": kind, ("channel" if kind == "webhook" else "name"): name}
        document = {"models": model, "target": own, **policy}
        return self._ask(
            "PUT", "retraining", "policies", _name(f"train {model}"), body=document
        ).json()

    def schedule_manual_retraining(
        self,
        model: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        policy: str | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        force: bool = False,
    ) -> str:
        """Ask for a job now: its job_id.  Who trains takes it from the queue; `force` is for
        admins, and passes by what else would hold it back.
        """
        wanted = {
            "model_id": model,
            "parameters": dict(parameters or {}),
            "policy": policy,
            "priority": priority,
            "force": force,
        }
        return str(self._ask("POST", "retraining", "manual", body=wanted).json()["job_id"])

    def retraining_job(self, job_id: str) -> dict[str, Any]:
        """How it stands: `state`, `progress`, what it has proved, and whether it serves."""
        return self._ask("GET", "retraining", "jobs", job_id).json()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _add_rule(self, channel: str, rule: Mapping[str, Any]) -> None:
        for _try in range(_TRIES):
            there = self._ask("GET", "channels", channel)
            # Its secrets come masked, and a mask that is sent back stands for the secret.
            document = there.json()["document"]
            document["suppression"] = [*document.get("suppression", []), rule]
            etag = there.headers["ETag"]
            answer = self._send("PUT", "channels", channel, body=document, etag=etag)
            if answer.status_code != _STALE:
                self._checked(answer)
                return
        raise AnswerError(f"the channel {channel!r} is changed all the time: try again")

    def _ask(
        self, method: str, *path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        return self._checked(self._send(method, *path, body=body))

    def _send(
        self,
        method: str,
        *path: str,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
    ) -> httpx.Response:
        place = "/".join(quote(each, safe="") for each in path)
        headers = {} if etag is None else {"If-Match": etag}
        try:
            return self._http.request(method, place, json=body, headers=headers)
        except httpx.TransportError as error:
            words = str(error) or type(error).__name__
            raise AnswerError(
                f"{self._url} cannot be reached ({words}): is it running, and is that its address?"
            ) from error

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        told = _problem(answer)
        detail = told.get("detail") or answer.reason_phrase
        faults = [f"{each['pointer']}: {each['detail']}" for each in told.get("errors", ())]
        words = "; ".join([str(detail), *faults])
        if answer.status_code == 422:
            raise InputError(words)
        raise AnswerError(
            f"{self._url} answered {answer.status_code}: {words}", status=answer.status_code
        )


def _name(text: str) -> str:
    """As a monitor may be called; what is left out of it still tells two apart."""
    name = _ODD.sub("-", text)[:_LONGEST]
    return name if name == text else f"{name} {crc32(text.encode()):08x}"


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    """What the server says of it; nothing where a proxy answers."""
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return {}
    return answer.json()
