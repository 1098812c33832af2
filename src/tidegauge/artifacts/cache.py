"""The cache: loads with the user's function, hands out, and lets go by count and by bytes.

No lock is held while the user's functions run.  At most `most` models are in memory, and
`most_bytes` by the sizes that their artifacts say; room is made before a model is loaded.  There
are more only while more are in use, and while a name moves on: the old model serves until the new
one is there.  One that is larger than the whole budget is handed out and not kept.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, Self

from tidegauge.artifacts import forks
from tidegauge.artifacts.artifact import LATEST, Artifact, Key, Source
from tidegauge.artifacts.digest import LoadError
from tidegauge.artifacts.guarded import Guarded
from tidegauge.artifacts.loader import Loader
from tidegauge.artifacts.loads import pause
from tidegauge.artifacts.shelf import Entry, Model, Name, Shelf
from tidegauge.artifacts.shown import Held, Stats
from tidegauge.artifacts.use import Use
from tidegauge.errors import InputError, TidegaugeError

_log = logging.getLogger("tidegauge")


class Cache(Generic[Model]):
    """Loaded models, by model, entity and version.  Safe to use from threads and after a fork.

    `load` makes a model of an artifact, `unload` takes it apart; both are yours, and may be slow.
    A name that moves on, as `latest` does, is looked up again after `refresh_after` seconds; a
    version never is.  `loads_at_once` keeps two large models from being read side by side.
    """

    def __init__(  # noqa: PLR0913 - each has a use of its own
        self,
        load: Callable[[Artifact], Model],
        source: Source,
        *,
        most: int = 10,
        most_bytes: int | None = None,
        refresh_after: float = 60.0,
        unload: Callable[[Model], object] | None = None,
        loads_at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if min(most, loads_at_once, 1 if most_bytes is None else most_bytes) < 1:
            raise InputError("most, most_bytes and loads_at_once are 1 at least")
        if not refresh_after >= 0:
            raise InputError(f"refresh_after={refresh_after}: it is 0 seconds at least")
        self._source = source
        self._refresh_after = refresh_after
        self._clock = clock
        self._shelf: Shelf[Model] = Shelf(most, most_bytes)
        self._guarded = Guarded(self._shelf, unload)
        self._loader = Loader(self._guarded, load, refresh_after, loads_at_once, clock)
        forks.known(self)

    def get(self, model_id: str, *, entity: str = "", version: str = LATEST) -> Model:
        """The model.  It is not counted as in use: `unload` may be called on it meanwhile."""
        return self._entry(Key(model_id, entity, version), None).model

    def use(self, model_id: str, *, entity: str = "", version: str = LATEST) -> "Use[Model]":
        """`with cache.use("churn") as model:` it is not unloaded before the block is left."""
        return Use(self._entry, self._leave, Key(model_id, entity, version))

    def evict(self, model_id: str, *, entity: str = "", version: str) -> bool:
        """Let a version go, now or when its last user leaves; False if it is not held."""
        with self._guarded.locked():
            entry = self._shelf.entries.get(Key(model_id, entity, version))
            if entry is not None:
                self._shelf.let_go(entry)
        return entry is not None

    def held(self) -> list[Held]:
        """What is in memory: what is leaving, then the others, the longest unused first."""
        with self._guarded.lock:
            return list(self._shelf.held())

    def unused(self, seconds: float) -> list[Held]:
        """What nobody uses, and nobody has asked for in so many seconds."""
        before = self._clock() - seconds
        return [each for each in self.held() if not each.users and each.last_used_at <= before]

    def stats(self) -> Stats:
        """What it holds, in numbers, and what it has done since the start."""
        with self._guarded.lock:
            return self._guarded.stats()

    def close(self) -> None:
        """Let all go: what is in use is unloaded when its last user leaves."""
        with self._guarded.locked():
            self._guarded.is_closed = True
            for entry in list(self._shelf.entries.values()):
                self._shelf.let_go(entry)
            self._guarded.changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def before_fork(self) -> None:
        self._guarded.lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._guarded.lock.release()

    def after_fork_in_child(self) -> None:
        self._guarded.unlock()
        thread = threading.get_ident()
        self._loader.in_child_of_fork(thread)
        self._shelf.in_child_of_fork(thread)

    def _entry(self, request: Key, user: int | None) -> Entry[Model]:
        now = self._clock()
        with self._guarded.lock:
            self._guarded.check_open()
            name = self._shelf.names.get(request)
            if name is not None:
                if now < name.due or name.renewer is not None:
                    return self._guarded.hit(name.entry, now, user)
                name.renewer = threading.get_ident()
                # While it is renewed it is not let go.
                name.entry.users.append(name.renewer)
            held = self._shelf.entries.get(request)
        if name is not None:
            return self._renewed(request, name, user)
        artifact = self._found(request) if held is None else held.artifact
        return self._loader.obtain(request, artifact, user)

    def _renewed(self, request: Key, name: Name[Model], user: int | None) -> Entry[Model]:
        """The first caller after a name is due looks again; others are served the old model."""
        old, thread = name.entry, threading.get_ident()
        try:
            return self._loader.obtain(request, self._found(request), user)
        except TidegaugeError as error:
            now, words = self._clock(), str(error)
            with self._guarded.lock:
                if self._shelf.names.get(request) is not name:
                    raise
                is_news, name.stale = name.stale != words, words
                name.failures += 1
                name.due = now + min(self._refresh_after, pause(name.failures))
                self._guarded.hit(old, now, user)
            if is_news:
                _log.warning("%s: %s serves on: %s", request, old.key, words)
            return old
        finally:
            name.renewer = None
            self._leave(old, thread)

    def _leave(self, entry: Entry[Model], user: int) -> None:
        now = self._clock()
        with self._guarded.lock:
            self._shelf.leave(entry, user, now)
            gone, self._shelf.gone = self._shelf.gone, []
        self._guarded.unload(gone)

    def _found(self, request: Key) -> Artifact:
        try:
            return self._source.find(*request)
        except TidegaugeError:
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            raise LoadError(f"{request} could not be looked up: {words}") from error
