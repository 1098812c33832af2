"""A server of mail on loopback: it takes or refuses as it is told, and keeps what it was sent."""

import asyncio
import email
import email.policy
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Post:
    """What each step answers; "" is the usual."""

    port: int = 0
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = ""
    auth: bool = True
    hangs_up_after_data: bool = False
    letters: list = field(default_factory=list)
    envelopes: list = field(default_factory=list)
    names: list = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - theirs
        self, _server, _session, envelope, address, _options
    ):
        if answer := self.rcpt.get(address, self.rcpt.get("*", "")):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - theirs
        if self.hangs_up_after_data:
            server.transport.abort()
            return "250 OK"
        if self.data:
            return self.data
        self.envelopes.append(envelope)
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def authenticate(self, _server, _session, _envelope, _mechanism, given):
        self.names.append((given.login, given.password))
        return AuthResult(success=self.auth, handled=False)


@contextmanager
def post_office(tls=None, *, implicit=False, **options):
    post = Post()
    loop = asyncio.new_event_loop()
    # It tells of connections that broke off, which is what some tests are about.
    loop.set_exception_handler(lambda *_: None)

    connections = []

    class Session(SMTP):
        def connection_made(self, transport):
            connections.append(transport)
            super().connection_made(transport)

    def factory():
        return Session(
            post,
            hostname="smtp.example.com",
            loop=loop,
            tls_context=None if implicit else tls,
            authenticator=post.authenticate,
            **{"enable_SMTPUTF8": False, "auth_require_tls": not implicit} | options,
        )

    server = loop.run_until_complete(
        loop.create_server(factory, "127.0.0.1", 0, ssl=tls if implicit else None)
    )
    post.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield post
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_hang_up(connections))
        loop.close()


async def _hang_up(connections):
    for each in connections:
        each.abort()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # What was hung up is told so in the next round, and TLS in the one after.
    for _ in range(3):
        await asyncio.sleep(0)
