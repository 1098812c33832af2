"""Monitors' files, read for a command; and what a server says to them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import checked, unreachable
from tidegauge.errors import InputError

if TYPE_CHECKING:
    import httpx

    from tidegauge.monitor.union import Monitor
    from tidegauge.retrain.file import Files

FAILED = 1


def read_monitors(paths: Sequence[Path]) -> "list[Monitor]":
    """Of files, whatever else they hold."""
    return read(paths).monitors


def read(paths: Sequence[Path]) -> "Files":
    """What is wrong is told line by line."""
    from tidegauge.monitor.faults import FaultsError  # noqa: PLC0415 - `--help` needs none of it
    from tidegauge.monitor.faults import checked as fit  # noqa: PLC0415
    from tidegauge.retrain.file import Files, read_files  # noqa: PLC0415 - `--help` needs none

    faults: list[str] = []
    found = Files([], None)
    try:
        found = read_files(paths)
    except InputError as error:
        faults += str(error).splitlines()
    for each in found.monitors:
        try:
            fit(each.model_dump())
        except FaultsError as error:
            faults += [f"monitor {each.name!r}: {line}" for line in str(error).splitlines()]
    if faults:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        for fault in faults:
            console.print(Text(fault))
        console.print(Text(many(len(faults), "fault"), "bold red"))
        raise typer.Exit(FAILED)
    return found


def documents(monitors: "Sequence[Monitor]") -> list[dict[str, Any]]:
    from tidegauge.monitor.faults import document_of  # noqa: PLC0415 - as above

    return [document_of(each) for each in monitors]


def sent(
    http: "httpx.Client",
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str | int | list[str]] | None = None,
) -> "httpx.Response":
    import httpx  # noqa: PLC0415 - `--help` needs none

    try:
        answer = http.request(method, path, json=body, headers=headers, params=query)
    except httpx.TransportError as error:
        raise unreachable(http, error) from error
    if answer.status_code == 422:
        told = answer.json()
        lines = [f"{each['pointer']}: {each['detail']}" for each in told.get("errors", ())]
        raise InputError("\n".join([told["detail"], *lines]))
    checked(answer)
    return answer


def many(count: int, name: str, names: str = "") -> str:
    return f"{count} {name if count == 1 else names or name + 's'}"
