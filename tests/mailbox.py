"""A real mail server (aiosmtpd) on loopback that keeps what it is given."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """What came, and whether after a right password; ``refuses``: the answer to RCPT; ``account``: user, password."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    proven: list[bool] = field(default_factory=list)
    refuses: str | None = None
    account: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        self.proven.append(bool(session.authenticated))
        made = email.message_from_bytes(cast(bytes, envelope.content), policy=email.policy.default)
        self.letters.append(cast(EmailMessage, made))
        return "250 OK"

    def knows(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login.decode(), given.password.decode()) == self.account
        return AuthResult(success=right, handled=False)


def text(letter: EmailMessage, kind: str = "plain") -> str:
    """The words of a letter."""
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def link(letter: EmailMessage) -> str:
    """The one address in a letter."""
    found = re.search(r"https?://\S+", text(letter))
    assert found is not None
    return found[0]


@asynccontextmanager
async def mail_server(box: Mailbox) -> AsyncIterator[Mailbox]:
    """Listening for as long as the block runs, at the box's port (0: a free one)."""
    loop = asyncio.get_running_loop()
    more: dict[str, Any] = {"auth_require_tls": False, "loop": loop}
    if box.account:
        more["authenticator"] = box.knows
    server = await loop.create_server(lambda: SMTP(box, **more), "127.0.0.1", box.port)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
