"""Which columns of a model hold personal data: its tag `pii`, with commas between their names."""

from collections.abc import Mapping
from typing import Any, Final

TAG: Final = "pii"


def named_in(tags: Mapping[str, Any]) -> frozenset[str]:
    named = (name.strip() for name in str(tags.get(TAG, "")).split(","))
    return frozenset(name for name in named if name)
