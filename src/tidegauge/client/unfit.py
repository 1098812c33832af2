"""A record, or a value in it, that cannot be sent."""

from tidegauge.client.books import Reason


class UnfitError(Exception):
    """Raised where a value is looked at, and caught where its record is counted."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail


def as_unfit(error: Exception) -> UnfitError:
    return error if isinstance(error, UnfitError) else UnfitError("serialize", type(error).__name__)
