"""Rows of tables as our own values, and back: a value's fields have the columns' names."""

from collections.abc import Container
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Row

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    V = TypeVar("V", bound=DataclassInstance)
else:
    V = TypeVar("V")


def read(kind: type[V], row: Row[Any]) -> V:
    return kind(**row._mapping)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it is public


def written(value: "DataclassInstance", leave: Container[str] = ()) -> dict[str, Any]:
    return {
        field.name: getattr(value, field.name) for field in fields(value) if field.name not in leave
    }
