"""What can go wrong, as a handful of classes: each is a decision for the caller.

The message of an error says what happened, to what, and what to do next.
"""


class TidegaugeError(Exception):
    """The root of every error that tidegauge raises on purpose."""


class InputError(TidegaugeError, ValueError):
    """The data or an option is not what is needed: mend it and call again."""


class AnswerError(TidegaugeError):
    """A server did not do what it was asked to: `status` says how it answered, None that it did
    not."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class UnreadableError(InputError):
    """A file is missing, or is not what its name says."""
