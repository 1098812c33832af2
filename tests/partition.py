"""Two networks that can be parted for a while: a namespace with lines to this machine."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import count
from typing import NamedTuple

import pytest

APART = ip_network("10.201.0.0/16")
"""The addresses of all lines; nothing outside of this machine has them."""
_LONG = os.environ.get("TIDEGAUGE_PARTITIONS", "")
"""Seconds, divided by commas: each of them both ways and each way alone."""
_EACH = [
    (float(seconds), ways)
    for seconds in _LONG.split(",")
    if seconds
    for ways in ("out and in", "out", "in")
]
partitions = pytest.mark.parametrize(
    ("seconds", "ways"), _EACH or [(1.0, "out and in"), (0.3, "out"), (0.3, "in")]
)
_NOBODY = "02:00:00:00:00:01"
"""What is sent there arrives nowhere, and nobody is told: as a cable that is cut elsewhere."""


_number = count(1)


class End(NamedTuple):
    """Of a line: how something is said there, and by which device it goes."""

    address: str
    device: str
    hardware: str
    said: Sequence[str] = ()


@dataclass
class Line:
    here: End
    there: End

    @contextmanager
    def cut(self, ways="out and in"):
        """While it lasts nothing goes out of the namespace, or nothing comes in."""
        self._turn(ways, is_lost=True)
        try:
            yield
        finally:
            self._turn(ways, is_lost=False)

    def heal(self):
        self._turn("out and in", is_lost=False)

    def _turn(self, ways, *, is_lost):
        ends = {"out": (self.there, self.here), "in": (self.here, self.there)}
        for way in ways.split(" and "):
            one, other = ends[way]
            to = _NOBODY if is_lost else other.hardware
            known = ["replace", other.address, "lladdr", to, "nud", "permanent", "dev", one.device]
            _run(*one.said, "ip", "neigh", *known)


class Apart:
    """A namespace that has nothing but these lines."""

    def __init__(self, lines):
        # What is taken away goes by and by: the next one has other names.
        self._number = next(_number)
        self.name = f"tg-{os.getpid()}-{self._number}"
        self.inside = ["ip", "netns", "exec", self.name]
        self.lines = []
        self._many = lines

    def __enter__(self):
        try:
            _run("ip", "netns", "add", self.name)
        except OSError as error:
            pytest.skip(f"no network can be made here: {error}")
        try:
            for number in range(self._many):
                self.lines.append(self._line(number))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # With it go the devices in it, and with each of them its other end.
        _run("ip", "netns", "del", self.name)

    def _line(self, number):
        device = f"tg{os.getpid() % 10**7}{self._number % 1000}{'xyz'[number]}"
        net = f"{str(APART.network_address).removesuffix('.0.0')}.{os.getpid() % 256}"
        place = len("xyz") * (self._number % 20) + number
        _run("ip", "link", "add", f"{device}a", "type", "veth", "peer", f"{device}b")
        _run("ip", "link", "set", f"{device}b", "netns", self.name)
        here = self._end(f"{device}a", f"{net}.{4 * place + 1}")
        there = self._end(f"{device}b", f"{net}.{4 * place + 2}", self.inside)
        line = Line(here, there)
        line.heal()
        return line

    def _end(self, device, address, said=()):
        _run(*said, "ip", "address", "add", f"{address}/30", "dev", device)
        _run(*said, "ip", "link", "set", device, "up")
        hardware = _run(*said, "cat", f"/sys/class/net/{device}/address").strip()
        return End(address, device, hardware, said)


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


@pytest.fixture
def apart():
    """Made with as many lines as are asked for."""
    made = []

    def make(lines=1):
        made.append(Apart(lines).__enter__())
        return made[-1]

    yield make
    for each in made:
        each.__exit__()
