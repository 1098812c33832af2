"""What the columns of a data set are.  Inferred, printed, and then yours to edit.

>>> schema = Schema.of({"age": "numeric", "zip": "numeric", "at": "datetime"})
>>> print(schema.edit(zip="category", at="time"))
column  kind      role     why
age     numeric   feature
zip     category  feature  set by you
at      datetime  time     set by you
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, Self, get_args

from tidegauge.errors import InputError, UnreadableError

Kind = Literal["numeric", "category", "boolean", "datetime", "text", "embedding", "empty"]
Role = Literal["feature", "prediction", "target", "time", "weight", "id", "ignore"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROLES: tuple[Role, ...] = get_args(Role)
_ONE = frozenset({"time", "weight"})
AND: Final = " & "
"""Between the columns, and the values, of a segment that is made of several."""


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    kind: Kind
    role: Role = "feature"
    why: str = ""
    """Why it was taken for this, for the one who reads the printed schema."""

    @property
    def is_judged(self) -> bool:
        """Times, ids and what the user leaves out are looked after, but cannot drift."""
        return self.role in ("feature", "prediction", "target")


@dataclass(frozen=True)
class Schema:
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, kinds: Mapping[str, str]) -> Self:
        """From names and kinds (or roles): `{"age": "numeric", "at": "time"}`."""
        return cls(tuple(_column(name, word) for name, word in kinds.items()))

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Column:
        if name not in self._by_name:
            raise InputError(f"no column {name!r}{near(name, self.names)}")
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def time(self) -> str | None:
        """The column that says when a row happened."""
        return next((column.name for column in self.columns if column.role == "time"), None)

    @property
    def weight(self) -> str | None:
        """The column that says how many rows a row stands for."""
        return next((column.name for column in self.columns if column.role == "weight"), None)

    def edit(self, changes: Mapping[str, str] | None = None, /, **more: str) -> Self:
        """The same with other kinds or roles: `schema.edit(zip="category", customer="id")`."""
        wanted = {**(changes or {}), **more}
        for name in wanted:
            self[name]
        edited: list[Column] = []
        for column in self.columns:
            if column.name in wanted:
                edited.append(_edited(column, wanted[column.name]))
            elif column.role in _ONE & set(wanted.values()):
                # There is one of these; the newly named one takes over.
                why = f"no longer the {column.role}"
                edited.append(replace(column, role="feature", why=why))
            else:
                edited.append(column)
        return type(self)(tuple(edited))

    def __str__(self) -> str:
        rows = [("column", "kind", "role", "why")]
        rows += [(column.name, column.kind, column.role, column.why) for column in self.columns]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        return "\n".join(
            "  ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]).rstrip()
            for row in rows
        )

    def save(self, path: str | Path) -> None:
        """Write it as a YAML file that can be edited by hand."""
        import yaml  # noqa: PLC0415 - slow to load, and seldom needed

        columns = {c.name: {"kind": c.kind, "role": c.role} for c in self.columns}
        text = yaml.safe_dump({"columns": columns}, sort_keys=False, allow_unicode=True)
        Path(path).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a YAML file of `columns:` with a kind, or kind and role, for each."""
        import yaml  # noqa: PLC0415 - as above

        try:
            data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise UnreadableError(f"schema {path}: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UnreadableError(f"schema {path} is not YAML: {error}") from error
        columns = data.get("columns") if isinstance(data, dict) else None
        if not isinstance(columns, dict):
            raise UnreadableError(f"schema {path} has no `columns:` with a kind for each column")
        return cls(tuple(_loaded(str(name), value) for name, value in columns.items()))


def segment_columns(segment: str) -> list[str]:
    """The columns that a segment is made of.

    >>> segment_columns("tags.gender & tags.age")
    ['tags.gender', 'tags.age']
    """
    return segment.split(AND)


def near(name: str, known: list[str]) -> str:
    """The end of an error message: what was probably meant."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _column(name: str, word: str) -> Column:
    if word in ROLES:
        kind: Kind = "datetime" if word == "time" else "numeric"
        return Column(name=name, kind=kind, role=word)
    return Column(name=name, kind=_kind(name, word))


def _edited(column: Column, word: str) -> Column:
    if word in ROLES:
        kind: Kind = "datetime" if word == "time" else column.kind
        return replace(column, kind=kind, role=word, why="set by you")
    # Whoever names a kind wants the column looked at.
    role = "feature" if column.role in ("ignore", "id", "time", "weight") else column.role
    return replace(column, kind=_kind(column.name, word), role=role, why="set by you")


def _kind(name: str, word: str) -> Kind:
    if word not in KINDS:
        known = [*KINDS, *ROLES]
        raise InputError(
            f"column {name!r}: {word!r} is neither a kind nor a role{near(word, known)} "
            f"(kinds: {', '.join(KINDS)}; roles: {', '.join(ROLES)})"
        )
    return word


def _loaded(name: str, value: object) -> Column:
    if isinstance(value, str):
        return replace(_column(name, value), why="set by you")
    if not isinstance(value, dict):
        raise InputError(f"column {name!r}: wants a kind, or kind and role")
    unknown = set(value) - {"kind", "role"}
    if unknown:
        raise InputError(f"column {name!r}: unknown {sorted(map(str, unknown))}; kind or role")
    column = Column(name=name, kind=_kind(name, str(value.get("kind", "numeric"))))
    role = str(value.get("role", "feature"))
    if role not in ROLES:
        raise InputError(f"column {name!r}: no role {role!r}{near(role, list(ROLES))}")
    return replace(column, role=role, why="set by you")
