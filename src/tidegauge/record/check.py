"""The rules for one record: what is kept of it, or why it is refused.

This is the definition for every format.  JSON records come here one by one; Arrow columns are
searched as a whole, and only the rows that look suspicious come here.

>>> checker = Checker(LABELS, Terms(now=0))
>>> checker.check({"model_id": "fraud", "request_id": "p1", "ground_truth": True})
({'model_id': 'fraud', 'prediction_id': 'p1', 'actual_label': True}, [])
>>> checker.check({"model_id": "fraud", "prediction_id": 1})[1][0].code
'wrong-type'
"""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tidegauge.record import limits, values
from tidegauge.record.fields import LABELS, PREDICTIONS, Alias, Field, Kind, Shape
from tidegauge.record.identity import new_id
from tidegauge.record.refusal import Problem, RefusedError, shape_of, step

DAY: Final = 86_400_000_000

Record = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is judged besides the record itself."""

    now: int  # microseconds since 1970
    oldest: int | None = None  # older is past retention
    generate_ids: bool = False
    # The names of each model's features that were met so far.
    names: dict[str, set[str]] = field(default_factory=dict[str, set[str]])


@dataclass(frozen=True, slots=True)
class Signal:
    """Something odd that is kept all the same."""

    code: str
    detail: str


class Checker:
    def __init__(self, kind: Kind, terms: Terms) -> None:
        self._kind = kind
        self._terms = terms
        self._required = [each for each in kind.fields.values() if each.required]
        self.signals = Counter[Signal]()

    def check(self, record: object) -> tuple[Record | None, list[Problem]]:
        if type(record) is not dict:
            return None, [Problem("", "wrong-type", f"must be an object, is {shape_of(record)}")]
        problems: list[Problem] = []
        kept: Record = {}
        fields, aliases = self._kind.fields, self._kind.aliases
        for given, item in record.items():
            declared = fields.get(given)
            try:
                if declared is None:
                    alias = aliases.get(given)
                    if alias is None:
                        self.meet_unknown(given)
                    elif item is not None:
                        self._translate(record, kept, given, item, alias)
                elif item is not None:
                    kept[given] = self._value(declared, item, "/" + given, record)
            except RefusedError as refused:
                problems.append(refused.problem)
        refused_at = {each.pointer.split("/")[1] for each in problems if each.pointer}
        try:
            self._whole(kept, refused_at)
        except RefusedError as refused:
            problems.append(refused.problem)
        return (None if problems else kept), problems

    def _value(self, declared: Field, item: object, at: str, record: Record) -> object:
        shape = declared.shape
        if shape is Shape.TIME:
            return self._moment(item, at)
        if shape is Shape.VALUES:
            return self._inputs(values.mapped(item, at), at, declared, record)
        if shape.is_map:
            items = values.mapped(item, at)
            for key in items:
                values.member(key, at + step(key))
            return values.MAPS[shape](items, at, declared)
        return values.BY_SHAPE[shape](item, at, declared)

    def _translate(
        self, record: Record, kept: Record, given: str, item: object, alias: Alias
    ) -> None:
        """Take a field under the name that somebody else gives it."""
        target, at = alias.field, step(given)
        if given == "prediction" and type(item) is float:
            # A regression's answer is a number; a class is a text, a boolean or a whole number.
            target = self._kind.fields["prediction_score"]
        if given == "timestamp_ms" and type(item) is int:
            found: object = self._in_time(item * 1000, at)
        elif target.shape is Shape.NAME and type(item) is not str and target.name in record:
            return
        else:
            found = self._value(target, item, at, record)
        if alias.factor != 1.0 and isinstance(found, int | float):
            found *= alias.factor
        other = record.get(target.name)
        if other is not None:
            other = self._value(target, other, step(target.name), record)
        elif target.name in kept:
            other = kept[target.name]
        if other is not None and other != found:
            detail = f"differs from {target.name!r}, of which it is another name: send one of them"
            raise RefusedError(at, "bad-format", detail)
        kept[target.name] = found

    def _moment(self, item: object, at: str) -> int:
        return self._in_time(values.time(item, at), at)

    def _in_time(self, moment: int, at: str) -> int:
        terms = self._terms
        if moment > terms.now:
            if moment > terms.now + DAY:
                detail = (
                    f"is {_told(moment)}, more than a day ahead of the server, where it is"
                    f" {_told(terms.now)}"
                )
                raise RefusedError(at, "timestamp-in-future", detail)
            # Clocks of a fleet differ by seconds all the time.
            if moment > terms.now + 60_000_000:
                self.signals[Signal("skewed", "timestamps ahead of the server's clock")] += 1
        elif terms.oldest is not None and moment < terms.oldest:
            detail = (
                f"is {_told(moment)}, older than what is kept, which starts at"
                f" {_told(terms.oldest)}"
            )
            raise RefusedError(at, "timestamp-too-old", detail)
        return moment

    def _inputs(
        self, items: dict[str, object], at: str, declared: Field, record: Record
    ) -> dict[str, object]:
        if len(items) > limits.FEATURES:
            detail = f"has {len(items)} features, of {limits.FEATURES} at most"
            raise RefusedError(at, "too-many-features", detail)
        model = record.get("model_id")
        known = self._terms.names.setdefault(model if type(model) is str else "", set())
        if not known.issuperset(items):
            self._meet(items, known, at)
        if not values.are_plain(items.values()):
            for key, item in items.items():
                values.value(item, at + step(key), declared)
        return items

    def _meet(self, items: Mapping[str, object], known: set[str], at: str) -> None:
        fresh = [each for each in items if each not in known]
        for each in fresh:
            values.member(each, at + step(each))
        if len(known) + len(fresh) > limits.FEATURES:
            detail = f"the model would have more than {limits.FEATURES} features"
            raise RefusedError(at, "too-many-features", detail)
        known.update(fresh)
        for each in fresh:
            if any(twin != each and twin in known for twin in _twins(each)):
                detail = "two features have names that look the same and are not"
                self.signals[Signal("similar-name", detail)] += 1

    def meet_unknown(self, given: str) -> None:
        near = difflib.get_close_matches(given, self._kind.names, 1)
        hint = f', did you mean "{near[0]}"?' if near else ""
        shown = given if len(given) <= limits.NAME and given.isprintable() else "(unprintable)"
        self.signals[Signal("unknown-field", f'unknown field "{shown}"{hint}')] += 1

    def _whole(self, kept: Record, refused: set[str]) -> None:
        """What concerns several fields, or one that is not there."""
        for each in self._required:
            if each.name not in kept and not refused & {each.name, *each.aliases}:
                if each.name == self._kind.key and self._terms.generate_ids:
                    kept[each.name] = new_id()
                    continue
                hint = ""
                if each.name == self._kind.key:
                    hint = ", or ask for generate_ids=true"
                raise RefusedError("/" + each.name, "required", f"is missing{hint}")
        if "timestamp" not in kept and "timestamp" not in refused:
            detail = "without a timestamp the time of receipt counts"
            self.signals[Signal("no-timestamp", detail)] += 1
        if self._kind is LABELS:
            _label(kept, refused)
        elif self._kind is PREDICTIONS and "shap_values" in kept:
            _attributed(kept)


TRUTHS = ("actual_label", "actual_labels", "actual_score", "actual_outputs", "relevance")


def _label(kept: Record, refused: set[str]) -> None:
    if kept.get("actual_label") == "":
        raise RefusedError("/actual_label", "too-short", "must not be empty")
    if refused or kept.get("retract") or any(each in kept for each in TRUTHS):
        return
    detail = "is missing; to withdraw a label send retract: true"
    raise RefusedError("/actual_label", "required", detail)


def _attributed(kept: Record) -> None:
    features, shares = kept.get("features"), kept["shap_values"]
    if not isinstance(features, dict) or not isinstance(shares, dict):
        return
    if all(value is None for value in features.values()):
        # A row of columns that others filled: it has no features of its own.
        return
    for each in shares:
        if each not in features:
            raise RefusedError(
                "/shap_values" + step(each), "unknown-feature", "is not in 'features'"
            )


def _twins(name: str) -> list[str]:
    """The other ways to write the letters of a name, which look the same."""
    return [] if name.isascii() else [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]


def _told(moment: int) -> str:
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    except OverflowError:
        return f"{moment / 1e6:.0f} seconds from 1970"
    return at.isoformat(timespec="seconds")
