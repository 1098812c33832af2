"""Ids that collide with nothing, in no process."""

import multiprocessing
import uuid

from tidegauge.record.identity import new_id


def test_it_is_a_uuid_of_version_7():
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_many_are_all_different():
    assert len({new_id() for _ in range(100_000)}) == 100_000


def _some(queue):
    queue.put([new_id() for _ in range(1000)])


def test_forked_processes_make_other_ids():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=_some, args=(queue,)) for _ in range(3)]
    for child in children:
        child.start()
    made = [each for _ in children for each in queue.get(timeout=30)]
    for child in children:
        child.join()
    assert len(set(made)) == 3000
