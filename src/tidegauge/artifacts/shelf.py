"""What a cache holds: the models, the names they are asked for by, and who leaves first.

It knows no thread and calls nothing of the user's.  The cache locks it, and unloads what is in
`gone` when it has unlocked.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tidegauge.artifacts.artifact import Artifact, Key
from tidegauge.artifacts.shown import Held

Model = TypeVar("Model")


@dataclass(eq=False, slots=True)
class Entry(Generic[Model]):
    """A loaded model.  `users` are the threads that use it, one item a use."""

    key: Key
    artifact: Artifact
    model: Model
    loaded_at: float
    last_used_at: float
    users: list[int]
    uses: int = 0
    names: set[Key] = field(default_factory=set[Key])


@dataclass(eq=False, slots=True)
class Name(Generic[Model]):
    """What a name means until it is due, and then is looked up again by the thread `renewer`."""

    entry: Entry[Model]
    due: float
    renewer: int | None = None
    failures: int = 0
    stale: str = ""


class Shelf(Generic[Model]):
    def __init__(self, most: int, most_bytes: int | None) -> None:
        self._most = most
        self._most_bytes = most_bytes
        # The least recently used comes first.
        self.entries: OrderedDict[Key, Entry[Model]] = OrderedDict()
        self.names: dict[Key, Name[Model]] = {}
        self.leaving: set[Entry[Model]] = set()
        self.coming: list[Artifact] = []
        self.gone: list[Entry[Model]] = []
        self.evictions = 0
        self._bytes = 0

    def fits(self, artifact: Artifact) -> bool:
        return self._most_bytes is None or artifact.size_bytes <= self._most_bytes

    def reserve(self, artifact: Artifact) -> None:
        """Room is made before a model is loaded, so that both are not in memory."""
        if self.fits(artifact):
            self.coming.append(artifact)
            self._make_room()

    def release(self, artifact: Artifact) -> None:
        if artifact in self.coming:
            self.coming.remove(artifact)

    def put(self, entry: Entry[Model]) -> None:
        """Keep what was loaded, in the place of another under the same key, if it fits at all."""
        key = entry.key
        self.release(entry.artifact)
        if key in self.entries:
            self.let_go(self.entries[key])
        if self.fits(entry.artifact):
            self.entries[key] = entry
            self._bytes += entry.artifact.size_bytes
            self._make_room(spared=entry)
        elif entry.users:
            self.leaving.add(entry)

    def call(self, request: Key, entry: Entry[Model], due: float) -> None:
        """A name means this model from now on; one that no name means any more is let go."""
        name = self.names.get(request)
        if name is None:
            name = self.names[request] = Name(entry, due)
        elif name.entry is not entry:
            name.entry.names.discard(request)
            if not name.entry.names:
                self.let_go(name.entry)
        name.entry, name.due, name.failures, name.stale = entry, due, 0, ""
        entry.names.add(request)
        if self.entries.get(entry.key) is not entry:
            self._forget_names(entry)

    def touch(self, entry: Entry[Model], now: float) -> None:
        entry.last_used_at = now
        if self.entries.get(entry.key) is entry:
            self.entries.move_to_end(entry.key)

    def leave(self, entry: Entry[Model], user: int, now: float) -> None:
        # A child of a fork has already forgotten the users that were other threads.
        if user in entry.users:
            entry.users.remove(user)
        self.touch(entry, now)
        if entry.users:
            return
        if entry in self.leaving:
            self.leaving.remove(entry)
            self.gone.append(entry)
        else:
            self._make_room()

    def let_go(self, entry: Entry[Model]) -> None:
        """Out of the cache; and out of memory too, or when its last user leaves."""
        del self.entries[entry.key]
        self._bytes -= entry.artifact.size_bytes
        self._forget_names(entry)
        self.evictions += 1
        if entry.users:
            self.leaving.add(entry)
        else:
            self.gone.append(entry)

    def everything(self) -> list[Entry[Model]]:
        return [*self.leaving, *self.entries.values()]

    def held(self) -> Iterator[Held]:
        for entry in self.everything():
            yield Held(
                key=entry.key,
                size_bytes=entry.artifact.size_bytes,
                loaded_at=entry.loaded_at,
                last_used_at=entry.last_used_at,
                uses=entry.uses,
                users=len(entry.users),
                stale=next(filter(None, (self.names[each].stale for each in entry.names)), ""),
                is_leaving=entry in self.leaving,
            )

    def in_child_of_fork(self, thread: int) -> None:
        """Only the thread that forked lives on: no other one uses, loads or renews any more."""
        for entry in self.everything():
            entry.users[:] = [user for user in entry.users if user == thread]
        self.leaving = {entry for entry in self.leaving if entry.users}
        for name in self.names.values():
            if name.renewer != thread:
                name.renewer = None

    def _forget_names(self, entry: Entry[Model]) -> None:
        for request in entry.names:
            del self.names[request]
        entry.names.clear()

    def _make_room(self, spared: Entry[Model] | None = None) -> None:
        if not self._is_over():
            return
        for entry in list(self.entries.values()):
            if entry is not spared and not entry.users:
                self.let_go(entry)
                if not self._is_over():
                    return

    def _is_over(self) -> bool:
        if len(self.entries) + len(self.coming) > self._most:
            return True
        coming = sum(artifact.size_bytes for artifact in self.coming)
        return self._most_bytes is not None and self._bytes + coming > self._most_bytes
