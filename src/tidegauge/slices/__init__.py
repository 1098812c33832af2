"""Slices: parts of the traffic that nobody declared, found by what is otherwise in them.

A slice is one condition on a column, or two: `plan=free and 30 < age <= 40`.  All there are of the
values and ranges of each column, and of two columns together, are tried on one half of the rows,
and the one that tells most is asked of the other half, which took no part in the choice: so what is
claimed is as sure as if nothing else had been tried.  Its rows are taken out, and the rest is
searched again.
"""

from tidegauge.slices.condition import Condition, words
from tidegauge.slices.levels import Levels, of_codes, of_numbers
from tidegauge.slices.loss import Worse, worse
from tidegauge.slices.moved import Feature, Moved, Shift, moved
from tidegauge.slices.parted import Counts as PartCounts
from tidegauge.slices.parted import Part, parted
from tidegauge.slices.search import Search

__all__ = [
    "Condition",
    "Feature",
    "Levels",
    "Moved",
    "Part",
    "PartCounts",
    "Search",
    "Shift",
    "Worse",
    "moved",
    "of_codes",
    "of_numbers",
    "parted",
    "words",
    "worse",
]
