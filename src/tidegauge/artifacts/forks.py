"""Caches in a process that forks: the child keeps what was loaded, and has working locks.

The locks are taken before the copy is made, so that no thread is half-way through a change.
"""

import os
import threading
import weakref
from typing import Protocol


class Forked(Protocol):
    def before_fork(self) -> None: ...
    def after_fork_in_parent(self) -> None: ...
    def after_fork_in_child(self) -> None: ...


_all: "weakref.WeakSet[Forked]" = weakref.WeakSet()
_lock = threading.Lock()
# Kept alive and in order from before a fork until after it.
_forking: list[Forked] = []


def known(cache: Forked) -> None:
    with _lock:
        _all.add(cache)


def _before() -> None:
    _lock.acquire()
    _forking.extend(_all)
    for each in _forking:
        each.before_fork()


def _after_in_parent() -> None:
    for each in _forking:
        each.after_fork_in_parent()
    _forking.clear()
    _lock.release()


def _after_in_child() -> None:
    global _lock  # noqa: PLW0603 - the child's own, which nobody holds
    for each in _forking:
        each.after_fork_in_child()
    _forking.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
    )
