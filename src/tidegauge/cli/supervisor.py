"""Keeps processes of ours running: starts them again when they fail, and ends them in order."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import typer

_FIRST: Final = 0.5
_LONGEST: Final = 30.0
_BEGINNING: Final = 10.0
"""Seconds after which a process has come to run at all."""
_STEADY: Final = 60.0
"""And after which it runs well."""
_PATIENCE: Final = 20.0
_USAGE: Final = frozenset({1, 2})
"""Exit codes of a process that was told something it cannot do: another try would not help."""


@dataclass
class Role:
    name: str
    words: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = _FIRST
    starts_at: float = 0.0
    has_run: bool = field(default=False)

    def start(self) -> None:
        words = [sys.executable, "-m", "tidegauge.cli", self.name, *self.words]
        self.process = subprocess.Popen(words)  # noqa: S603 - words of ours
        self.began = time.monotonic()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def supervise(roles: Sequence[Role]) -> int:
    """Until SIGTERM or SIGINT; the exit code of the first that cannot even start."""
    # No event: set by a handler while its own lock is held by the one who waits, it would wait for
    # itself for ever.
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signal, _frame: asked.append(signal))
    code = 0
    for role in roles:
        role.start()
    while not asked and not code:
        time.sleep(0.1)
        code = next((found for role in roles if (found := _look_after(role))), 0)
    _end(roles)
    return code


def _look_after(role: Role) -> int:
    """Start it again if it ended; an exit code where that would be in vain."""
    now = time.monotonic()
    if role.is_running():
        role.has_run = role.has_run or now - role.began > _BEGINNING
        if now - role.began > _STEADY:
            role.pause = _FIRST
        return 0
    assert role.process is not None  # noqa: S101 - it was started
    if role.starts_at == 0.0:
        ended = role.process.returncode
        if not role.has_run and ended in _USAGE:
            return ended
        typer.echo(f"{role.name} ended ({ended}); it starts again in {role.pause:g} s", err=True)
        role.starts_at = now + role.pause
        role.pause = min(role.pause * 2, _LONGEST)
    if now >= role.starts_at:
        role.starts_at = 0.0
        role.start()
    return 0


def _end(roles: Sequence[Role]) -> None:
    """First those that let something in, then those that count it."""
    for role in roles:
        process = role.process
        if process is None or process.poll() is not None:
            continue
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
