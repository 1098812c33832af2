"""Personal data is hashed or left out before it leaves the process.

A pattern is matched, whatever its case, with the name of a field (`user_id`), with the name of a
member (`email`), with both (`tags.email`) and with the parts of a flattened one
(`features.address.zip` has the part `zip`).  A hash is keyed (HMAC-SHA-256), for a plain hash of a
mail address or a phone number is undone by trying all of them.  The same value has the same hash
in predictions, labels and feedback, so they still meet.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final, Literal

from tidegauge.errors import InputError
from tidegauge.record.fields import Field, Kind, Shape

Action = Literal["hash", "drop"]

# What a record cannot be without may be hashed, if it is not the model's.
_NEEDED: Final = ("model_id", "prediction_id", "metric_name", "value")
_HASHABLE: Final = frozenset({Shape.KEY, Shape.TEXT, Shape.VALUE, Shape.VALUES, Shape.TEXTS})
# Class names and attributions are kept beside an input that is hashed, not beside one that is left
# out: the server refuses attributions of a feature that is not there.
_LEFT_BY_HASH: Final = frozenset({Shape.NUMBERS, Shape.TIME, Shape.FLAG, Shape.NAME})


class Privacy:
    def __init__(self, patterns: Mapping[str, Action], key: str | None) -> None:
        for pattern, action in patterns.items():
            if action not in ("hash", "drop"):
                raise InputError(f"pii: {pattern!r} must be 'hash' or 'drop'")
            if action == "hash" and not key:
                raise InputError(f"pii: to hash {pattern!r} a key is needed, in TIDEGAUGE_PII_KEY")
        self._patterns: list[tuple[str, Action]] = [
            (pattern.lower(), action) for pattern, action in patterns.items()
        ]
        self._key = (key or "").encode()
        self._known: dict[tuple[str, str], Action | None] = {}
        for name in _NEEDED:
            if self._search({name}) == "drop":
                raise InputError(f"pii: without {name!r} there is no record: hash it, or keep it")

    def apply(self, kind: Kind, record: dict[str, object]) -> dict[str, object]:
        if not self._patterns:
            return record
        found: dict[str, object] = {}
        for name, item in record.items():
            field = kind.fields[name]
            shape = field.shape
            if not shape.is_map:
                kept = self._kept(item, shape, self._action(field, ""))
            else:
                items: dict[str, object] = item  # pyright: ignore[reportAssignmentType]
                members = {
                    key: self._kept(each, shape, self._action(field, key))
                    for key, each in items.items()
                }
                kept = {key: each for key, each in members.items() if each is not _GONE}
            if kept is not _GONE:
                found[name] = kept
        return found

    def _kept(self, item: object, shape: Shape, action: Action | None) -> object:
        if action is None or item is None:
            return item
        if action == "drop":
            return _GONE
        if shape in _HASHABLE:
            return self._hash(item)
        if shape is Shape.LABELS:
            return [self._hash(each) for each in item]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        # A score or a vector has no hash that means anything; the model is no person.
        return item if shape in _LEFT_BY_HASH else _GONE

    def _hash(self, item: object) -> str:
        import hmac  # noqa: PLC0415 - few clients hash

        text = item if isinstance(item, str) else repr(item)
        return "hmac-" + hmac.digest(self._key, text.encode(), "sha256").hex()[:32]

    def _action(self, field: Field, member: str) -> Action | None:
        place = (field.name, member)
        if place not in self._known:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            heads = {field.name, *field.aliases}
            paths = {f"{head}.{member}" for head in heads} if member else set[str]()
            self._known[place] = self._search({*heads, *paths, *member.split("."), member} - {""})
        return self._known[place]

    def _search(self, names: set[str]) -> Action | None:
        for pattern, action in self._patterns:
            if any(fnmatchcase(name.lower(), pattern) for name in names):
                return action
        return None


_REMEMBERED: Final = 100_000
_GONE: Final = object()
