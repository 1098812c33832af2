"""The decision rule: have the counts of a model's features moved, at a budget of false alarms?

`fit` makes a `Rule`, once; `update` turns a `State` and the counts of a check into the next state
and a `Look`.  At most `Settings.alpha` false alarms a model a month are to be expected, however
many rows and features there are and however often one looks.
"""

from tidegauge.judge.budget.cells import Cells
from tidegauge.judge.budget.change import Pool, pooled
from tidegauge.judge.budget.closing import is_over
from tidegauge.judge.budget.dictionary import Arm
from tidegauge.judge.budget.fit import cold, fit
from tidegauge.judge.budget.often import asked_more_often
from tidegauge.judge.budget.power import Detectable, detectable
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.settings import Settings
from tidegauge.judge.budget.severity import effects, severity
from tidegauge.judge.budget.state import State
from tidegauge.judge.budget.update import Look, Named, update
from tidegauge.judge.budget.within import within

__all__ = [
    "Arm",
    "Cells",
    "Detectable",
    "Look",
    "Named",
    "Pool",
    "Rule",
    "Settings",
    "State",
    "asked_more_often",
    "cold",
    "detectable",
    "effects",
    "fit",
    "is_over",
    "pooled",
    "severity",
    "update",
    "within",
]
