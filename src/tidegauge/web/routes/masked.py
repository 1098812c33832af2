"""A channel as people may see it: a mask stands where it has a secret.

Who reads a channel, changes one field and writes it back sends the masks: each means the secret
that was there.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tidegauge.alert.channels.base import Base, revealed
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.record.refusal import step
from tidegauge.web.routes.asked import checked_text

MASK: Final = "**********"
_DEEPEST: Final = 8


class Unmasked(NamedTuple):
    document: dict[str, Any]
    is_kept: bool
    """Whether a mask stood for something."""


def masked(channel: Base) -> dict[str, Any]:
    told = channel.model_dump(mode="json")
    return {name: told[name] for name in revealed(channel)}


def unmasked(given: Mapping[str, Any], before: Mapping[str, Any]) -> Unmasked:
    """What was written, with the secrets of before; a mask that stands for none is refused."""
    faults: list[Fault] = []
    was = before if before.get("kind") == given.get("kind") else {}
    kept = list[str]()
    document = {
        name: _unmasked(value, was.get(name), step(name), faults, kept)
        for name, value in given.items()
    }
    if faults:
        raise ProblemError("invalid-request", f"{len(faults)} masks stand for nothing", faults)
    # What signs a webhook is known to who receives it: it is not made anew by the way.
    if "secrets" in was and "secrets" not in document:
        document["secrets"] = was["secrets"]
    return Unmasked(document, bool(kept))


def _unmasked(
    value: object, was: object, pointer: str, faults: list[Fault], kept: list[str]
) -> Any:  # noqa: ANN401 - any field of any channel
    if pointer.count("/") > _DEEPEST:
        raise ProblemError("too-deep", f"a channel is at most {_DEEPEST} levels deep")
    if isinstance(value, str):
        if value != MASK:
            return checked_text(value)
        if not isinstance(was, str):
            detail = "there was no secret before: write it"
            faults.append({"pointer": pointer, "code": "required", "detail": detail})
            return value
        kept.append(pointer)
        return was
    if isinstance(value, dict):
        old = was if isinstance(was, dict) else {}
        return {
            checked_text(str(name)): _unmasked(
                each, old.get(name), pointer + step(str(name)), faults, kept
            )
            for name, each in value.items()
        }
    if isinstance(value, list):
        olds = was if isinstance(was, list) else []
        return [
            _unmasked(
                each, olds[place] if place < len(olds) else None, f"{pointer}/{place}", faults, kept
            )
            for place, each in enumerate(value)
        ]
    return value
