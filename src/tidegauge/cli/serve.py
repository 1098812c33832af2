"""`tidegauge serve` and `tidegauge worker`."""

from pathlib import Path
from typing import Annotated

import typer

from tidegauge.cli.api import KEY, URL

_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The file; else TIDEGAUGE_CONFIG, tidegauge.yaml."),
]
_DATA = Annotated[Path | None, typer.Option(help="The directory that holds everything.")]


def worker(  # noqa: PLR0913 - an option each
    *,
    config: _CONFIG = None,
    data: _DATA = None,
    jobs: Annotated[
        bool, typer.Option("--jobs", help="Take jobs of retraining from a server instead.")
    ] = False,
    command: Annotated[
        list[str] | None,
        typer.Option(help='What is run for a job: --command train="python train.py". Repeatable.'),
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(help="A function of yours: --python fraud=our_package.train:train."),
    ] = None,
    name: Annotated[str, typer.Option(help="Of this runner; else this machine's.")] = "",
    prune: Annotated[
        Path | None,
        typer.Option(help="With --jobs: once a day delete what is spare of the models in here."),
    ] = None,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Count what was accepted into windows, and keep its rows; or train models again (--jobs)."""
    if jobs:
        from tidegauge.cli.jobs import take  # noqa: PLC0415 - `--help` needs none

        take(config, command or [], python or [], name, prune, url, api_key)
        return
    from tidegauge import config as configuring  # noqa: PLC0415 - `--help` needs none
    from tidegauge import telemetry  # noqa: PLC0415 - as above
    from tidegauge.worker.process import work  # noqa: PLC0415 - as above

    loaded = configuring.load(config)
    loaded = loaded.model_copy(update={"data": data or loaded.data})
    telemetry.start(loaded.logging)
    work(loaded)


def serve(
    *,
    config: _CONFIG = None,
    data: _DATA = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")
    ] = None,
    dev: Annotated[
        bool, typer.Option("--dev", help="Let everybody on this machine in, without a key.")
    ] = False,
) -> None:
    """Run all of tidegauge on this machine: web and worker, started again when they fail."""
    from tidegauge.cli.supervisor import Role, supervise  # noqa: PLC0415 - as above

    shared = [
        *(["--config", str(config)] if config else []),
        *(["--data", str(data)] if data else []),
    ]
    web = [
        *(["--host", host] if host else []),
        *(["--port", str(port)] if port is not None else []),
        *(["--dev"] if dev else []),
    ]
    raise typer.Exit(supervise([Role("web", [*shared, *web]), Role("worker", shared)]))
