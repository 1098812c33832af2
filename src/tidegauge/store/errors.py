"""What can be wrong with a stored file: each is a decision for the caller."""

from tidegauge.errors import TidegaugeError


class StoreError(TidegaugeError):
    """A file of the store could not be used; the message names it."""


class DamagedError(StoreError):
    """The bytes are not those that were written: nothing of it is believed."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(
            f"{file} is damaged: {what}; restore this file from a backup, or delete what it holds"
        )
        self.file = file


class MissingError(StoreError):
    """There is no such file: it was replaced meanwhile, or lost."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} is not in the store; look its rows up again, for another part may hold them"
            " by now, or restore it from a backup"
        )
        self.file = file
