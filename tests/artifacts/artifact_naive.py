"""What a cache of models should hold, computed anew at each step from a list: the oracle."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Kept:
    name: tuple
    size: int
    order: int
    users: int = 0
    is_kept: bool = True
    asked_as: set = field(default_factory=set)


class Naive:
    def __init__(self, most, most_bytes, refresh_after, shop):
        self.most = most
        self.most_bytes = most_bytes if most_bytes is not None else float("inf")
        self.refresh_after = refresh_after
        self.shop = shop
        self.entries = []
        self.unloaded = []
        self.looked_up = {}
        self.steps = 0

    def kept(self):
        return [each.name for each in sorted(self.entries, key=lambda each: each.order)]

    def get(self, model_id, version, now, *, is_used=False):
        self.steps += 1
        alias = (model_id, version)
        old = next((each for each in self.entries if alias in each.asked_as), None)
        is_fresh = version != "latest" or now < self.looked_up.get(alias, -1) + self.refresh_after
        if old is not None and is_fresh:
            return self.touch(old, is_used)
        if version == "latest":
            version = self.shop.newest.get(model_id, "1")
        entry = next((each for each in self.entries if each.name == (model_id, version)), None)
        size = self.shop.sizes[model_id]
        if old is not None:
            # It serves until the new one is there.
            old.users += 1
        if entry is None:
            entry = Kept((model_id, version), size, self.steps)
            entry.is_kept = size <= self.most_bytes
            if entry.is_kept:
                self.make_room(1, size)
                self.entries.append(entry)
        self.looked_up[alias] = now
        for each in self.entries:
            each.asked_as.discard(alias)
        entry.asked_as.add(alias)
        if old is not None and old is not entry and not old.asked_as:
            self.drop(old)
        self.touch(entry, is_used)
        if old is not None:
            self.steps += 1
            self.leave(old)
        return entry

    def touch(self, entry, is_used):
        entry.order = self.steps
        entry.users += is_used
        return entry

    def leave(self, entry):
        self.steps += 1
        entry.order = self.steps
        entry.users -= 1
        if entry.users:
            return
        if not entry.is_kept:
            self.unloaded.append(entry.name)
        else:
            self.make_room(0, 0)

    def evict(self, model_id, version):
        for each in [each for each in self.entries if each.name == (model_id, version)]:
            self.drop(each)

    def drop(self, entry):
        self.entries.remove(entry)
        entry.is_kept = False
        entry.asked_as.clear()
        if not entry.users:
            self.unloaded.append(entry.name)

    def make_room(self, count, size):
        for each in sorted(self.entries, key=lambda each: each.order):
            total = sum(one.size for one in self.entries) + size
            if len(self.entries) + count <= self.most and total <= self.most_bytes:
                return
            if not each.users:
                self.drop(each)
