"""`tidegauge web` and `tidegauge check-config`."""

from pathlib import Path
from typing import Annotated

import typer

_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The file; else TIDEGAUGE_CONFIG, tidegauge.yaml."),
]


def web(
    *,
    config: _CONFIG = None,
    data: Annotated[Path | None, typer.Option(help="The directory that holds everything.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")
    ] = None,
    dev: Annotated[
        bool, typer.Option("--dev", help="Let everybody on this machine in, without a key.")
    ] = False,
    allow_clock: Annotated[
        bool, typer.Option("--allow-clock", help="Start even if the clock looks wrong.")
    ] = False,
) -> None:
    """Accept predictions, labels and feedback, and keep them durably."""
    from tidegauge import config as configuring  # noqa: PLC0415 - `--help` needs none
    from tidegauge import telemetry  # noqa: PLC0415 - as above
    from tidegauge.web.server import serve  # noqa: PLC0415 - as above

    wanted = {"host": host, "port": port}
    loaded = configuring.load(config)
    told = {name: value for name, value in wanted.items() if value is not None}
    loaded = loaded.model_copy(
        update={"web": loaded.web.model_copy(update=told), "data": data or loaded.data}
    )
    telemetry.start(loaded.logging)
    serve(loaded, dev=dev, allow_clock=allow_clock, say=typer.echo)


def check_config(*, config: _CONFIG = None) -> None:
    """Read the configuration, and say what is wrong with it or what holds."""
    import yaml  # noqa: PLC0415 - slow to load, and seldom needed

    from tidegauge import config as configuring  # noqa: PLC0415 - as above

    loaded = configuring.load(config)
    typer.echo(yaml.safe_dump(loaded.model_dump(mode="json"), sort_keys=False), nl=False)
