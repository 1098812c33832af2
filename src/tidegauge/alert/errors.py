"""What people may try that the state of an incident does not allow."""

from tidegauge.errors import TidegaugeError


class ConflictError(TidegaugeError):
    """It cannot be done to an incident that is in this state."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.state = state
