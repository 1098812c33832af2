"""`tidegauge worker --jobs`: the runner of jobs, on its owner's machine."""

import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import typer

from tidegauge.cli.api import connect
from tidegauge.errors import InputError

GROUP: Final = "tidegauge.trainers"
"""Of entry points: what a policy's target `python:NAME` names."""


def take(
    config: Path | None,
    told: Sequence[str],
    functions: Sequence[str],
    name: str,
    prune: Path | None,
    url: str,
    api_key: str,
) -> None:
    from tidegauge import config as configuring  # noqa: PLC0415 - `--help` needs none
    from tidegauge import telemetry  # noqa: PLC0415 - as above
    from tidegauge.runner import offspring  # noqa: PLC0415 - as above
    from tidegauge.runner.loop import Runner  # noqa: PLC0415 - as above
    from tidegauge.runner.prune import Pruner  # noqa: PLC0415 - as above
    from tidegauge.runner.server import Server  # noqa: PLC0415 - as above

    loaded = configuring.load(config)
    telemetry.start(loaded.logging)
    commands = {
        **_trainers({each.name: each.name for each in entry_points(group=GROUP)}),
        **_commands(loaded.jobs.commands),
        **_trainers(loaded.jobs.functions),
        **_commands(_pairs(told, 'train="python train.py"')),
        **_trainers(_pairs(functions, "fraud=our_package.train:train")),
    }
    if not commands:
        raise InputError(
            'there is nothing to run: --command train="python train.py", --python'
            " fraud=our_package.train:train, `jobs` in the configuration, or a package with an"
            f" entry point in {GROUP}"
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: threading.Thread(target=stop.set).start())
    with connect(url, api_key) as http:
        # For what is run, which fetches its rows and tells its answers.
        os.environ["TIDEGAUGE_URL"] = str(http.base_url)
        if api_key:
            os.environ["TIDEGAUGE_API_KEY"] = api_key
        http.base_url = http.base_url.join("/api/v1/")
        typer.echo(f"Jobs of {http.base_url} for {', '.join(sorted(commands))}")
        server = Server(http)
        if prune is not None:
            # It may be cut off anywhere: nobody waits for it at the end.
            pruner = Pruner(server, prune, typer.echo)
            threading.Thread(target=pruner.daily, args=(stop,), daemon=True).start()
        offspring.adopt()
        named = name or socket.gethostname()
        Runner(server, named, commands, typer.echo, offspring.end_all).run(stop)


def _pairs(told: Sequence[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in told:
        name, is_one, command = each.partition("=")
        if not is_one or not name or not command.strip():
            raise InputError(f"{each!r} says nothing that could be run: {example}")
        found[name] = command
    return found


def _commands(told: Mapping[str, str]) -> dict[str, Sequence[str]]:
    return {f"command:{name}": shlex.split(command) for name, command in told.items()}


def _trainers(functions: Mapping[str, str]) -> dict[str, Sequence[str]]:
    return {
        f"python:{name}": [sys.executable, "-m", "tidegauge.runner.trainer", function]
        for name, function in functions.items()
    }
