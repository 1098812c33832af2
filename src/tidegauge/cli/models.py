"""`tidegauge models` and `tidegauge export`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tidegauge.cli.api import KEY, URL, checked, connect, get, unreachable
from tidegauge.failpoint import hit

_BARS = " ▁▂▃▄▅▆▇█"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def models(
    *,
    search: Annotated[str, typer.Option(help="A part of the name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As the API gives it.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """The models that a server knows: what they are doing, and when they were last seen."""
    import json  # noqa: PLC0415 - `--help` needs none

    from rich.table import Table  # noqa: PLC0415 - as above

    found: list[dict[str, Any]] = []
    cursor = ""
    with connect(url, api_key) as http:
        while True:
            page = get(http, "/api/v1/models", search=search, cursor=cursor)
            found += page["models"]
            cursor = page["next"]
            if not cursor:
                break
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    console = Console()
    if not found:
        console.print("No models yet: they are known with their first prediction.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("model", "task", "state", "predictions", "last seen", "24 hours", "owner"):
        # The names are what people look for; an owner may be cut.
        table.add_column(
            column,
            justify="right" if column == "predictions" else "left",
            no_wrap=column != "owner",
        )
    for each in found:
        table.add_row(
            each["model_id"],
            each["task"] or "",
            each["state"],
            f"{each['rows']:,}",
            _ago(each["last_seen"]),
            spark(each["rate_24h"]),
            each["owner"] or "",
        )
    console.print(table)


def spark(values: Sequence[int]) -> str:
    """As a line of bars, the largest the highest.

    >>> spark([0, 1, 2, 4])
    ' ▂▄█'
    """
    top = max(values, default=0) or 1
    # What is there at all is seen.
    return "".join(_BARS[-(-value * (len(_BARS) - 1) // top)] for value in values)


def _ago(moment: str | None) -> str:
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    for limit, unit, name in ((_HOUR, _MINUTE, "min"), (_DAY, _HOUR, "h")):
        if seconds < limit:
            return f"{max(seconds, 0) / unit:.0f} {name} ago"
    return f"{seconds / _DAY:.0f} days ago"


def export(
    model: Annotated[str, typer.Argument(help="The model_id.")],
    target: Annotated[Path, typer.Argument(help="The file: .parquet, .csv or .json (lines).")],
    *,
    kind: Annotated[str, typer.Option(help="predictions, labels, feedback, ...")] = "predictions",
    start: Annotated[str, typer.Option(help="From this time on, such as 2026-11-01T00:00Z.")] = "",
    end: Annotated[str, typer.Option(help="And before this one.")] = "",
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Write the rows of a model to a file, for work elsewhere."""
    import httpx  # noqa: PLC0415 - `--help` needs none
    from rich.progress import DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - as above

    from tidegauge.errors import InputError  # noqa: PLC0415 - as above

    forms = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".ndjson": "json"}
    if target.suffix not in forms:
        raise InputError(f"{target}: take a name that ends with .parquet, .csv or .json")
    query = {
        "model_id": model,
        "kind": kind,
        "format": forms[target.suffix],
        **({"start_time": start} if start else {}),
        **({"end_time": end} if end else {}),
    }
    draft = target.with_name(f".{target.name}.draft")
    with (
        connect(url, api_key) as http,
        Progress(TextColumn("{task.description}"), DownloadColumn(), console=Console()) as bar,
    ):
        task = bar.add_task(str(target))
        try:
            with http.stream("GET", "/api/v1/export", params=query) as answer:
                if not answer.is_success:
                    answer.read()
                checked(answer)
                with draft.open("wb") as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
                        bar.advance(task, len(piece))
        except httpx.TransportError as error:
            draft.unlink(missing_ok=True)
            raise unreachable(http, error) from error
    hit("export.before-rename")
    draft.replace(target)
