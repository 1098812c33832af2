"""Notices as mail, over SMTP.

Names and passwords go over TLS or not at all: a server that has lost its STARTTLS is one that
somebody may have taken it from, and is tried again later.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Annotated, Final, Literal, Self, cast

import aiosmtplib
from aiosmtplib import SMTP
from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from tidegauge.alert.channels.addresses import checked_address
from tidegauge.alert.channels.base import Base
from tidegauge.alert.channels.errors import DeliveryError, RefusedError, UnavailableError
from tidegauge.alert.channels.letter import letter
from tidegauge.alert.channels.post import CONNECT, IN_ALL, looked_up, tls_of, why
from tidegauge.alert.notice import Notice
from tidegauge.alert.reach import Reach, UnsafeUrlError, checked_host
from tidegauge.monitor.severity import AnySeverity

_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_TRIED: Final = 4
_PARTING: Final = 1.0

Address = Annotated[str, Field(max_length=254), AfterValidator(checked_address)]


class Email(Base):
    kind: Literal["email"] = "email"
    min_severity: AnySeverity = "high"

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[
        int | None, Field(ge=1, le=65535, description="587 for starttls, 465 for tls, 25 for none.")
    ] = None
    mode: Annotated[
        Literal["starttls", "tls", "none"], Field(description="How the connection is secured.")
    ] = "starttls"
    username: Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    password: Annotated[SecretStr | None, Field(max_length=4096)] = None
    sender: Address
    to: Annotated[list[Address], Field(min_length=1, max_length=100)]

    @field_validator("to")
    @classmethod
    def _are_different(cls, given: list[str]) -> list[str]:
        if len({each.lower() for each in given}) < len(given):
            raise ValueError("an address is there twice")
        return given

    @model_validator(mode="after")
    def _hides_its_password(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("a username and a password belong together")
        if self.username and self.mode == "none":
            raise ValueError("a password is not sent without TLS: use starttls or tls")
        return self

    def check(self, reach: Reach) -> None:
        checked_host(self.host, reach)
        if self._port() not in reach.mail_ports:
            allowed = ", ".join(map(str, sorted(reach.mail_ports)))
            raise UnsafeUrlError(f"port {self._port()} is not allowed for mail, only {allowed}")

    def _port(self) -> int:
        return self.port or _PORTS[self.mode]

    async def send(self, notice: Notice, reach: Reach) -> str:
        host = self.host
        ending = contextlib.ExitStack()
        try:
            self.check(reach)
            async with asyncio.timeout(IN_ALL):
                client = await self._client(reach)
                ending.callback(_hang_up, client)
                await client.connect()
                # The client forgets it where it gives up, and leaves TLS waiting for a farewell.
                ending.callback(_abort, client.transport)
                await self._secure(client, reach)
                ending.callback(_abort, client.transport)
                told = await self._hand_over(client, notice)
        except UnsafeUrlError as error:
            raise RefusedError(f"not sent: {error}", "unsafe_url") from None
        except DeliveryError:
            raise
        except TimeoutError:
            raise UnavailableError(f"{host}: no answer in time", "timeout") from None
        except aiosmtplib.SMTPResponseException as error:
            raise _of_code(host, error.code) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            said, reason = why(error)
            raise UnavailableError(f"{host}: {said}", reason) from None
        else:
            await _part(client)
            return told
        finally:
            ending.close()

    async def _client(self, reach: Reach) -> SMTP:
        addresses = await looked_up(self.host, self._port(), reach)
        return SMTP(
            hostname=self.host,
            port=None,
            sock=await _connected(addresses, self._port()),
            use_tls=self.mode == "tls",
            start_tls=False,
            tls_context=tls_of(reach) if self.mode != "none" else None,
            local_hostname=self.sender.rpartition("@")[2],
            timeout=IN_ALL,
        )

    async def _secure(self, client: SMTP, reach: Reach) -> None:
        await client.ehlo()
        if self.mode == "starttls":
            if not client.supports_extension("starttls"):
                raise UnavailableError(f"{self.host}: it offers no STARTTLS", "tls")
            await client.starttls(server_hostname=self.host, tls_context=tls_of(reach))
            await client.ehlo()
        if self.username and self.password is not None:
            if not client.supports_extension("auth"):
                raise RefusedError(f"{self.host}: it takes no password", "misconfigured")
            await client.login(self.username, self.password.get_secret_value())

    async def _hand_over(self, client: SMTP, notice: Notice) -> str:
        is_utf8 = client.supports_extension("smtputf8")
        if not is_utf8 and not all(each.isascii() for each in (self.sender, *self.to)):
            raise RefusedError(
                f"{self.host}: it takes only addresses in ASCII (no SMTPUTF8)", "misconfigured"
            )
        message = letter(notice, self.sender, self.to, is_utf8=is_utf8)
        needs_utf8 = is_utf8 and not all(each.isascii() for each in (self.sender, *self.to))
        await client.mail(
            self.sender,
            options=["SMTPUTF8", "BODY=8BITMIME"] if needs_utf8 else [],
            encoding="utf-8" if needs_utf8 else "ascii",
        )
        refused = await _recipients(client, self.to, "utf-8" if needs_utf8 else "ascii")
        if len(refused) == len(self.to):
            # One that may be taken later keeps the letter alive.
            raise _of_code(self.host, min(refused))
        answer = await client.data(_bytes(message, is_utf8=needs_utf8))
        told = f"{answer.code}, {len(self.to) - len(refused)} of {len(self.to)} recipients"
        if refused:
            codes = ", ".join(map(str, sorted(set(refused))))
            told += f"; the others were refused with {codes}"
        return told


async def _recipients(client: SMTP, to: Sequence[str], encoding: str) -> list[int]:
    """With what code each was refused that was."""
    refused: list[int] = []
    for each in to:
        try:
            await client.rcpt(each, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused.append(error.code)
    return refused


def _bytes(message: EmailMessage, *, is_utf8: bool) -> bytes:
    return message.as_bytes(policy=SMTP_POLICY.clone(utf8=is_utf8))


async def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    """To what was checked, not to what the name says by now."""
    loop = asyncio.get_running_loop()
    some = addresses[:_TRIED]
    failed: Exception = OSError()
    for address in some:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)  # noqa: FBT003 - the standard library's
        try:
            async with asyncio.timeout(CONNECT / len(some)):
                await loop.sock_connect(made, (address, port))
        except (OSError, TimeoutError) as error:
            made.close()
            failed = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise failed


async def _part(client: SMTP) -> None:
    """The letter is taken: however we part, it stays so."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=_PARTING)


def _hang_up(client: SMTP) -> None:
    """At once: one that does not answer would not answer to a farewell of TLS either."""
    _abort(client.transport)
    client.close()


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if transport is not None:
        cast("asyncio.WriteTransport", transport).abort()


def _of_code(host: str, code: int) -> DeliveryError:
    """4xx is a promise of later, 5xx is a no."""
    if code >= 500:
        hint = {535: ": name or password are not right", 550: ": it knows no such recipient"}
        return RefusedError(f"{host}: it answered {code}{hint.get(code, '')}", "misconfigured")
    return UnavailableError(f"{host}: it answered {code}", "busy")
