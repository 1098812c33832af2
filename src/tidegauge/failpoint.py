"""Named points at which a test can stop, kill or fail this process: around everything durable.

`TIDEGAUGE_FAILPOINT=log.before-sync:kill@3` kills the process when it passes that point for the
third time; several are divided by commas.  The points are always compiled in, so that what is
tested is what is shipped, and refused unless `TIDEGAUGE_TEST=1` says that this is a test.

Actions: `kill` (SIGKILL), `exit` (at once, without clean-up), `stop` (SIGSTOP), `sleep` (a fifth
of a second, to widen a race), `raise` (an input-output error, as from a broken disk).
"""

import errno
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tidegauge.errors import InputError

ACTIONS = ("kill", "exit", "stop", "sleep", "raise")


def hit(name: str) -> None:
    """Pass a point.  The name is written out where it is passed: `names` finds it there."""
    if _armed:
        _pass(name)


def names(root: Path) -> Iterator[tuple[Path, str]]:
    """Every point in the source files under a folder, for tests that go through all."""
    for path in sorted(root.rglob("*.py")):
        for name in re.findall(r"\bhit\(\"([^\"]+)\"\)", path.read_text(encoding="utf-8")):
            yield path, name


def _parse(environment: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    text = environment.get("TIDEGAUGE_FAILPOINT", "")
    if not text:
        return {}
    if environment.get("TIDEGAUGE_TEST") != "1":
        raise InputError(
            "TIDEGAUGE_FAILPOINT is set, which makes tidegauge fail on purpose; unset it, or set"
            " TIDEGAUGE_TEST=1 too if this is a test"
        )
    armed: dict[str, tuple[str, int]] = {}
    for part in text.split(","):
        found = re.fullmatch(r"([a-z0-9.-]+):([a-z]+)(?:@([1-9][0-9]*))?", part.strip())
        if found is None or found[2] not in ACTIONS:
            raise InputError(
                f"TIDEGAUGE_FAILPOINT: {part!r} is no name:action@n with an action of"
                f" {', '.join(ACTIONS)}"
            )
        armed[found[1]] = (found[2], int(found[3] or 1))
    return armed


def _pass(name: str) -> None:
    if name not in _armed:
        return
    action, left = _armed.pop(name)
    if left > 1:
        _armed[name] = (action, left - 1)
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "exit":
        os._exit(70)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "sleep":
        time.sleep(0.2)
    else:
        raise OSError(errno.EIO, f"failpoint {name}")


_armed = _parse(os.environ)
