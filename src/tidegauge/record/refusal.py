"""Why a record, or a part of it, cannot be kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of one record: where, a code for programs, a sentence for people.

    The sentence tells the shape of the value and never the value, which may be personal.
    """

    pointer: str
    code: str
    detail: str


class RefusedError(Exception):
    """Raised where a value is looked at, and caught where its record is judged."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = Problem(pointer, code, detail)


def step(name: str) -> str:
    """A member's name inside a JSON pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def shape_of(value: object) -> str:
    """What a value is, without saying it."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a number"
        case str():
            return f"a text of {len(value)} characters"
        case list() | tuple():
            return f"an array of {len(value)}"
        case dict():
            return f"an object of {len(value)} members"
        case _:
            return f"a {type(value).__name__}"
