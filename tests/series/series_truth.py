"""Labels for the tests of queries: sent, counted and joined."""

import threading

from worker_case import START

from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.worker.truth import Truth


def join(api, at):
    """All labels that were sent."""
    case = api.case
    case.count()
    source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
    truth = Truth(case.catalog, source, case.store, clock=lambda: at)
    while truth.step():
        pass


def label(api, labels, at=START, model="m"):
    api.case.send([{"model_id": model, **each} for each in labels], at, kind="labels")
