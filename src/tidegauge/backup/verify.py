"""Whether a backup is whole."""

import json
from dataclasses import fields
from pathlib import Path

from tidegauge.backup.make import FORMAT, MANIFEST, Backup
from tidegauge.catalog import Catalog, parts
from tidegauge.errors import InputError, UnreadableError
from tidegauge.store import LocalStore, scrub


def read(source: Path) -> Backup:
    path = source / MANIFEST
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{source} is no backup of tidegauge: there is no {MANIFEST}") from None
    except ValueError:
        raise UnreadableError(f"{path} is damaged") from None
    if told.get("format") != FORMAT:
        raise InputError(
            f"{source} is a backup of format {told.get('format')}, made by tidegauge"
            f" {told.get('version')}; this one reads format {FORMAT}"
        )
    return Backup(**{field.name: told[field.name] for field in fields(Backup)})


def verify(source: Path) -> list[str]:
    """What is wrong with it, in words: every byte of every part is read."""
    read(source)
    catalog = Catalog.open(f"sqlite:///{(source / 'catalog.db').absolute()}")
    try:
        found = catalog.check()
        with catalog.read() as connection:
            live = [
                part
                for each in parts.held(connection)
                for part in parts.live(connection, each.model, each.kind)
            ]
    finally:
        catalog.close()
    checked = scrub(LocalStore(source / "store"), live)
    return found + [str(error) for _part, error in checked if error is not None]
