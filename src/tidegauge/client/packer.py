"""From what was put into the queue to batches: encode, check, sample, hide, make columns.

The checks are the server's own, so what is sent is what the server takes.
"""

import time
from collections.abc import Sequence
from typing import Final

from tidegauge.client import batch as batches
from tidegauge.client.batch import Batch
from tidegauge.client.books import Books, Reason
from tidegauge.client.buffer import Many, Mark, Single, model_of
from tidegauge.client.delivery import Delivery, Messenger
from tidegauge.client.encode import Encoder, Record
from tidegauge.client.quiet import Voice
from tidegauge.client.settings import Settings
from tidegauge.client.unfit import UnfitError
from tidegauge.record import limits
from tidegauge.record.check import Checker, Terms
from tidegauge.record.fields import KINDS
from tidegauge.record.identity import new_id

_REASONS: Final[dict[str, Reason]] = dict.fromkeys(
    ("too-long", "too-many", "too-many-features", "record-too-large"), "too_large"
)
# Far below what a request may bring, so that a batch is never refused for its size.
_BATCH_BYTES: Final = 8 * limits.MIB
# Records between two offers to let other threads run: the interpreter would do it after 5 ms only.
_POLITE: Final = 64


class _Groups:
    """Records that will be one batch each, by kind and model."""

    def __init__(self, now: int) -> None:
        self.records: dict[tuple[str, str], list[Record]] = {}
        self.batches: list[Batch] = []
        self._sizes: dict[tuple[str, str], int] = {}
        self._checkers: dict[str, Checker] = {}
        self._now = now

    def checker(self, kind: str) -> Checker:
        if kind not in self._checkers:
            self._checkers[kind] = Checker(KINDS[kind], Terms(now=self._now))
        return self._checkers[kind]

    def add(
        self, key: tuple[str, str], record: Record, size: int, most: int
    ) -> list[Record] | None:
        """The group that this record has no place in any more, if it is full."""
        group = self.records.get(key)
        total = self._sizes.get(key, 0) + size
        if group is None or len(group) >= most or total > _BATCH_BYTES:
            self.records[key], self._sizes[key] = [record], size
            return group
        group.append(record)
        self._sizes[key] = total
        return None


