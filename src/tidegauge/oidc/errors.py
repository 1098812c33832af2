"""Why somebody was not signed in, in the words that they read."""

from typing import Final, Literal, get_args

from tidegauge.errors import TidegaugeError

Reason = Literal["cancelled", "unreachable", "stale", "wrong", "unverified", "unknown", "slow"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
_WORDS: Final[dict[Reason, str]] = {
    "cancelled": "You were not signed in: {name} was stopped, or did not agree.",
    "unreachable": "{name} cannot be reached now. Try again soon; passwords and keys still work.",
    "stale": "This sign-in is over, or was begun elsewhere. Please begin again.",
    "wrong": "What {name} answered does not fit. The server's log has more, for its admins.",
    "unverified": "{name} does not say that your mail address is verified as yours.",
    "unknown": "Your mail address may not log in here. Ask an admin to let you in.",
    "slow": "There were too many tries from your network. Wait a minute.",
}
# What somebody who guesses would run into.
GUESSES: Final[frozenset[Reason]] = frozenset({"stale", "wrong", "unverified", "unknown"})


# Those that an admin can mend something by; any other text from outside is not repeated.
_CODES: Final = frozenset(
    {"access_denied", "interaction_required", "login_required", "consent_required"}
    | {"invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "invalid_token"}
    | {"unauthorized_client", "unsupported_grant_type", "unsupported_response_type"}
    | {"insufficient_scope", "server_error", "temporarily_unavailable"}
)


class SignInError(TidegaugeError):
    """`detail` is for the log: it repeats nothing that was sent to us."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason: Reason = reason
        self.detail = detail


def code_of(told: object) -> str:
    return told if isinstance(told, str) and told in _CODES else "an error of its own"


def words(reason: str, name: str) -> str | None:
    """For what an address may say: None where that is no reason."""
    found = next((words for known, words in _WORDS.items() if known == reason), None)
    return None if found is None else found.format(name=name)
