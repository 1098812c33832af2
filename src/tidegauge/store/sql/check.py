"""Whether a text is one SELECT over the tables given and no more, by DuckDB's own parser."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tidegauge.errors import InputError
from tidegauge.store.sql.words import (
    EXPRESSIONS,
    FAMILIES,
    FUNCTIONS,
    RELATIONS,
    TABLE_FUNCTIONS,
)

Node = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    query: str
    columns: Mapping[str, list[str]]
    """Of each table that it reads, those that it can mean."""


def check(
    connection: duckdb.DuckDBPyConnection, query: str, tables: Mapping[str, Sequence[str]]
) -> Checked:
    """The one statement of a text, or an `InputError` that says why it is refused."""
    try:
        query.encode()
        statements = connection.extract_statements(query)
    except (duckdb.Error, UnicodeEncodeError) as error:
        raise InputError(f"the query cannot be read: {error}") from None
    if len(statements) != 1:
        raise InputError(f"the query has {len(statements)} statements: send one SELECT")
    text = statements[0].query
    found = connection.execute("select json_serialize_sql(?)", [text]).fetchone()
    tree = json.loads(found[0]) if found else {"error": True, "error_message": ""}
    if tree["error"]:
        raise InputError(f"only one SELECT is allowed here ({tree['error_message']})")
    nodes = list(_nodes(tree["statements"]))
    _refuse_kinds(nodes)
    _refuse_functions(nodes)
    views = {
        str(row[0]).lower()
        for row in connection.execute("select view_name from duckdb_views()").fetchall()
    }
    return Checked(text, _columns(nodes, tables, views))


def _nodes(tree: Any) -> Iterator[Node]:  # noqa: ANN401 - of JSON
    # No recursion: the depth of a query is the user's.
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _refuse_kinds(nodes: Collection[Node]) -> None:
    for node in nodes:
        if "class" in node:
            if node["class"] not in EXPRESSIONS:
                raise InputError(f"an expression of the kind {node['class']} is not allowed here")
        elif "sample" in node and node["type"] not in RELATIONS:
            raise InputError(f"only SELECT over tables is allowed here, not {node['type']}")


def _refuse_functions(nodes: Collection[Node]) -> None:
    tables = {id(node["function"]) for node in nodes if node.get("type") == "TABLE_FUNCTION"}
    for node in nodes:
        name = node.get("function_name")
        if name is None:
            continue
        word = str(name).lower()
        allowed = word in FUNCTIONS or word.startswith(FAMILIES)
        if id(node) in tables:
            allowed = word in TABLE_FUNCTIONS
        # Operators have no letters: +, ||, ~~.
        if not allowed and any(letter.isalnum() or letter == "_" for letter in word):
            raise InputError(f"the function {name}() is not allowed here")
        if node.get("schema") or node.get("catalog"):
            raise InputError(f"{name}(): name functions without a schema")


def _columns(
    nodes: Collection[Node], tables: Mapping[str, Sequence[str]], views: Collection[str]
) -> dict[str, list[str]]:
    named = {name.lower(): name for name in tables}
    ctes = {
        str(entry["key"]).lower()
        for node in nodes
        for entry in (node.get("cte_map") or {"map": []})["map"]
    }
    if hidden := ctes & (named.keys() | set(views)):
        raise InputError(f"WITH {min(hidden)}: this name is taken, choose another")
    read: list[str] = []
    words: set[str] = set()
    aliases: set[str] = set()
    is_all = False
    for node in nodes:
        if node.get("type") == "BASE_TABLE":
            word = str(node["table_name"]).lower()
            if node["schema_name"] or node["catalog_name"] or node["at_clause"]:
                raise InputError(f"{node['table_name']}: name tables without a schema")
            if word in named:
                read.append(named[word])
            elif word not in ctes:
                known = ", ".join(tables) or "none"
                raise InputError(f"there is no table {node['table_name']!r}; there is: {known}")
            aliases |= {word, str(node["alias"]).lower()}
        elif node.get("class") == "COLUMN_REF":
            words |= {str(name).lower() for name in node["column_names"]}
        is_all = is_all or node.get("class") == "STAR" or node.get("ref_type") == "NATURAL"
        words |= {str(name).lower() for name in node.get("using_columns") or ()}
    # A table's own name, as a value, is all of its columns.
    is_all = is_all or bool(words & (aliases - {""}))
    return {
        name: _told_apart(name, [one for one in tables[name] if is_all or one.lower() in words])
        for name in dict.fromkeys(read)
    }


def _told_apart(table: str, columns: Sequence[str]) -> list[str]:
    seen: dict[str, str] = {}
    for column in columns:
        other = seen.setdefault(column.lower(), column)
        if other != column:
            raise InputError(
                f"{table}: the columns {other!r} and {column!r} differ in case only, which SQL"
                " does not see; rename one where it is logged, or query without both"
            )
    return list(columns)
