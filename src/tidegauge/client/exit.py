"""The ends of a process, and its copies: fork, exit, the exit of a multiprocessing child.

After a fork the child has none of the parent's records and no thread, and makes its own.  At exit
what waits is sent, for two seconds at most.
"""

import _thread
import atexit
import importlib
import os
import sys
import time
import weakref
from typing import Any, Final, Protocol

EXIT_SECONDS: Final = 2.0
# How long a fork waits for the worker to come out of C++ code.
_FORK_SECONDS: Final = 5.0


class Leaving(Protocol):
    def let_go(self, until: float | None = None) -> None: ...
    def leave(self, until: float) -> None: ...
    def forget(self) -> None: ...


_all: "weakref.WeakSet[Leaving]" = weakref.WeakSet()
# Running ones live on when their client is no more, until what was logged is sent.
_running: set[Leaving] = set()


class Native:
    """Held by a worker while it imports, or is in C++ code: then a fork would copy locks that
    nobody opens any more, and an exit would end the thread where C++ does not allow it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._lock = _thread.allocate_lock()
        self._is_forking = False

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def before_fork(self) -> None:
        self._is_forking = self._lock.acquire(timeout=_FORK_SECONDS)

    def after_fork_in_parent(self) -> None:
        if self._is_forking:
            self._is_forking = False
            self._lock.release()

    def end(self) -> None:
        """No worker enters any more: the process ends."""
        self._lock.acquire(timeout=0.4)


native: Final = Native()
_has_finalizer = False


def prepare() -> None:
    """Load what cannot be loaded any more when a process ends.

    pyarrow loads pandas, and httpcore anyio, and both load this, which refuses at that time.  A
    program that logs once and ends would lose its record.
    """
    importlib.import_module("concurrent.futures.thread")


def known(worker: Leaving) -> None:
    _all.add(worker)


def running(worker: Leaving) -> None:
    _running.add(worker)
    _finalize_child()


def finished(worker: Leaving) -> None:
    _running.discard(worker)


def _leave() -> None:
    until = time.monotonic() + EXIT_SECONDS
    workers = list(_all | _running)
    # All of them at once, then each in turn is waited for.
    for worker in workers:
        worker.let_go(until)
    for worker in workers:
        worker.leave(until)
    if time.monotonic() >= until:
        native.end()


def _forget() -> None:
    global _has_finalizer  # noqa: PLW0603 - a child process starts afresh
    _has_finalizer = False
    native.reset()
    _running.clear()
    for worker in list(_all):
        worker.forget()


def _finalize_child() -> None:
    """A child of multiprocessing ends without atexit, by a registry of its own."""
    global _has_finalizer  # noqa: PLW0603 - once in a process
    util: Any = sys.modules.get("multiprocessing.util")
    process: Any = sys.modules.get("multiprocessing.process")
    if _has_finalizer or util is None or process is None or process.parent_process() is None:
        return
    _has_finalizer = True
    util.Finalize(None, _leave, exitpriority=-100)


# Registered when the client is imported, so that what other exit handlers log is still sent.
atexit.register(_leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=native.before_fork,
        after_in_parent=native.after_fork_in_parent,
        after_in_child=_forget,
    )
