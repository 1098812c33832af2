"""What is watched and when it is trained again, as files in the user's repository.

retraining:
  - name: fraud
    models: fraud-*
    target: {kind: command, name: train}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegauge.errors import InputError
from tidegauge.monitor.faults import FaultsError
from tidegauge.monitor.file import Section, doubles
from tidegauge.monitor.file import json_schema as of_monitors
from tidegauge.monitor.file import read_files as of_files
from tidegauge.monitor.union import Monitor
from tidegauge.retrain.faults import checked
from tidegauge.retrain.policy import Policy


@dataclass(frozen=True)
class Files:
    monitors: list[Monitor]
    policies: list[Policy] | None
    """None where no file says anything of them."""


def read_files(paths: Iterable[Path]) -> Files:
    """Of files, and of the YAML files of folders."""
    found: list[Policy] = []
    told: list[Section] = []

    def take(section: Section) -> None:
        told.append(section)
        found.extend(read_policies(section))

    monitors = of_files(paths, take)
    if faults := doubles(found, "policies"):
        raise InputError("\n".join(faults))
    return Files(monitors, found if told else None)


def read_policies(section: Section) -> list[Policy]:
    found: list[Policy] = []
    faults: list[str] = []
    for number, one in enumerate(section.given):
        try:
            found.append(checked(one))
        except FaultsError as error:
            faults += [f"{section.line(number, *each.loc)}: {each.said}" for each in error.faults]
    if faults:
        raise InputError("\n".join(faults))
    return found


def json_schema() -> dict[str, Any]:
    """For editors: `# yaml-language-server: $schema=...`."""
    whole = of_monitors()
    one = Policy.model_json_schema(ref_template="#/$defs/{model}")
    whole["$defs"] |= one.pop("$defs", {})
    whole["properties"]["retraining"] = {"type": "array", "items": one}
    return whole
