"""Files of versions that nobody needs any more, deleted on the machine that holds them.

The server says which are spare.  Each is marked there first, so that it cannot be rolled out any
more, then deleted, then confirmed.  Cut off anywhere, the next time goes on.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from tidegauge.errors import InputError, TidegaugeError
from tidegauge.failpoint import hit
from tidegauge.runner.delete import LeftError, Place, local, place_of
from tidegauge.runner.server import LostError, Server

DAY: Final = 86_400.0
_HOUR: Final = 3_600.0
_log = structlog.stdlib.get_logger(__name__)
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Pruner:
    server: Server
    root: Path
    """Nothing outside of it is touched."""
    say: Callable[[str], None] = print

    def run(self, *, is_dry: bool = False) -> int:
        """How many went, or would go."""
        if not self.root.is_dir():
            raise InputError(f"{self.root} is no folder: nothing is deleted")
        every = self.server.artifacts()
        count = 0
        for each in every:
            if each["state"] != "removing" and not each["is_spare"]:
                continue
            name = f"{each['model_id']} {each['version']}"
            try:
                place = self._checked(each, every)
                if not is_dry:
                    self._delete(each, place)
            except (LeftError, LostError) as error:
                self.say(f"{name}: left, {error}")
                continue
            count += 1
            self.say(f"{name}: {'would go' if is_dry else 'deleted'}, {place.whole}")
        return count

    def _checked(self, told: Told, every: Iterable[Told]) -> Place:
        place = place_of(self.root, told["uri"], told["version"])
        if told["state"] == "kept" and not place.is_there:
            raise LeftError(f"there is no {place.file}")
        place.check(told["digest"], _others(told, every))
        return place

    def _delete(self, told: Told, place: Place) -> None:
        if told["state"] == "kept":
            self.server.remove(told)
            hit("prune.marked")
        place.delete()
        self.server.gone(told)
        hit("prune.confirmed")

    def daily(self, stop: threading.Event) -> None:
        """Once a day until it is to end; what fails is tried again within the hour."""
        while not stop.is_set():
            pause = DAY
            try:
                self.run()
            except TidegaugeError as error:
                _log.warning("files are not pruned", reason=str(error))
                pause = _HOUR
            stop.wait(pause)


def _others(told: Told, every: Iterable[Told]) -> list[Path]:
    """Where the files of all other versions are, of whatever model."""
    name = (told["model_id"], told["version"])
    found = (local(each["uri"]) for each in every if (each["model_id"], each["version"]) != name)
    return [path.resolve() for path in found if path is not None]
