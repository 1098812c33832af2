"""Who loads, who waits: one load at a time for a key, and so many at once in all."""

import logging
import math
import threading
from collections.abc import Callable
from typing import Generic

from tidegauge.artifacts.artifact import Artifact, Key
from tidegauge.artifacts.digest import LoadError, verify
from tidegauge.artifacts.guarded import Guarded
from tidegauge.artifacts.loads import LONGEST_PAUSE, Failure, Load, failure_of
from tidegauge.artifacts.shelf import Entry, Model

_log = logging.getLogger("tidegauge")


class Loader(Generic[Model]):
    def __init__(
        self,
        guarded: Guarded[Model],
        load: Callable[[Artifact], Model],
        refresh_after: float,
        loads_at_once: int,
        clock: Callable[[], float],
    ) -> None:
        self._guarded = guarded
        self._load = load
        self._refresh_after = refresh_after
        self._loads_at_once = loads_at_once
        self._clock = clock
        self._running: dict[Key, Load[Model]] = {}
        self._failures: dict[Key, Failure] = {}
        self._told_too_large: set[Key] = set()

    def obtain(self, request: Key, artifact: Artifact, user: int | None) -> Entry[Model]:
        """From memory, from the load that runs, or from one of our own."""
        guarded, key, thread = self._guarded, artifact.key, threading.get_ident()
        while True:
            now = self._clock()
            with guarded.locked():
                guarded.check_open()
                entry = guarded.shelf.entries.get(key)
                if entry is not None and entry.artifact == artifact:
                    self._call(request, entry, now)
                    return guarded.hit(entry, now, user)
                self._check_pause(artifact, now)
                running = self._running.get(key)
                if running is not None and running.thread == thread:
                    raise LoadError(f"{key}: loading it asks for itself")
                if running is not None and running.artifact == artifact:
                    entry = self._wait(running, user)
                    if entry is not None:
                        now = self._clock()
                        self._call(request, entry, now)
                        guarded.missed(entry, now)
                        return entry
                    continue
                if running is not None or not self._has_turn(thread):
                    guarded.changed.wait()
                    continue
                users = [] if user is None else [user]
                load = self._running[key] = Load(artifact, thread, users)
            return self._run(request, load)

    def in_child_of_fork(self, thread: int) -> None:
        for key, load in list(self._running.items()):
            load.users[:] = [user for user in load.users if user == thread]
            if load.thread != thread:
                del self._running[key]
                self._guarded.shelf.release(load.artifact)

    def _has_turn(self, thread: int) -> bool:
        # A load that asks for another model has its turn already, or would wait for itself.
        return len(self._running) < self._loads_at_once or any(
            load.thread == thread for load in self._running.values()
        )

    def _check_pause(self, artifact: Artifact, now: float) -> None:
        failure = self._failures.get(artifact.key)
        if failure is not None and failure.artifact == artifact and now < failure.until:
            raise failure.error()

    def _wait(self, load: Load[Model], user: int | None) -> Entry[Model] | None:
        """What another thread has loaded, or its error; None if that was interrupted."""
        if user is not None:
            load.users.append(user)
        try:
            while not load.is_done:
                self._guarded.changed.wait()
        except BaseException:
            if user is not None and load.entry is not None:
                self._guarded.shelf.leave(load.entry, user, self._clock())
            elif user is not None:
                load.users.remove(user)
            raise
        if load.failure is not None:
            raise load.failure.error() from load.cause
        return load.entry

    def _run(self, request: Key, load: Load[Model]) -> Entry[Model]:
        guarded, artifact, started = self._guarded, load.artifact, self._clock()
        self._tell_too_large(artifact)
        try:
            verify(artifact)
            with guarded.locked():
                guarded.shelf.reserve(artifact)
            model = self._load(artifact)
        except BaseException as error:
            with guarded.locked():
                now = self._end(load, started)
                guarded.shelf.release(artifact)
                if not isinstance(error, Exception):
                    raise
                load.failure, load.cause = self._fail(artifact, error, now), error
            raise load.failure.error() from error
        with guarded.locked():
            now = self._end(load, started)
            guarded.counts.loads += 1
            self._failures.pop(artifact.key, None)
            entry = Entry(artifact.key, artifact, model, now, now, load.users)
            if guarded.is_closed:
                guarded.shelf.release(artifact)
                guarded.shelf.gone.append(entry)
            else:
                load.entry = entry
                guarded.shelf.put(entry)
                self._call(request, entry, now)
                guarded.missed(entry, now)
        if load.entry is None:
            guarded.check_open()
        return entry

    def _end(self, load: Load[Model], started: float) -> float:
        now = self._clock()
        load.is_done = True
        del self._running[load.artifact.key]
        self._guarded.counts.load_seconds += now - started
        self._guarded.changed.notify_all()
        return now

    def _fail(self, artifact: Artifact, error: Exception, now: float) -> Failure:
        # What nobody has asked for in a while is forgotten.
        for key, past in list(self._failures.items()):
            if past.until + LONGEST_PAUSE < now:
                del self._failures[key]
        failure = failure_of(artifact, error, self._failures.get(artifact.key), now)
        self._failures[artifact.key] = failure
        self._guarded.counts.failures += 1
        return failure

    def _call(self, request: Key, entry: Entry[Model], now: float) -> None:
        # A version is what it is; every other name may mean another one later.
        is_fixed = request == entry.key
        due = math.inf if is_fixed else now + self._refresh_after
        self._guarded.shelf.call(request, entry, due)

    def _tell_too_large(self, artifact: Artifact) -> None:
        if not self._guarded.shelf.fits(artifact) and artifact.key not in self._told_too_large:
            self._told_too_large.add(artifact.key)
            _log.warning("%s is over the whole budget: it is loaded at each call", artifact.key)
