"""`tidegauge keys`: make, list and revoke API keys, on the machine of the data directory."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegauge.cli.output import heard

if TYPE_CHECKING:
    from tidegauge.web.keys import Keys

app = typer.Typer(name="keys", help="Make, list and revoke API keys.", no_args_is_help=True)

_CONFIG = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration file.")]
_DATA = Annotated[Path | None, typer.Option(help="The directory that holds everything.")]


@app.command()
def create(  # noqa: PLR0913 - an option each
    name: Annotated[str, typer.Argument(help="What it is for, as people will read it.")],
    *,
    role: Annotated[str, typer.Option(help="ingest, read, write or admin.")] = "ingest",
    tenant: Annotated[str, typer.Option(help="Whose data it reaches.")] = "default",
    days: Annotated[float | None, typer.Option(help="Days until it expires.")] = None,
    rate: Annotated[float | None, typer.Option(help="Records a second, at most.")] = None,
    pii: Annotated[bool, typer.Option("--pii", help="May see personal data.")] = False,
    config: _CONFIG = None,
    data: _DATA = None,
) -> None:
    """Make a key and print it, this once."""
    key, token = _keys(config, data).create(
        name=name,
        role=role,  # pyright: ignore[reportArgumentType] - checked there
        tenant=tenant,
        lasts_s=None if days is None else days * 86_400,
        rate=rate,
        pii=pii,
    )
    typer.echo(f"{key.id}: role {key.role}, tenant {key.tenant}", err=True)
    typer.echo(token)


@app.command("list")
def list_keys(*, config: _CONFIG = None, data: _DATA = None) -> None:
    """Show the keys, without their secrets."""
    rows = [("ID", "NAME", "ROLE", "TENANT", "MADE", "STATE")]
    now = datetime.now(UTC).timestamp()
    for key in _keys(config, data).all():
        state = "good"
        if key.revoked_at is not None:
            state = f"revoked {_day(key.revoked_at)}"
        elif key.expires_at is not None:
            state = f"{'expired' if key.expires_at <= now else 'until'} {_day(key.expires_at)}"
        rows.append((key.id, key.name, key.role, key.tenant, _day(key.created_at), state))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    with heard():
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            typer.echo("  ".join(cells).rstrip())


@app.command()
def revoke(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="As 'tidegauge keys list' shows it.")
    ],
    *,
    config: _CONFIG = None,
    data: _DATA = None,
) -> None:
    """Refuse a key from now on."""
    key = _keys(config, data).revoke(identity)
    typer.echo(f"Revoked {key.id} ({key.name}); servers refuse it within a second.")


def _keys(config: Path | None, data: Path | None) -> "Keys":
    from tidegauge import config as configuring  # noqa: PLC0415 - `--help` needs none of it
    from tidegauge.web.keys import Keys  # noqa: PLC0415 - as above

    return Keys(data or configuring.load(config).data)


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
