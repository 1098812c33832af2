"""Migrates a catalog and is killed at each statement in turn, in forks of one process: a start
costs more than a migration.

    python catalog_migrating.py POINT STRIDE SCRIPTS URL [URL ...]

What a kill leaves untouched is used for the next; then comes the next address.  It tells for each
kill how far that one came, and ends with the first run that was not killed.
"""

import os
import sys
from itertools import count
from pathlib import Path

from tidegauge import failpoint
from tidegauge.catalog import engine, migrate


def attempt(url, scripts, armed):
    failpoint._armed = armed
    try:
        migrate.finish(engine.parse(url), Path(scripts))
    except BaseException as error:  # noqa: BLE001 - a fork must not go on as its parent
        os.write(2, repr(error).encode())
        os._exit(1)
    os._exit(0)


def ended(url, scripts, armed):
    if not (child := os.fork()):
        attempt(url, scripts, armed)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    point, stride, scripts, *urls = sys.argv[1:]
    # That of the version whose scripts these are.
    migrate.FORMAT = 2
    for number in count(1, int(stride)):
        code = ended(urls[0], scripts, {f"catalog.before-migration-{point}": ("kill", number)})
        state = migrate._look(engine.parse(urls[0]))
        heads = ",".join(sorted(state.heads)) if state else ""
        os.write(1, f"{code} {heads}\n".encode())
        if code != -9:
            break
        if heads:
            urls.pop(0)
