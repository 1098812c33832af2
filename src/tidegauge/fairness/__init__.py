"""Fairness: whether groups of people are treated alike, as far as so many rows can tell.

A criterion compares one number over groups. Its verdict is given only where the interval, widened
for all the pairs of groups that are looked at, lies wholly on one side of the limit; otherwise it
is inconclusive. A group of too few rows is shown and not compared, and so are rows whose group
nobody told.
"""

from tidegauge.fairness.amount import Amount
from tidegauge.fairness.assess import Assessment, assess, assess_errors
from tidegauge.fairness.criterion import Criterion, Limits, Verdict
from tidegauge.fairness.group import Group

__all__ = [
    "Amount",
    "Assessment",
    "Criterion",
    "Group",
    "Limits",
    "Verdict",
    "assess",
    "assess_errors",
]
