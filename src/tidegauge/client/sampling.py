"""Keep some predictions, and let each that is kept stand for those that are not.

The choice is a hash of the id, so every process and every retry chooses alike, and equal inputs are
not taken for one.  A kept record carries `weight`, and every statistic of the server counts by it.

>>> sample = Sample(0.1)
>>> sample.weight({"prediction_id": "p1"}), sample.weight({"prediction_id": "p11"})
(None, 10.0)
>>> sample.weight({"prediction_id": "p1", "status": "timeout"})
1.0
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegauge.errors import InputError

LEAST = 1e-6
"""The smallest rate: a record stands for a million at most."""


@dataclass(frozen=True)
class Sample:
    rate: float
    keep_scores_below: float | None = None
    """Records with a smaller score are all kept, each for itself."""
    keep_scores_above: float | None = None
    keep_errors: bool = True
    """Whether failed calls are all kept."""

    def __post_init__(self) -> None:
        # A boolean is a number to Python, and a mistake here.
        if isinstance(self.rate, bool) or not isinstance(self.rate, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError("sample: the rate must be a number")
        if not LEAST <= self.rate <= 1:
            raise InputError(f"sample: the rate must be {LEAST:g} to 1, is {self.rate:g}")

    def weight(self, record: Mapping[str, object]) -> float | None:
        """How many predictions a record stands for, or None if it is left out."""
        if self._is_kept_whole(record):
            return 1.0
        from hashlib import blake2b  # noqa: PLC0415 - few clients sample

        digest = blake2b(str(record.get("prediction_id")).encode(), digest_size=8).digest()
        return 1 / self.rate if int.from_bytes(digest) < self.rate * 2**64 else None

    def _is_kept_whole(self, record: Mapping[str, object]) -> bool:
        if self.keep_errors and ("error" in record or record.get("status", "ok") != "ok"):
            return True
        score = record.get("prediction_score")
        if not isinstance(score, int | float):
            return False
        below, above = self.keep_scores_below, self.keep_scores_above
        return (below is not None and score < below) or (above is not None and score > above)


Sampling = float | Sample | Mapping[str, "float | Sample"]


def by_model(given: Sampling | None) -> dict[str, Sample]:
    """One sample for each model named, and under "*" the one for all others."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {model: _sample(each) for model, each in given.items()}
    return {"*": _sample(given)}


def _sample(given: object) -> Sample:
    return given if isinstance(given, Sample) else Sample(given)  # pyright: ignore[reportArgumentType]
