"""Data quality: what is wrong with rows and columns, whatever their distribution.

Every check takes the reference's own level as its measure: a column that always missed a tenth of
its values is not news.
"""

from collections.abc import Iterable
from datetime import datetime

from tidegauge.profile.table import Profile
from tidegauge.quality.columns import came_and_went, changed_type, stopped_varying
from tidegauge.quality.finding import Finding
from tidegauge.quality.rates import rates
from tidegauge.quality.repeats import repeats
from tidegauge.quality.times import times

CHECKS = {
    "lost_column": "a column of the reference is gone",
    "new_column": "a column that the reference does not have",
    "type_change": "values of another type than the reference's",
    "missing": "a larger share of rows without a value",
    "nan": "a larger share of rows with NaN",
    "infinite": "a larger share of rows with an infinite value",
    "wrong_type": "a larger share of values that are not of the column's kind",
    "out_of_range": "a larger share of numbers outside the reference's range",
    "unseen_category": "a larger share of values that the reference never held",
    "constant": "one value only, where the reference varies",
    "almost_constant": "nearly one value only, where the reference varies",
    "duplicates": "a larger share of rows that repeat another",
    "duplicate_ids": "a larger share of rows that repeat another's id",
    "stale": "times that are older than they ever were in the reference",
    "freshness": "the newest row is older than it should be",
}


def check(
    reference: Profile,
    current: Profile,
    reference_columns: Iterable[str],
    current_columns: Iterable[str],
    now: datetime | None = None,
) -> list[Finding]:
    """All findings, the critical ones first."""
    findings = [
        *came_and_went(reference_columns, current_columns),
        *changed_type(reference, current),
        *stopped_varying(reference, current),
        *rates(reference, current),
        *repeats(reference, current),
        *times(reference, current, now),
    ]
    lost = {finding.column for finding in findings if finding.check == "lost_column"}
    # All rows of a lost column are missing; once told is enough.
    kept = [
        f for f in findings if f.check == "lost_column" or f.column not in lost or f.column is None
    ]
    return sorted(kept, key=lambda finding: finding.severity != "critical")
