"""Rows by group, and the seven criteria of the groups with their intervals."""

import pyarrow as pa

from tidegauge.fairness import Group, assess
from tidegauge.performance import Classes, Coded
from tidegauge.rows.values import codes


def run(_reference, current):
    table = pa.table({"group": pa.array(current["group"])})
    told = codes(table["group"])
    true, chosen = current["true"].to_numpy(), current["chosen"].to_numpy()
    names = ["0", "1"]
    groups = []
    for at, name in enumerate(told.values):
        own = told.codes == at
        labelled = Classes.of(Coded(true[own], names), Coded(chosen[own], names), {})
        groups.append(Group.of(name, labelled.n, labelled.of_class("1")[2], labelled, "1"))
    assess(groups)
    return {
        group.name: {
            "positive_rate": group.positive_rate().value,
            "true_positive_rate": group.true_positive_rate().value,
            "false_positive_rate": group.false_positive_rate().value,
        }
        for group in groups
    }
