"""Monitors tried on what has been, before they are used."""

from tidegauge.monitor.backtest.part import Outcome, Wanted
from tidegauge.monitor.backtest.power import Power
from tidegauge.monitor.backtest.quieter import Quieter
from tidegauge.monitor.backtest.run import Backtest, backtest

__all__ = ["Backtest", "Outcome", "Power", "Quieter", "Wanted", "backtest"]
