"""Why a notice did not arrive, as one decision: try again, or never.

No text here carries a secret: of a URL it says the host alone, of an answer its status.
"""

from typing import Literal

from tidegauge.errors import TidegaugeError

Reason = Literal[
    "dns",
    "connect",
    "timeout",
    "tls",
    "broken_off",
    "busy",
    "redirected",
    "unsafe_url",
    "answer",
    "misconfigured",
]


class DeliveryError(TidegaugeError):
    """One attempt failed; which of the two below says what to do."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class UnavailableError(DeliveryError):
    """No answer, or one that asks for patience: another try may help."""

    def __init__(self, message: str, reason: Reason, retry_after: float | None = None) -> None:
        super().__init__(message, reason)
        self.retry_after = retry_after
        """Seconds that the other side asks for, an hour at most."""


class RefusedError(DeliveryError):
    """Trying again will never help: somebody has to mend the channel."""
