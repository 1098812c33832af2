"""What is copied in the caller's thread, so that the caller may change it right after `log()`.

Nothing of the caller's runs here: no `__iter__`, no `__str__`, no property.  What is not of a known
type is kept as it is, for the worker to judge.
"""

import sys
from types import MemberDescriptorType
from typing import Any, Final

from tidegauge.client.unfit import UnfitError
from tidegauge.record import limits

PLAIN: Final = frozenset({float, int, str, bool, type(None)})
"""What cannot change and holds nothing else."""

_NUMBERS: Final = frozenset({float, int, bool, type(None)})
# What a value costs with the place that refers to it, and what a thing costs that is unknown.
_SLOT: Final = 104
_UNKNOWN: Final = 1_024
_RECORD: Final = 512
# Texts that are shorter than this together are not worth a closer look.
_SHORT: Final = 512


def loaded(package: str) -> Any:  # noqa: ANN401 - a module
    """A package that the program has loaded, all of it: another thread may be at it just now."""
    module = sys.modules.get(package)
    spec = getattr(module, "__spec__", None)
    return None if getattr(spec, "_initializing", False) else module


def copied(item: object, depth: int = 0) -> object:
    """The value, cut loose from what the caller may still change."""
    kind = type(item)
    if kind in PLAIN:
        return item
    if kind is dict:
        return _copied_dict(item, depth)  # pyright: ignore[reportArgumentType]
    if kind is list:
        return _copied_list(item, depth)  # pyright: ignore[reportArgumentType]
    if kind is bytearray:
        return bytes(item)  # pyright: ignore[reportArgumentType]
    if issubclass(kind, dict):
        return _copied_dict(dict.copy(item), depth)  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]
    if is_mutable_array(kind):
        return item.copy()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
    members = _members(item, kind)
    return item if members is None else _copied_dict(members, depth)


def _copied_dict(item: dict[object, object], depth: int) -> dict[object, object]:
    if len(item) > limits.FEATURES:
        raise UnfitError("too_large", f"a dict of more than {limits.FEATURES} members")
    if depth > limits.DEPTH:
        raise UnfitError("too_deep", f"nested deeper than {limits.DEPTH}")
    own = _own(item)
    if not PLAIN.issuperset(map(type, own.values())):
        for key, value in own.items():
            if type(value) not in PLAIN:
                own[key] = copied(value, depth + 1)
    return own


def _own(item: dict[object, object]) -> dict[object, object]:
    """A copy, though another thread may be changing it."""
    for _ in range(3):
        try:
            return copy_of(item)
        except RuntimeError:
            continue
    raise UnfitError("serialize", "a dict that was changed while it was copied")


copy_of: Final = dict[object, object].copy


def _copied_list(item: list[object], depth: int) -> list[object]:
    if len(item) > limits.VECTOR:
        raise UnfitError("too_large", f"a list of more than {limits.VECTOR} values")
    if depth > limits.DEPTH:
        raise UnfitError("too_deep", f"nested deeper than {limits.DEPTH}")
    own = item.copy()
    if not PLAIN.issuperset(map(type, own)):
        for place, value in enumerate(own):
            if type(value) not in PLAIN:
                own[place] = copied(value, depth + 1)
    return own


def is_mutable_array(kind: type) -> bool:
    """Whether it is one of those arrays and frames that have a cheap `copy()` of their own."""
    numpy: Any = loaded("numpy")
    if numpy is not None and kind is getattr(numpy, "ndarray", None):
        return True
    pandas: Any = loaded("pandas")
    return pandas is not None and kind in (
        getattr(pandas, "Series", None),
        getattr(pandas, "DataFrame", None),
    )


def static(kind: type, name: str) -> Any:  # noqa: ANN401 - whatever the class says of itself
    """An attribute of a class, without running the code of its metaclass."""
    for each in type.__getattribute__(kind, "__mro__"):
        members = type.__getattribute__(each, "__dict__")
        if name in members:
            return members[name]
    return None


def _members(item: object, kind: type) -> dict[object, object] | None:
    """What a dataclass or a pydantic model holds, read from its memory and not from its methods."""
    fields = static(kind, "__dataclass_fields__")
    if fields is None:
        fields = static(kind, "__pydantic_fields__")
    if type(fields) is not dict:
        return None
    try:
        held = object.__getattribute__(item, "__dict__")
    except AttributeError:
        held = {}
    if type(held) is not dict:
        return None
    found: dict[object, object] = {}
    for name in fields:
        if name in held:
            found[name] = held[name]
        elif type(static(kind, name)) is MemberDescriptorType:
            found[name] = object.__getattribute__(item, name)
    return found


def weight(fields: dict[str, object]) -> int:
    """About how many bytes of memory a record takes while it waits."""
    return _RECORD + sum(_weight(item, 0) for item in fields.values())


def _weight(item: object, depth: int) -> int:
    kind = type(item)
    if kind in _NUMBERS:
        return _SLOT
    if kind is str or kind is bytes:
        return _SLOT + sys.getsizeof(item)
    if kind is dict:
        values: Any = item.values()  # pyright: ignore[reportAttributeAccessIssue]
    elif kind is list or kind is tuple:
        values = item
    else:
        size = item.nbytes if is_numpy(kind) else _UNKNOWN  # pyright: ignore[reportAttributeAccessIssue]
        return _SLOT + int(size)
    if PLAIN.issuperset(map(type, values)):
        length = sum([len(each) for each in values if type(each) is str])
        if length > _SHORT:
            # A character takes 1 to 4 bytes.
            length = sum([sys.getsizeof(each) for each in values if type(each) is str])
        return _SLOT + _SLOT * len(values) + length
    if depth > limits.DEPTH:
        return _UNKNOWN
    return _SLOT + sum(_weight(each, depth + 1) for each in values)


def is_numpy(kind: type) -> bool:
    numpy: Any = loaded("numpy")
    return numpy is not None and kind is getattr(numpy, "ndarray", None)
