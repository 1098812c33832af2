"""What the catalog answers when it cannot do what was asked: each is a decision for the caller."""

from tidegauge.errors import InputError, TidegaugeError


class CatalogError(TidegaugeError):
    """The catalog did not do it, and nothing of it was kept."""


class UnavailableError(CatalogError):
    """The database does not answer, is busy or has no room: try again later."""


class FullError(UnavailableError):
    """There is no room to write: try again when there is."""


class FencedError(CatalogError):
    """Another process has taken over this work: stop, and leave it to that one."""


class StaleError(CatalogError):
    """What was to be changed has been changed by somebody else meanwhile: look again."""


class NewerError(InputError):
    """The catalog was made by a version that this one does not understand."""
