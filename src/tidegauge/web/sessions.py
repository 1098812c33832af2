"""Who has logged in: a session is a key that a browser holds as a cookie, and that ends by itself.

It lasts no longer than what it was made from: the member, or the key.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from tidegauge.web.keys import BadKeyError, Key, Keys, key_of, new_key, refuse_ended
from tidegauge.web.members import ROLES, Member, Members
from tidegauge.web.whole_file import WholeFile

COOKIE: Final = "tidegauge_session"
LASTS_S: Final = 12 * 3600.0
_SHORTEST_S: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Session(Key):
    member: str = ""
    by_key: str = ""
    """Either is told: who logged in, or with which key."""
    by_provider: bool = False
    """Whether a provider of identities said who it is."""


class Sessions:
    def __init__(self, directory: Path, keys: Keys, members: Members) -> None:
        self._file = WholeFile(directory / "sessions.json", lambda told: Session(**told), asdict)
        self._keys = keys
        self._members = members

    def of_member(self, member: Member, *, by_provider: bool = False) -> tuple[Session, str]:
        key, token = new_key(
            name=member.id,
            role=ROLES[member.role],
            tenant=member.tenant,
            lasts_s=LASTS_S,
            pii=member.pii,
        )
        return self._begun(Session(**asdict(key), member=member.id, by_provider=by_provider)), token

    def of_key(self, key: Key) -> tuple[Session, str]:
        left = LASTS_S if key.expires_at is None else key.expires_at - time.time()
        lasts = max(min(left, LASTS_S), _SHORTEST_S)
        new, token = new_key(
            name=key.name,
            role=key.role,
            tenant=key.tenant,
            lasts_s=lasts,
            rate=key.rate,
            pii=key.pii,
        )
        return self._begun(Session(**asdict(new), by_key=key.id)), token

    def _begun(self, new: Session) -> Session:
        with self._file.changing() as sessions:
            ended = [each.id for each in sessions.values() if _is_over(each, new.created_at)]
            for identity in ended:
                del sessions[identity]
            sessions[new.id] = new
        return new

    def check(self, token: str, now: float) -> Session:
        found = key_of(self._file.at(now), token, now)
        assert isinstance(found, Session)  # noqa: S101 - there are no others
        return self._checked(found, now)

    def check_again(self, identity: str, now: float) -> None:
        held = self._file.at(now).get(identity)
        if held is None:
            raise BadKeyError("unauthenticated", "the session is over")
        refuse_ended(held, now)
        self._checked(held, now)

    def _checked(self, session: Session, now: float) -> Session:
        if session.by_key:
            self._keys.check_again(session.by_key, now)
            return session
        member = self._members.get(session.member)
        if member is None or member.disabled_at is not None:
            raise BadKeyError("unauthenticated", "this member may not log in any more")
        # What an admin changes about a member holds from now on.
        return replace(session, role=ROLES[member.role], pii=member.pii, tenant=member.tenant)

    def end(self, identity: str) -> None:
        self.end_all(lambda each: each.id == identity)

    def end_all(self, which: Callable[[Session], bool]) -> None:
        with self._file.changing() as sessions:
            for identity in [each.id for each in sessions.values() if which(each)]:
                del sessions[identity]


def _is_over(session: Session, now: float) -> bool:
    return session.expires_at is not None and now >= session.expires_at
