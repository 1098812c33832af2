"""A process that keeps rows, merges and deletes, to be killed: `store_child.py FOLDER`.

It plays the catalog: a line of the ledger is what a transaction would be.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from store_rows import DAY, START, named, rows

from tidegauge.store import Encodings, LocalStore, Part, merge, write

STEPS = 4


class Ledger:
    def __init__(self, path):
        self.path = path

    def live(self):
        """The parts that count, after each transaction that is whole."""
        parts = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    gone, come = json.loads(line)
                    for file in gone:
                        del parts[file]
                    parts |= {one["file"]: Part(**one) for one in come}
        return list(parts.values())

    def commit(self, gone, come):
        with self.path.open("a") as file:
            file.write(json.dumps([[p.file for p in gone], [asdict(p) for p in come]]) + "\n")
            file.flush()
            os.fsync(file.fileno())


def expected(count):
    """The rows of the first so many steps."""
    return [rows(40, seed=step, start=START + step * DAY // 4) for step in range(count)]


def main(folder):
    store, ledger = LocalStore(folder / "store"), Ledger(folder / "ledger")
    encodings = Encodings()
    done = sum(part.rows for part in ledger.live()) // 40
    for step, table in list(enumerate(expected(STEPS)))[done:]:
        ledger.commit(
            [], [write(store, table, name=named(START + step * DAY), encodings=encodings)]
        )
    old = ledger.live()
    new = merge(store, old, name=named(), encodings=encodings)
    ledger.commit(old, [new])
    for part in old:
        store.delete(part.file)
    with store.create(named()) as file:
        file.write(b"an orphan")
    store.sweep([part.file for part in ledger.live()], before=2**62)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
