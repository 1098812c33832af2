"""Evidently's default report on drift."""

from evidently import Report
from evidently.presets import DataDriftPreset


def run(reference, current):
    Report([DataDriftPreset()]).run(current, reference).dict()
