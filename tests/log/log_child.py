"""A process that appends, consumes and releases, and keeps a ledger, until it is killed.

    python log_child.py DIRECTORY LEDGER COUNT [--no-consumer] [--tell]

A line of the ledger is `sent N`, `acked N`, `failed N`, or `read N SEGMENT:OFFSET`: the result
and its position in one write, as in one transaction.  The next run goes on where it ends.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import log_sabotages
from log_batches import NOON, batch, small_log

from tidegauge.log import START, LogError, Position

TWO_DAYS = 2 * 24 * 3600 * 1_000_000
IN_FLIGHT = 16
EVERY = 25


class Ledger:
    def __init__(self, path):
        self.lines = (
            [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        )
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, *words):
        os.write(self._fd, (" ".join(map(str, words)) + "\n").encode())

    def numbers(self, word):
        return [int(line[1]) for line in self.lines if line[0] == word]

    @property
    def progress(self):
        read = [line for line in self.lines if line[0] == "read"]
        return Position.parse(read[-1][2]) if read else START


def consume(log, ledger, progress):
    for position, found in log.read(progress):
        ledger.write("read", found.batch_id.removeprefix("id-"), position)
        progress = position
    if progress > START:
        log.release(progress)
    return progress


def settle(future, number, ledger):
    try:
        future.result(20)
    except LogError:
        ledger.write("failed", number)


def append(log, ledger, number):
    ledger.write("sent", number)
    # The first ones are old enough for their ids to be forgotten.
    future = log.append(batch(number, at=NOON - TWO_DAYS if number < 60 else NOON))

    def note(done):
        if done.exception() is None:
            ledger.write("acked", number)
            if "--tell" in sys.argv:
                os.write(1, b".")

    future.add_done_callback(note)
    return future, number


def run(directory, path, count, *, every=EVERY):
    ledger = Ledger(path)
    log = small_log(directory)
    progress = consume(log, ledger, ledger.progress)
    first = max(ledger.numbers("sent"), default=-1) + 1
    waiting = []
    for number in range(first, first + count):
        waiting.append(append(log, ledger, number))
        if len(waiting) >= IN_FLIGHT:
            settle(*waiting.pop(0), ledger)
        if number % every == every - 1:
            progress = consume(log, ledger, progress)
    for one in waiting:
        settle(*one, ledger)
    log.close()


if __name__ == "__main__":
    log_sabotages.apply()
    every = 10**9 if "--no-consumer" in sys.argv else EVERY
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), every=every)