class Packer:
    def __init__(
        self, settings: Settings, books: Books, voice: Voice, messenger: Messenger
    ) -> None:
        self._settings = settings
        self._books = books
        self._voice = voice
        self._messenger = messenger
        self._encoder = Encoder()
        self._made = 0
        self.open = 0
        """Records that were taken, and are neither at an end nor in a batch."""

    @property
    def place(self) -> int:
        """Of the batch that was made last."""
        return self._made

    def pack(self, items: Sequence[Single | Many | Mark]) -> list[Batch]:
        groups = _Groups(time.time_ns() // 1000)
        for place, item in enumerate(items):
            if not place % _POLITE:
                time.sleep(0)
            if isinstance(item, tuple):
                self._add(groups, *item[:3])
            elif not isinstance(item, Mark):
                self._add_rows(groups, item)
        for key, group in groups.records.items():
            groups.batches.extend(self._batches(key, group))
        if self._encoder.met_naive_time:
            self._voice.say("naive", "a timestamp without an offset was taken for UTC")
            self._encoder.met_naive_time = False
        return groups.batches

    def _add(self, groups: "_Groups", kind: str, fields: dict[str, object], at: int) -> None:
        try:
            fitted = self._fitted(kind, fields, at, groups.checker(kind))
        except UnfitError as unfit:
            self._drop(kind, fields, unfit.reason, unfit.detail)
        except RecursionError:
            self._drop(kind, fields, "too_deep", "nested too deeply")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one record, not its batch
            self._drop(kind, fields, "serialize", type(error).__name__)
        else:
            if fitted is None:
                self.open -= 1
                self._books.sampled_out += 1
                return
            record, size = fitted
            key = (kind, str(record.get("model_id", "")))
            full = groups.add(key, record, size, self._settings.batch_rows)
            if full is not None:
                groups.batches.extend(self._batches(key, full))

    def checked(self, kind: str, fields: dict[str, object], at: int) -> None:
        """Raise `UnfitError` if the record would not be sent."""
        self._fitted(kind, fields, at, Checker(KINDS[kind], Terms(now=at // 1000)))

    def _add_rows(self, groups: "_Groups", item: Many) -> None:
        known = {"model_id": item.model_id}
        try:
            rows = item.rows()
        except UnfitError as unfit:
            self._drop(item.kind, known, unfit.reason, unfit.detail, item.count)
            return
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the rows of one call
            self._drop(item.kind, known, "serialize", type(error).__name__, item.count)
            return
        # The books have counted what the item said it was.
        missing = item.count - len(rows)
        if missing > 0:
            self._drop(item.kind, known, "serialize", "fewer rows than were announced", missing)
        for place, row in enumerate(rows[: item.count]):
            if not place % _POLITE:
                time.sleep(0)
            self._add(groups, item.kind, row, item.at)

    def _fitted(
        self, kind_name: str, fields: dict[str, object], at: int, checker: Checker
    ) -> tuple[Record, int] | None:
        """The record as it is sent and its size, or None if it is not in the sample."""
        kind, settings = KINDS[kind_name], self._settings
        record = self._encoder.record(kind, fields)
        if settings.model_id is not None and record.keys().isdisjoint(_MODEL_NAMES):
            record["model_id"] = settings.model_id
            if settings.model_version is not None and "model_version" in kind.fields:
                record.setdefault("model_version", settings.model_version)
        if kind_name == "predictions" and record.keys().isdisjoint(_ID_NAMES):
            record["prediction_id"] = new_id()
        kept, problems = checker.check(record)
        if kept is None:
            first = problems[0]
            reason = _REASONS.get(first.code, "invalid")
            raise UnfitError(reason, f"{first.pointer} {first.detail}")
        kept.setdefault("timestamp", at // 1000)
        if kind_name == "predictions" and settings.samples:
            sample = settings.samples.get(str(kept["model_id"])) or settings.samples.get("*")
            if sample is not None:
                stands_for = sample.weight(kept)
                if stands_for is None:
                    return None
                given = kept.get("weight", 1.0)
                kept["weight"] = stands_for * given  # pyright: ignore[reportOperatorIssue]
        kept = settings.privacy.apply(kind, kept)
        size = _size(kept)
        if size > limits.RECORD:
            raise UnfitError("too_large", f"a record of {size} bytes, of {limits.RECORD} at most")
        return kept, size

    def _batches(self, key: tuple[str, str], group: list[Record]) -> list[Batch]:
        losses = self._books.losses()
        try:
            batch = batches.made(
                *key,
                group,
                self._settings.compression,
                place=self._made + 1,
                losses=losses,
                with_ids=self._messenger.is_wanted,
            )
        except (Exception, SystemExit) as error:  # noqa: BLE001 - find the record that it is about
            self._books.not_told(tuple(losses))
            if len(group) == 1:
                self._drop(key[0], group[0], "serialize", type(error).__name__)
                return []
            middle = len(group) // 2
            return [*self._batches(key, group[:middle]), *self._batches(key, group[middle:])]
        self._made += 1
        self.open -= len(group)
        return [batch]

    def _drop(
        self, kind: str, fields: dict[str, object], reason: Reason, why: str, records: int = 1
    ) -> None:
        model_id = model_of(fields) or self._settings.model_id or ""
        self.open -= records
        self._books.drop(model_id, reason, time.time_ns() // 1000, records)
        self._voice.say(f"dropped:{reason}", f"a record was dropped ({reason}): {kind}: {why}")
        if self._messenger.is_wanted:
            found = fields.get("prediction_id")
            ids = (found if type(found) is str else None,)
            self._messenger.tell(
                Delivery(
                    kind=kind, model_id=model_id, prediction_ids=ids, dropped=reason, detail=why
                )
            )


_MODEL_NAMES: Final = {"model_id", *KINDS["predictions"].fields["model_id"].aliases}
_ID_NAMES: Final = {"prediction_id", *KINDS["predictions"].fields["prediction_id"].aliases}


def _size(record: Record) -> int:
    """About how many bytes the record is on the wire, names and all; exact where it matters."""
    total = 0
    for item in record.values():
        if type(item) is dict:
            values = item.values()
            total += _MEMBER * len(item)
            if not _NUMBERS.issuperset(map(type, values)):
                total += 4 * sum([len(each) for each in values if type(each) in _SIZED])
        elif type(item) in _SIZED:
            total += 4 * len(item)  # pyright: ignore[reportArgumentType]
    return total if total < limits.RECORD // 4 else _exact_size(record)


_NUMBERS: Final = frozenset({int, float, bool, type(None)})
_SIZED: Final = frozenset({str, list})
# A number and its name.
_MEMBER: Final = 24


def _exact_size(item: object) -> int:
    if type(item) is dict:
        return sum(_exact_size(key) + _exact_size(each) for key, each in item.items())
    if type(item) is str:
        return len(item.encode())
    if type(item) is list:
        return sum(map(_exact_size, item)) if item and type(item[0]) is str else 4 * len(item)
    return 8
