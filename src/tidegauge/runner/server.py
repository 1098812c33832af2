"""What a runner says to the server, and hears."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tidegauge.errors import TidegaugeError


class LostError(TidegaugeError):
    """The job is not ours any more, or what is asked for may not be: stop."""


class AwayError(TidegaugeError):
    """The server cannot be asked just now."""


@dataclass(frozen=True)
class Server:
    http: httpx.Client
    """With the address of the API, and a key that may write."""

    def claim(self, runner: str, targets: Sequence[str]) -> dict[str, Any] | None:
        with _away():
            told = {"runner": runner, "targets": list(targets)}
            answer = self.http.post("retraining/claim", json=told)
        return _read(answer) if answer.content else None

    def say(self, job: Mapping[str, Any], **told: object) -> dict[str, Any]:
        with _away():
            words = {"token": job["token"], **told}
            answer = self.http.post(f"retraining/jobs/{job['job_id']}/status", json=words)
        return _read(answer)

    def artifacts(self) -> list[dict[str, Any]]:
        """All references to files that are not gone."""
        found: list[dict[str, Any]] = []
        query: dict[str, str | int] = {"limit": 1000}
        while True:
            with _away():
                page = _read(self.http.get("artifacts", params=query))
            found += page["artifacts"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    def remove(self, artifact: Mapping[str, Any]) -> None:
        """It is about to be deleted; LostError where it is in use."""
        with _away():
            _read(self.http.post(f"{_path(artifact)}/remove"))

    def gone(self, artifact: Mapping[str, Any]) -> None:
        with _away():
            _read(self.http.delete(_path(artifact)))


def _path(artifact: Mapping[str, Any]) -> str:
    model, version = (quote(artifact[name], safe="") for name in ("model_id", "version"))
    return f"models/{model}/artifacts/{version}"


@contextmanager
def _away() -> Generator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise AwayError(str(error) or type(error).__name__) from error


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
        raise LostError(_detail(answer))
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code == 429:
        raise AwayError(_detail(answer))
    if not answer.is_success:
        raise TidegaugeError(_detail(answer))
    return answer.json()


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the server answers {answer.status_code}"
