"""Performance: what a model says against what was true, from sums that add up.

Each file is a task: what is kept of its rows, small enough for every hour of every model, and the
figures that are read from it.
"""

from tidegauge.performance.averages import Averages
from tidegauge.performance.classes import Classes, Coded
from tidegauge.performance.codec import Measured, decode, encode, merged
from tidegauge.performance.delay import Delays
from tidegauge.performance.figure import Figure
from tidegauge.performance.labels import Labels
from tidegauge.performance.ranking import Ranking
from tidegauge.performance.regression import Errors
from tidegauge.performance.returns import Returns
from tidegauge.performance.spread import Spread

__all__ = [
    "Averages",
    "Classes",
    "Coded",
    "Delays",
    "Errors",
    "Figure",
    "Labels",
    "Measured",
    "Ranking",
    "Returns",
    "Spread",
    "decode",
    "encode",
    "merged",
]
