"""Requests and responses of one call that come apart, joined.

>>> halves = Halves(patience=60_000_000)
>>> halves.add({"prediction_id": "1-0", "half": "response", "prediction_label": "ok"}, now=0)
>>> halves.add({"prediction_id": "1-0", "half": "request", "features": {"a": 1}}, now=5)
{'prediction_id': '1-0', 'prediction_label': 'ok', 'features': {'a': 1}}
"""

from collections import OrderedDict
from dataclasses import dataclass, field

Record = dict[str, object]
_Key = tuple[object, object]


@dataclass(slots=True)
class Halves:
    """Those that wait for their other half, oldest first, for as long as patience lasts."""

    patience: int  # microseconds
    _waiting: OrderedDict[_Key, tuple[int, Record]] = field(
        default_factory=OrderedDict[_Key, tuple[int, Record]]
    )

    def add(self, half: Record, *, now: int) -> Record | None:
        """The whole record, if this half completes it."""
        key = half.get("model_id"), half["prediction_id"]
        at, other = self._waiting.get(key, (now, half))
        if other["half"] == half["half"]:
            # The first, or the same again: senders may repeat themselves.
            self._waiting[key] = at, half
            return None
        del self._waiting[key]
        return _joined(other, half)

    def given_up(self, *, now: int) -> list[Record]:
        """Those whose other half did not come in time: with what they have."""
        late: list[Record] = []
        while self._waiting:
            key, (at, half) = next(iter(self._waiting.items()))
            if now - at < self.patience:
                break
            del self._waiting[key]
            late.append(_joined(half, {}))
        return late

    def __len__(self) -> int:
        return len(self._waiting)


def _joined(one: Record, other: Record) -> Record:
    # The time of the request is when the prediction was asked for.
    first, second = (other, one) if one.get("half") == "request" else (one, other)
    both = {**first, **second}
    both.pop("half", None)
    tags = {**_tags(first), **_tags(second)}
    return both | ({"tags": tags} if tags else {})


def _tags(half: Record) -> Record:
    tags = half.get("tags")
    return tags if isinstance(tags, dict) else {}
