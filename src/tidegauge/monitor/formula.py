"""A formula over predictions and their labels, as people write it in a sheet.

>>> formula = Formula.of("sum(if(fp(), 1, 0) * -100)")
>>> print(formula.text)
(sum(((CASE WHEN ... THEN 1 ELSE 0 END) * (- 100))))

It is read by Python's own parser, and only what is listed here is let through; SQL is made of it.
Columns are named as they are logged: prediction_score, features.amount, tags.region, actual_label.
"""

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from tidegauge.errors import InputError
from tidegauge.schema import near

_SUMMARIES: Final[Mapping[str, str]] = {
    "sum": "sum",
    "avg": "avg",
    "mean": "avg",
    "min": "min",
    "max": "max",
    "median": "median",
    "stddev": "stddev_samp",
    "quantile": "quantile_cont",
    "count": "count",
    "count_distinct": "count",
}
_PLAIN: Final[Mapping[str, str]] = {
    "abs": "abs",
    "round": "round",
    "sqrt": "sqrt",
    "log": "ln",
    "exp": "exp",
    "lower": "lower",
    "length": "length",
    "coalesce": "coalesce",
}
_CELLS: Final[Mapping[str, tuple[bool, bool]]] = {
    "tp": (True, True),
    "fp": (True, False),
    "fn": (False, True),
    "tn": (False, False),
}
"""Said to be positive; is positive."""
_OPERATORS: Final[Mapping[type[ast.AST], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.And: "AND",
    ast.Or: "OR",
}
TRUTHS: Final = ("actual_label", "actual_score", "relevance")
_OTHER: Final = ("if", "correct", "is_null", "not")
NAMES: Final = [*_SUMMARIES, *_PLAIN, *_CELLS, *_OTHER]
_LONGEST: Final = 4_000
_IF: Final = re.compile(r"\bif\s*\(")
_POSITIVE: Final = "\0positive"
"""Stands where the positive class will be: which that is, the model says."""


@dataclass(frozen=True)
class Formula:
    text: str
    columns: frozenset[str]
    needs_positive: bool

    @classmethod
    def of(cls, told: str) -> Self:
        if len(told) > _LONGEST:
            raise InputError(f"the formula is longer than {_LONGEST} characters")
        try:
            tree = ast.parse(_IF.sub("if_(", told.strip()), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError(f"the formula cannot be read: {error}") from None
        maker = _Maker()
        text = maker.sql(tree.body, inside=False)
        if not maker.is_summary:
            known = ", ".join(_SUMMARIES)
            raise InputError(f"the formula comes to no single number: use one of {known}")
        return cls(text, frozenset(maker.columns), maker.needs_positive)

    def query(self, predictions: Collection[str], labels: Collection[str], positive: str) -> str:
        """One SELECT for the value and the rows that it is of; `predictions` and `labels` are the
        columns that there are."""
        known = {*predictions, *labels}
        unknown = sorted(self.columns - known - set(TRUTHS))
        if unknown:
            raise InputError(f"no column {unknown[0]!r}{near(unknown[0], sorted(known))}")
        truths = [name for name in TRUTHS if name in self.columns]
        own = sorted(name for name in self.columns if name in predictions and name not in truths)
        text = self.text.replace(_POSITIVE, _quoted(positive))
        picked = [f"p.{_named(name)}" for name in own]
        if not truths:
            rows = f"SELECT {', '.join(picked) or '1 AS one'} FROM predictions p"
            return _summary(text, rows)
        # Of a table without rows nobody knows when they came.
        told = [name for name in labels if name in truths] if "received_at" in labels else []
        picked += [f"{_truth(name, predictions, told)} AS {name}" for name in truths]
        rows = f"SELECT {', '.join(picked)} FROM predictions p"
        if not told:
            return _summary(text, rows)
        ids = ", ".join(["prediction_id", *told])
        when = " AND retract IS NOT TRUE" if "retract" in labels else ""
        flag = ", retract" if when else ""
        ordered = (
            f"SELECT {ids}{flag}, row_number() OVER (PARTITION BY prediction_id"
            ' ORDER BY "timestamp" DESC, received_at DESC) AS place FROM labels'
        )
        truth = f"SELECT {ids} FROM ordered WHERE place = 1{when}"
        rows += " LEFT JOIN truth l ON p.prediction_id = l.prediction_id"
        return f"WITH ordered AS ({ordered}), truth AS ({truth}) {_summary(text, rows)}"


def _summary(text: str, rows: str) -> str:
    return f"SELECT {text} AS value, count(*) AS n FROM ({rows})"


class _Maker:
    """SQL of a tree, and what was met in it."""

    def __init__(self) -> None:
        self.columns: set[str] = set()
        self.needs_positive = False
        self.is_summary = False

    def sql(self, node: ast.expr, *, inside: bool) -> str:
        """`inside` says whether it is of each row, and not of all of them."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return _quoted(value)
            case ast.Name() | ast.Attribute():
                return self._column(_dotted(node), inside=inside)
            case ast.UnaryOp(op=ast.USub()):
                return f"(- {self.sql(node.operand, inside=inside)})"
            case ast.UnaryOp(op=ast.Not()):
                return f"(NOT {self.sql(node.operand, inside=inside)})"
            case ast.BinOp() if type(node.op) in _OPERATORS:
                pair = [self.sql(each, inside=inside) for each in (node.left, node.right)]
                if isinstance(node.op, ast.Div):
                    # By nothing there is no value.
                    return f"({pair[0]} / nullif({pair[1]}, 0))"
                return f"({pair[0]} {_OPERATORS[type(node.op)]} {pair[1]})"
            case ast.BoolOp():
                word = f" {_OPERATORS[type(node.op)]} "
                return f"({word.join(self.sql(each, inside=inside) for each in node.values)})"
            case ast.Compare(ops=[op]) if type(op) in _OPERATORS:
                pair = [self.sql(each, inside=inside) for each in (node.left, *node.comparators)]
                return f"({pair[0]} {_OPERATORS[type(op)]} {pair[1]})"
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                return self._call(name, node.args, inside=inside)
            case _:
                raise InputError(f"{ast.unparse(node)!r} is not allowed in a formula")

    def _column(self, name: str, *, inside: bool) -> str:
        if not inside:
            raise InputError(f"{name!r} is of each row: put it into sum(...), avg(...) or the like")
        self.columns.add(name)
        return _named(name)

    def _call(self, name: str, args: list[ast.expr], *, inside: bool) -> str:
        if name in _SUMMARIES:
            if inside:
                raise InputError(f"{name}() stands in another summary: it has no rows there")
            return self._summary(name, args)
        if name in _CELLS or name == "correct":
            _need(name, args, 0)
            return self._cell(name, inside=inside)
        told = [self.sql(each, inside=inside) for each in args]
        if name == "if_":
            _need("if", args, 3)
            return f"(CASE WHEN {told[0]} THEN {told[1]} ELSE {told[2]} END)"
        if name == "is_null":
            _need(name, args, 1)
            return f"({told[0]} IS NULL)"
        if name in _PLAIN:
            return f"{_PLAIN[name]}({', '.join(told)})"
        raise InputError(f"no function {name}(){near(name, NAMES)}; there are {', '.join(NAMES)}")

    def _summary(self, name: str, args: list[ast.expr]) -> str:
        self.is_summary = True
        if name == "count" and not args:
            return "(count(*))"
        _need(name, args, 2 if name == "quantile" else 1)
        told = self.sql(args[0], inside=True)
        if name == "quantile":
            return f"(quantile_cont({told}, {self.sql(args[1], inside=False)}))"
        distinct = "DISTINCT " if name == "count_distinct" else ""
        return f"({_SUMMARIES[name]}({distinct}{told}))"

    def _cell(self, name: str, *, inside: bool) -> str:
        said = f"CAST({self._column('prediction_label', inside=inside)} AS VARCHAR)"
        true = f"CAST({self._column('actual_label', inside=inside)} AS VARCHAR)"
        if name == "correct":
            return f"({said} = {true})"
        self.needs_positive = True
        is_said, is_true = (
            f"{each} {'=' if is_yes else '<>'} {_POSITIVE}"
            for each, is_yes in zip((said, true), _CELLS[name], strict=True)
        )
        return f"({is_said} AND {is_true})"


def _truth(name: str, predictions: Collection[str], labels: Collection[str]) -> str:
    there = [f"{table}.{name}" for table, own in (("l", labels), ("p", predictions)) if name in own]
    return f"coalesce({', '.join(there)}, NULL)" if there else "NULL"


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
        case _:
            raise InputError(f"{ast.unparse(node)!r} is no column")


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _quoted(value: bool | float | str) -> str:  # noqa: FBT001 - a constant may be one
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def _need(name: str, args: list[ast.expr], count: int) -> None:
    if len(args) != count:
        raise InputError(f"{name}() takes {count} arguments, and {len(args)} are given")
