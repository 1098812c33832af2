"""Whether a candidate treats groups of people alike, by its answers to rows that were held out.

What the champion does no better is no reason to keep it: a candidate fails where an interval says
that it is unfair, and is further off than the champion was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from tidegauge.arrays import Counts
from tidegauge.arrow import Table, pa, pc
from tidegauge.catalog.models import Model
from tidegauge.fairness import Assessment, Criterion, Group, Limits, assess, assess_errors
from tidegauge.monitor.condition import Share
from tidegauge.monitor.fairness import Name
from tidegauge.monitor.part import Part
from tidegauge.outcome.measure import Rows
from tidegauge.performance import Errors
from tidegauge.schema import segment_columns
from tidegauge.series.fairness import is_of_numbers, is_told

_BETWEEN = "\x1f"


class Fair(Part):
    """Of the model's protected attributes; a model without any is not asked."""

    criteria: Annotated[
        tuple[Name, ...],
        Field(min_length=1, description="Of classes or of numbers, as the model has it."),
    ] = ("disparate_impact", "equal_opportunity", "error_parity")
    ratio: Annotated[Share, Field(le=1, description="The least that rates may be in parts.")] = 0.8
    difference: Annotated[Share, Field(le=1, description="The most that they may differ by.")] = 0.1
    minimum: Annotated[int, Field(ge=1, le=1_000_000, description="Rows of a group's rate.")] = 50


@dataclass(frozen=True, kw_only=True)
class Unfair:
    attribute: str
    criterion: str
    groups: tuple[str, str] | None
    champion: float | None
    candidate: float | None
    threshold: float


def unfair(limits: Fair, model: Model, champion: Table, candidate: Table) -> list[Unfair]:
    """What the candidate does worse than is allowed, and worse than the champion."""
    if not is_told(model):
        return []
    own = Limits(ratio=limits.ratio, difference=limits.difference, fewest=limits.minimum)
    found: list[Unfair] = []
    for attribute in model.protected or ():
        columns = segment_columns(attribute)
        if not set(columns) <= set(champion.column_names):
            continue
        names, codes = _groups(champion, columns)
        before, after = (
            _assessed(each, model, names, codes, own) for each in (champion, candidate)
        )
        for name in limits.criteria:
            was, now = before.criteria.get(name), after.criteria.get(name)
            if now is not None and _is_worse(now, was):
                found.append(
                    Unfair(
                        attribute=attribute,
                        criterion=name,
                        groups=now.groups,
                        champion=was.value if was else None,
                        candidate=now.value,
                        threshold=now.threshold,
                    )
                )
    return found


def _is_worse(now: Criterion, was: Criterion | None) -> bool:
    if now.verdict != "unfair":
        return False
    if was is None or was.verdict != "unfair" or was.value is None or now.value is None:
        return True
    is_part = now.name == "disparate_impact"
    return now.value < was.value if is_part else now.value > was.value


def _groups(rows: Table, columns: Sequence[str]) -> tuple[list[str], Counts]:
    """The names of the groups, and of which each row is."""
    texts = [rows[name].cast(pa.string()).combine_chunks() for name in columns]
    joined = pc.binary_join_element_wise(*texts, _BETWEEN) if len(texts) > 1 else texts[0]
    # Of a row whose group nobody told, that is its group.
    coded = pc.fill_null(joined, "").dictionary_encode()
    names = [each.replace(_BETWEEN, " & ") for each in coded.dictionary.to_pylist()]
    return names, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _assessed(
    rows: Table, model: Model, names: Sequence[str], codes: Counts, limits: Limits
) -> Assessment:
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=len(names))
    cuts = np.concatenate([[0], np.cumsum(counts)])
    measured = Rows(rows, model.task or model.likely_task).measure(order, cuts)
    mains = [each.get("") for each in measured]
    if is_of_numbers(model):
        groups = [
            Group(name, float(count), errors=main if isinstance(main, Errors) else None)
            for name, count, main in zip(names, counts, mains, strict=True)
        ]
        return assess_errors(groups, limits)
    positive = model.positive or ""
    said, chosen = _said(rows, positive)
    every = np.bincount(codes, said, len(names))
    positives = np.bincount(codes, chosen, len(names))
    groups = [
        Group.of(name, float(every[at]), float(positives[at]), mains[at], positive)
        for at, name in enumerate(names)
    ]
    return assess(groups, limits, favourable=model.favourable is not False)


def _said(rows: Table, positive: str) -> tuple[np.ndarray, np.ndarray]:
    """Of each row whether it has a class, and whether it is the positive one; as numbers."""
    if "prediction_label" not in rows.column_names:
        none = np.zeros(rows.num_rows)
        return none, none
    label = rows["prediction_label"]
    is_positive = pc.fill_null(pc.equal(label, positive), False)  # noqa: FBT003 - what it is filled with
    return (
        label.is_valid().to_numpy().astype(np.float64),
        is_positive.to_numpy().astype(np.float64),
    )
