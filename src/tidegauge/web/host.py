"""What the machine says of itself, where it is a Linux: load, memory, disk, network."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Host:
    cpus: int
    load_1m: float
    cpu_percent: float
    """Of all processors, by the load of the last minute; 100 at most."""
    memory_bytes: int | None
    memory_used_bytes: int | None
    memory_percent: float | None
    disk_bytes: int
    disk_free_bytes: int
    disk_percent: float
    network_received_bytes: int | None
    """Since the machine was started."""
    network_sent_bytes: int | None
    process_cpu_seconds: float
    """Of this process."""
    process_memory_bytes: int | None


def host(data: Path) -> Host:
    disk = shutil.disk_usage(data if data.exists() else data.absolute().anchor)
    memory = _memory()
    total, free = memory.get("MemTotal"), memory.get("MemAvailable")
    used = total - free if total is not None and free is not None else None
    received, sent = _network()
    cpus = os.cpu_count() or 1
    load = os.getloadavg()[0]
    return Host(
        cpus=cpus,
        load_1m=load,
        cpu_percent=round(min(100 * load / cpus, 100.0), 1),
        memory_bytes=total,
        memory_used_bytes=used,
        memory_percent=round(100 * used / total, 1) if used is not None and total else None,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        disk_percent=round(100 * disk.used / disk.total, 1) if disk.total else 0.0,
        network_received_bytes=received,
        network_sent_bytes=sent,
        process_cpu_seconds=time.process_time(),
        process_memory_bytes=_resident(),
    )


def _memory() -> dict[str, int]:
    found: dict[str, int] = {}
    for line in _lines("meminfo"):
        name, _, rest = line.partition(":")
        digits = rest.strip().partition(" ")[0]
        if digits.isdecimal():
            found[name] = int(digits) * 1024
    return found


def _network() -> tuple[int | None, int | None]:
    received = sent = 0
    lines = _lines("net/dev")[2:]
    for line in lines:
        name, _, rest = line.partition(":")
        cells = rest.split()
        if name.strip() != "lo" and len(cells) > 8:
            received, sent = received + int(cells[0]), sent + int(cells[8])
    return (received, sent) if lines else (None, None)


def _resident() -> int | None:
    for line in _lines("self/statm"):
        return int(line.split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _lines(name: str) -> list[str]:
    try:
        return (_PROC / name).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
