"""What a log answers when it cannot take a batch: each is a decision for the caller."""

from tidegauge.errors import TidegaugeError


class LogError(TidegaugeError):
    """The log did not take the batch: it was not made durable, and may be sent again."""


class FullError(LogError):
    """Nothing consumes the log and its cap is reached, or the disk falls behind: try later."""


class NoSpaceError(LogError):
    """The disk is full: try again when there is space; the log goes on by itself."""


class FailedError(LogError):
    """The disk did not do what was asked: whether the batch is in the log is not known."""


class ClosedError(LogError):
    """The log is closed."""


class LockedError(LogError):
    """Another process writes to this log: stop it first, or choose another directory."""
