"""A running server, as the commands talk to it."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegauge.errors import AnswerError

if TYPE_CHECKING:
    import httpx

URL = Annotated[str, typer.Option(help="The server; else TIDEGAUGE_URL, http://127.0.0.1:8712.")]
KEY = Annotated[str, typer.Option(help="Else TIDEGAUGE_API_KEY.")]
MODEL = Annotated[str, typer.Argument(help="The model_id.")]
START = Annotated[str, typer.Option(help="From this time on, such as 2026-11-01T00:00Z.")]
END = Annotated[str, typer.Option(help="And before this one.")]
JSON = Annotated[bool, typer.Option("--json", help="As the API gives it.")]


def connect(url: str, api_key: str) -> "httpx.Client":
    import httpx  # noqa: PLC0415 - `--help` needs none

    base = url or os.environ.get("TIDEGAUGE_URL", "http://127.0.0.1:8712")
    key = api_key or os.environ.get("TIDEGAUGE_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=base, headers=headers, timeout=60)


def get(http: "httpx.Client", path: str, **query: str | int | None) -> dict[str, Any]:
    return answered(http, path, **query).json()


def answered(http: "httpx.Client", path: str, **query: str | int | None) -> "httpx.Response":
    """The answer to a question, or what the server said instead."""
    import httpx  # noqa: PLC0415 - as above

    told = {name: value for name, value in query.items() if value not in {None, ""}}
    try:
        answer = http.get(path, params=told)
    except httpx.TransportError as error:
        raise unreachable(http, error) from error
    checked(answer)
    return answer


def asked(
    url: str, api_key: str, path: str, *, as_json: bool, **query: str | int | None
) -> dict[str, Any] | None:
    """The answer; None where it was printed as it is."""
    with connect(url, api_key) as http:
        found = get(http, path, **query)
    if as_json:
        import json  # noqa: PLC0415 - `--help` needs none

        typer.echo(json.dumps(found, indent=1))
        return None
    return found


def unreachable(http: "httpx.Client", error: Exception) -> AnswerError:
    return AnswerError(
        f"{str(http.base_url).rstrip('/')} cannot be reached ({error});"
        " start it with `tidegauge serve`, or name another with --url"
    )


def checked(answer: "httpx.Response") -> None:
    if answer.is_success:
        return
    try:
        detail = answer.json().get("detail", "")
    except ValueError:
        detail = answer.text[:200]
    hint = "; give --api-key or TIDEGAUGE_API_KEY" if answer.status_code == 401 else ""
    words = f"the server answered {answer.status_code}: {detail}{hint}"
    raise AnswerError(words, status=answer.status_code)
