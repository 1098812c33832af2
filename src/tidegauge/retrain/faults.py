"""What is wrong with a policy that somebody wrote, each fault with where it is."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from tidegauge.monitor.faults import Fault, FaultsError, Loc
from tidegauge.retrain.policy import Policy

_TARGETS: Final = ("webhook", "command", "python")


def checked(given: object) -> Policy:
    """A policy that can be kept; FaultsError has all that is wrong with it."""
    try:
        return Policy.model_validate(given)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise FaultsError([_fault(each) for each in told]) from None


def document_of(policy: Policy) -> dict[str, Any]:
    """As it would be in a file: without what is the default."""
    return {"name": policy.name, **policy.model_dump(mode="json", exclude_defaults=True)}


def _fault(told: Mapping[str, Any]) -> Fault:
    # The union's own mark in the path says nothing to the one who wrote it.
    given = enumerate(told["loc"])
    loc: Loc = tuple(part for at, part in given if at != 1 or part not in _TARGETS)
    if told["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return Fault((*loc, "kind"), f"must be one of {', '.join(_TARGETS)}")
    return Fault(loc, str(told["msg"]).removeprefix("Value error, "))
