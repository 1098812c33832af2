"""`tidegauge demo`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from tidegauge.demo.sink import Sink

_NO_SERVER, _KEY_REFUSED, _INTERRUPTED = 2, 3, 130


def demo(  # noqa: PLR0913 - an option each
    *,
    url: Annotated[str, typer.Option(help="The server; else TIDEGAUGE_URL.")] = "",
    api_key: Annotated[str, typer.Option(help="Else TIDEGAUGE_API_KEY.")] = "",
    days: Annotated[float, typer.Option(min=0.1, max=365, help="How much history.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other rows.")] = 1,
    back_fill_only: Annotated[
        bool, typer.Option("--back-fill-only", help="Send the history, and stop.")
    ] = False,
    live_only: Annotated[
        bool, typer.Option("--live-only", help="Send no history: go on after a pause.")
    ] = False,
    speed: Annotated[
        float, typer.Option(min=0.01, max=100, help="How many times the usual live traffic.")
    ] = 1,
    serve: Annotated[
        Path | None,
        typer.Option("--serve", help="Start a server on this directory too, and end it at last."),
    ] = None,
) -> None:
    """Fill a running server with seven models, with faults to be found, and go on live.

    It speaks to the server over HTTP as any program would.  Running it again adds nothing but what
    has happened since.
    """
    from tidegauge.demo import retrained, told  # noqa: PLC0415 - as above
    from tidegauge.demo.server import KeyRefusedError, NoServerError, Server  # noqa: PLC0415 - `--help` needs no numpy
    from tidegauge.demo.show import Show  # noqa: PLC0415 - as above
    from tidegauge.demo.sink import Sink  # noqa: PLC0415 - as above
    from tidegauge.errors import InputError  # noqa: PLC0415 - as above

    if back_fill_only and live_only:
        raise InputError("--back-fill-only and --live-only together leave nothing to do")
    base = url or os.environ.get("TIDEGAUGE_URL", "http://127.0.0.1:8712")
    key = api_key or os.environ.get("TIDEGAUGE_API_KEY", "")
    console = Console()
    server = Server(base, key)
    # Whoever ends the demo ends the server that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            deployed = retrained.Deployed(serve / "models") if serve else None
            sink = None
            if serve and deployed:
                sink = stack.enter_context(Sink(partial(told.arrived, console), deployed.hear))
                stack.enter_context(_serving(serve, base, console, sink))
            with console.status(f"looking for a server at {base}"):
                server.wait_until_ready(30)
            if serve and deployed and sink:
                server.tell(sink)
                wanted = retrained.policy(deployed.root)
                deployed.serve(server.retrain(retrained.POLICY, wanted))
                stack.enter_context(retrained.runner(base, key, serve / "runner.log"))
            show = Show(
                console=console,
                server=server,
                api_key=key,
                seed=seed,
                days=days,
                speed=speed,
                now=time.time_ns() // 1000,
                **({"answer": deployed.answer} if deployed else {}),
            )
            if not live_only:
                show.back_fill()
            show.explain()
            if not back_fill_only:
                show.go_live([] if live_only else show.past)
    except (NoServerError, KeyRefusedError) as error:
        Console(stderr=True).print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        code = _NO_SERVER if isinstance(error, NoServerError) else _KEY_REFUSED
        raise typer.Exit(code) from None
    except KeyboardInterrupt:
        console.print("\nThe demo ends; what it sent is kept.")
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        server.close()


@contextlib.contextmanager
def _serving(data: Path, base: str, console: Console, sink: "Sink") -> Generator[None]:
    """`tidegauge serve` beside us; what it logs goes to a file."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - `--help` needs none

    from tidegauge.runner import offspring  # noqa: PLC0415 - as above

    data.mkdir(parents=True, exist_ok=True)
    log = data / "serve.log"
    port = urlsplit(base).port or 80
    words = [sys.executable, "-m", "tidegauge.cli", "serve", "--dev", "--data", str(data)]
    with log.open("ab") as file:
        running = subprocess.Popen(  # noqa: S603 - words of ours
            [*words, "--port", str(port)],
            stdout=file,
            stderr=file,
            start_new_session=True,
            env={**os.environ, **sink.allowed},
            # Whoever is interrupted just now does not know yet that it is there.
            preexec_fn=offspring.end_with_parent,  # noqa: PLW1509 - it asks the kernel alone
        )
    try:
        _check_started(running, log)
        console.print(f"tidegauge serves {base} from {data}; its log is {log}", highlight=False)
        yield
    finally:
        running.terminate()
        running.wait(60)


def _check_started(running: "subprocess.Popen[bytes]", log: Path) -> None:
    """What cannot start says so within seconds."""
    from tidegauge.errors import InputError  # noqa: PLC0415 - `--help` needs none

    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(3)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise InputError(f"the server did not start: {' '.join(last)}; see {log}")
