"""Bringing a backup back: into an empty data directory, and an empty catalog."""

import shutil
from pathlib import Path

from tidegauge.backup.make import MANIFEST, Backup, Say
from tidegauge.backup.verify import read, verify
from tidegauge.catalog import Catalog
from tidegauge.catalog.copy import copy
from tidegauge.errors import InputError, UnreadableError


def restore(
    source: Path, data: Path, catalog_url: str | None = None, *, say: Say = lambda _line: None
) -> Backup:
    """Make what a server can start on; `catalog_url` where the catalog is to be PostgreSQL."""
    made = read(source)
    if data.exists() and any(data.iterdir()):
        raise InputError(f"{data} is not empty: restore into a new directory, then compare")
    say(f"verifying {made.parts} parts, {made.bytes / 1e6:,.0f} MB")
    wrong = verify(source)
    if wrong:
        raise UnreadableError("the backup is damaged: " + "; ".join(wrong[:5]))
    data.mkdir(parents=True, exist_ok=True)
    for folder in ("store", "ids"):
        shutil.copytree(source / folder, data / folder, dirs_exist_ok=True)
    if (source / "keys.json").exists():
        shutil.copy2(source / "keys.json", data / "keys.json")
    if catalog_url is None or catalog_url.startswith("sqlite"):
        shutil.copyfile(source / "catalog.db", data / "catalog.db")
    else:
        before = Catalog.open(f"sqlite:///{(source / 'catalog.db').absolute()}")
        after = Catalog.open(catalog_url)
        try:
            with before.read() as rows:
                after.write(lambda connection: copy(rows, connection))
        finally:
            before.close()
            after.close()
    say(f"restored {made.rows:,} rows as they were counted; {MANIFEST} tells when")
    return made
