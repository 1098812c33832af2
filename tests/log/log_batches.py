"""Batches to append, and logs small enough that a few of them fill a segment."""

import random

from tidegauge.log import START, Batch, LocalLog, Piece

SEGMENT = 8192
NOON = 1_800_000_000_000_000


def batch(number, *, size=600, model="churn", kind="predictions", tenant="acme", at=NOON):
    """One that differs from every other by its number."""
    body = (f"{number}:".encode() * size)[:size]
    return Batch(
        tenant=tenant,
        at=at,
        batch_id=f"id-{number}",
        digest=f"digest of {number}".encode(),
        answer=b'{"accepted":1}',
        pieces=(Piece(kind=kind, model=model, rows=number % 7 + 1, encoding="json", body=body),),
    )


def small_log(directory, **options):
    return LocalLog(
        directory, **{"segment": SEGMENT, "cap": 1 << 22, "clock": lambda: NOON} | options
    )


def append_all(log, batches):
    return [future.result(10) for future in [log.append(one) for one in batches]]


def numbers(log, after=START):
    """Of the batches that a log gives, in order."""
    return [int(found.batch_id.removeprefix("id-")) for _, found in log.read(after)]


def seeded(seed):
    """Chance that can be had again."""
    return random.Random(seed)
