"""Which alerts are meant: matchers on labels, as in Prometheus' Alertmanager.

A label that is missing is the same as an empty one, and a pattern has to match the whole value.
Patterns are run by an engine that is linear in the text, as they come from users.

>>> fraud = [parse('model=~"fraud-.*"'), parse('family != drift')]
>>> matches(fraud, {"model": "fraud-eu", "family": "ops"})
True
>>> matches(fraud, {"model": "no-fraud-eu"})
False
>>> str(fraud[1])
'family!="drift"'
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import re2

from tidegauge.errors import InputError

Operator = Literal["=", "!=", "=~", "!~"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The longer one first, as "=" begins "=~".
_OPERATOR: Final = re.compile(r"=~|!~|!=|=")
_ESCAPE: Final = re.compile(r'\\([n"\\])')
_PLAIN: Final = {"n": "\n", '"': '"', "\\": "\\"}
_ESCAPED: Final = str.maketrans({"\n": r"\n", '"': r"\"", "\\": r"\\"})
_LONGEST: Final = 4096
_ODD_VALUES: Final = ("q", "Zx-81 ~", "0", "_", "é/?")
"""Who matches all of these means any value."""


@dataclass(frozen=True)
class Matcher:
    name: str
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(f"{self.name!r} is no name of a label: letters, digits and _ only")
        if len(self.value) > _LONGEST:
            raise InputError(f"a value has {len(self.value)} characters; {_LONGEST} are allowed")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            raise InputError("a value has half a character (a surrogate) in it") from None
        if self.operator in ("=~", "!~"):
            # Now, so that a pattern that is none is refused where it is written.
            _ = self._pattern

    @cached_property
    def _pattern(self) -> Any:  # noqa: ANN401 - the package tells no types
        options = re2.Options()
        options.log_errors = False
        try:
            return re2.compile(self.value, options)
        except re2.error as error:
            why = error.args[0]
            told = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
            raise InputError(f"{self.value!r} is no pattern (RE2 syntax): {told}") from None

    def matches(self, value: str) -> bool:
        match self.operator:
            case "=":
                return value == self.value
            case "!=":
                return value != self.value
            case "=~":
                return self._pattern.fullmatch(value) is not None
            case "!~":
                return self._pattern.fullmatch(value) is None

    def __str__(self) -> str:
        return f'{self.name}{self.operator}"{self.value.translate(_ESCAPED)}"'


def matches(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all of them do; where there is none, all labels match."""
    return all(matcher.matches(labels.get(matcher.name, "")) for matcher in matchers)


def is_everything(matchers: Iterable[Matcher]) -> bool:
    """Whether they leave nothing out, or only what they name.

    A matcher that takes a missing label narrows nothing (`team=""`, `model!="a"`, `model=~".*"`),
    which is why Alertmanager refuses a silence of such alone; nor does one that takes any value.

    >>> is_everything([parse('model=~".+"')]), is_everything([parse('model!="a"')])
    (True, True)
    >>> is_everything([parse('model!="a"'), parse('family="drift"')])
    False
    """
    return all(
        matcher.matches("") or all(map(matcher.matches, _ODD_VALUES)) for matcher in matchers
    )


def parse(text: str) -> Matcher:
    r"""One matcher; its value may stand without quotes where it holds none.

    Within a value \n, \" and \\ are a new line, a quote and a backslash; any other backslash is
    itself, so that patterns need no second one.

    >>> parse('model~"a"')
    Traceback (most recent call last):
    tidegauge.errors.InputError: matcher 'model~"a"', column 6: one of =, !=, =~, !~ is missing
    """
    name = _NAME.match(text, _after_space(text, 0))
    if name is None:
        raise _error(text, _after_space(text, 0), "it must begin with the name of a label")
    start = _after_space(text, name.end())
    operator = _OPERATOR.match(text, start)
    if operator is None:
        raise _error(text, start, "one of =, !=, =~, !~ is missing")
    start = _after_space(text, operator.end())
    value = _value(text, start)
    try:
        return Matcher(name[0], _operator(operator[0]), value)
    except InputError as error:
        raise _error(text, start, str(error)) from None


def _value(text: str, start: int) -> str:
    end = len(text.rstrip())
    is_quoted = text.startswith('"', start)
    at = start + is_quoted
    read = list[str]()
    while at < end and text[at] != '"':
        escape = _ESCAPE.match(text, at, end)
        read.append(_PLAIN[escape[1]] if escape else text[at])
        at = escape.end() if escape else at + 1
    if at < end and not is_quoted:
        raise _error(text, at, r"a quote within a value is written \"")
    if at >= end and is_quoted:
        raise _error(text, start, "this quote is never closed")
    if at + 1 < end:
        raise _error(text, at + 1, "nothing may follow the value")
    return "".join(read)


def _operator(told: str) -> Operator:
    return "=~" if told == "=~" else "!~" if told == "!~" else "!=" if told == "!=" else "="


def _after_space(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip())


def _error(text: str, at: int, what: str) -> InputError:
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    return InputError(f"matcher {shown!r}, column {at + 1}: {what}")
