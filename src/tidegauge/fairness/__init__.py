"""Fairness: whether groups of people are treated alike, as far as so many rows can tell.

A criterion compares one rate over groups. Its verdict is given only where the interval, widened
for all the pairs of groups that are looked at, lies wholly on one side of the limit; otherwise it
is inconclusive. A group of too few rows is shown and not compared, and so are rows whose group
nobody told.
"""

from tidegauge.fairness.assess import Assessment, Criterion, Limits, Verdict, assess
from tidegauge.fairness.group import Group

__all__ = ["Assessment", "Criterion", "Group", "Limits", "Verdict", "assess"]
