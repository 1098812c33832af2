"""`tidegauge members`: who may log in to the dashboard, on the machine of the data directory."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegauge.cli.output import heard

if TYPE_CHECKING:
    from tidegauge.web.members import Members

app = typer.Typer(
    name="members", help="Add, list and remove people who log in.", no_args_is_help=True
)

_CONFIG = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration file.")]
_DATA = Annotated[Path | None, typer.Option(help="The directory that holds everything.")]
_EMAIL = Annotated[str, typer.Argument(metavar="EMAIL")]
_TENANT = Annotated[str, typer.Option(help="Whose models they see.")]


@app.command()
def add(  # noqa: PLR0913 - an option each
    email: _EMAIL,
    *,
    role: Annotated[str, typer.Option(help="viewer, editor or admin.")] = "viewer",
    name: Annotated[str, typer.Option(help="As others will read it.")] = "",
    tenant: _TENANT = "default",
    pii: Annotated[bool, typer.Option("--pii", help="May see personal data.")] = False,
    by_provider: Annotated[
        bool, typer.Option("--by-provider", help="They sign in with oidc.issuer, without one here.")
    ] = False,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="TIDEGAUGE_PASSWORD",
            help="12 characters at the least; asked for where it is not told.",
        ),
    ] = None,
    config: _CONFIG = None,
    data: _DATA = None,
) -> None:
    """Let somebody log in."""
    if by_provider:
        password = None
    elif password is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    added = _members(config, data).add(
        email,
        password,
        role=role,  # pyright: ignore[reportArgumentType] - checked there
        name=name,
        tenant=tenant,
        pii=pii,
    )
    typer.echo(f"{added.id} may log in, as {added.role} of the tenant {added.tenant}.")


@app.command("list")
def list_members(*, config: _CONFIG = None, data: _DATA = None) -> None:
    """Show who may log in."""
    rows = [("EMAIL", "NAME", "ROLE", "TENANT", "SINCE", "STATE")]
    for each in _members(config, data).all():
        since = datetime.fromtimestamp(each.created_at, UTC).strftime("%Y-%m-%d")
        state = "good" if each.disabled_at is None else "disabled"
        rows.append((each.id, each.name, each.role, each.tenant, since, state))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    with heard():
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            typer.echo("  ".join(cells).rstrip())


@app.command()
def remove(
    email: _EMAIL, *, tenant: _TENANT = "default", config: _CONFIG = None, data: _DATA = None
) -> None:
    """Let somebody log in no more; their sessions end within a second."""
    _members(config, data).remove(email, tenant)
    typer.echo(f"{email} may log in no more.")


def _members(config: Path | None, data: Path | None) -> "Members":
    from tidegauge import config as configuring  # noqa: PLC0415 - `--help` needs none of it
    from tidegauge.web.members import Members  # noqa: PLC0415 - as above

    return Members(data or configuring.load(config).data)
