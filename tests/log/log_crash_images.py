"""What the disk may hold after a power loss, from what a process did to its files.

A write is only sure to be there once a sync of its file that began later has returned; a name,
once a sync of its directory has.  Until then each may be there or not, a write in part, and in
any order.  What a failed sync covered is never there: the kernel has dropped it (Rebello et al.,
"Can applications recover from fsync failures?", 2020).
"""

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

_HEAD = struct.Struct("<6Q")
_NAMES = "cruml"


@dataclass
class Event:
    op: str
    file: int
    begin: int
    offset: int
    one: bytes
    two: bytes

    @property
    def path(self):
        return os.fsdecode(self.one)

    @property
    def target(self):
        return os.fsdecode(self.two)


def read_journal(path):
    data = path.read_bytes()
    events, at, first = [], 0, 0
    while at < len(data):
        op, file, begin, offset, size, more = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        one, two = data[at : at + size], data[at + size : at + size + more]
        first = len(events) if op == ord("p") else first
        events.append(Event(chr(op), file, first + begin, offset, one, two))
        at += size + more
    return events


@dataclass
class File:
    content: bytearray = field(default_factory=bytearray)
    pending: list = field(default_factory=list)

    def apply(self, event, part=None):
        if event.op == "w":
            written = event.one if part is None else event.one[part[0] : part[1]]
            at = event.offset + (0 if part is None else part[0])
            self.content.extend(bytes(max(0, at + len(written) - len(self.content))))
            self.content[at : at + len(written)] = written
        elif event.op == "t":
            del self.content[event.offset :]
            self.content.extend(bytes(event.offset - len(self.content)))
        else:
            self.content.extend(bytes(max(0, event.offset - len(self.content))))


def image(events, root, target, how, chance):
    """Lay out under `target` what may be left of `root`; `how` says what becomes of the unsure."""
    files, names, pending_names = {}, {}, []
    for number, event in enumerate(events):
        event.number = number
        if event.op == "c":
            # An inode may be used again; the name tells the file that a later event means.
            files[event.file] = event.born = File()
        if event.op in _NAMES:
            pending_names.append(event)
        elif event.op in "wtx":
            files.setdefault(event.file, File()).pending.append(event)
        elif event.op in "sf":
            _sync(event, files, names, pending_names)
    for event in _kept(pending_names, how, chance):
        _rename(event, names)
    for file in {id(file): file for file in names.values()}.values():
        _tear(file, how, chance)
    target.mkdir()
    for path, file in names.items():
        laid = target / Path(path).relative_to(root)
        laid.parent.mkdir(exist_ok=True)
        laid.write_bytes(file.content)


def _sync(event, files, names, pending_names):
    file = files.get(event.file)

    def covered(one):
        return one.number < event.begin

    if file is not None:
        for write in filter(covered, file.pending):
            if event.op == "s":
                file.apply(write)
        file.pending = [write for write in file.pending if not covered(write)]
    elif event.op == "s":
        for change in list(pending_names):
            parents = {str(Path(change.path).parent), str(Path(change.target).parent)}
            if covered(change) and event.path in parents:
                _rename(change, names)
                pending_names.remove(change)


def _rename(event, names):
    if event.op == "c":
        names[event.path] = event.born
    elif event.op == "u":
        names.pop(event.path, None)
    elif event.op == "r" and event.path in names:
        names[event.target] = names.pop(event.path)
    elif event.op == "l" and event.path in names:
        names[event.target] = names[event.path]


def _kept(pending, how, chance):
    if how == "nothing":
        return []
    if how == "all":
        return pending
    if how == "prefix":
        return pending[: chance.randint(0, len(pending))]
    return [one for one in pending if chance.random() < 0.5]


def _tear(file, how, chance):
    for write in _kept(file.pending, how, chance):
        if how in ("tear 512", "tear 4096") and write.op == "w":
            unit = int(how.split()[1])
            # Sectors lie at multiples of their size in the file, not in the write.
            pages = range(-(write.offset % unit), len(write.one), unit)
            for page in pages:
                if chance.random() < 0.5:
                    file.apply(write, (max(0, page), page + unit))
            continue
        file.apply(write)


HOWS = ["nothing", "all", "prefix", "any order", "tear 512", "tear 4096"]
