"""What a cache tells of itself: what it holds, and what it has done."""

from dataclasses import dataclass

from tidegauge.artifacts.artifact import Key


@dataclass(frozen=True, kw_only=True)
class Held:
    """One model in memory.  Times are by the cache's clock.

    `stale` says why a newer one is not served instead, "" if this is what there is.  `is_leaving`:
    it was let go, and is unloaded when its last user leaves.
    """

    key: Key
    size_bytes: int
    loaded_at: float
    last_used_at: float
    uses: int
    users: int
    stale: str
    is_leaving: bool


@dataclass(frozen=True, kw_only=True)
class Stats:
    """`count` and `bytes` are of now, all others since the start.

    A hit was served from memory; a miss had to wait.  An eviction is a model let go: for room, for
    a newer one, or because it was asked for.
    """

    loads: int
    hits: int
    misses: int
    failures: int
    evictions: int
    count: int
    bytes: int
    load_seconds: float
