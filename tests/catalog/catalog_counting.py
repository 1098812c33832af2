"""A process that counts in a catalog, step by step, until it is done, killed or fenced off.

    python catalog_counting.py URL COUNT [--stop-at N] [--never-fenced]

A step is what a checkpoint is: progress first, then results.  One result is unique (a dead letter
for each position) and one is a sum (a window's rows), so a step that is lost or done twice shows
in both.  It tells each committed step in a line: `did N`; `fenced` when it takes over anew.
"""

import os
import signal
import sys

from tidegauge.catalog import Catalog, FencedError, dead_letters, models, progress, series, windows


def place(number):
    return f"0:{number}"


def number_of(position):
    return int(position.partition(":")[2])


def step(connection, epoch, number):
    if not progress.advance(
        connection, "worker", epoch, place(number), place(number + 1), number, {"n": number}
    ):
        return
    model = models.ensure(connection, "default", ["m"], 0)["m"].id
    key = (model, "1", "")
    one = series.ensure(connection, [key])[key]
    had = windows.get(connection, [(one, 60, 0)]).get((one, 60, 0))
    rows = 1 + (had.rows if had else 0)
    windows.put(
        connection,
        [windows.Window(series=one, resolution=60, start=0, rows=rows, traffic=b"", changed_at=0)],
    )
    dead_letters.add(connection, [letter(number + 1)])


def letter(number):
    return dead_letters.DeadLetter(
        at=number, tenant="default", model="m", kind="", reason="", detail="", body=b"", size=0,
        position=place(number),
    )  # fmt: skip


def check(catalog):
    """How many steps there are; each must be there once."""
    with catalog.read() as connection:
        reached = progress.get(connection, "worker")
        steps = number_of(reached.position) if reached else 0
        letters = dead_letters.listed(connection, "default", limit=10**6)
        rows = [one.rows for one in windows.rolled(connection, 60, 0, 1)]
    assert [one.position for one in letters[::-1]] == [place(n + 1) for n in range(steps)]
    assert rows == ([steps] if steps else [])
    return steps


def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def count(catalog, most, stop_at):
    """Until this process has done `most` steps, taking over whenever it is fenced off."""
    done = 0
    while done < most:
        mine = catalog.write(lambda c: progress.take(c, "worker"), patience=60)
        at = number_of(mine.position)
        try:
            while done < most:
                if done == stop_at:
                    stop_at = None
                    tell("stopping")
                    os.kill(os.getpid(), signal.SIGSTOP)
                catalog.write(lambda c: step(c, mine.epoch, at), patience=60)  # noqa: B023
                at += 1
                done += 1
                tell("did", at)
        except FencedError:
            tell("fenced")


if __name__ == "__main__":
    opened = Catalog.open(sys.argv[1], patience=60)
    stop = int(sys.argv[sys.argv.index("--stop-at") + 1]) if "--stop-at" in sys.argv else None
    count(opened, int(sys.argv[2]), stop)
    opened.close()
