"""E-mail by SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS from the first octet (RFC 8314 section 3.3)."""

from __future__ import annotations

import ipaddress
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from oss.base.problems import Problem

TIMEOUT_S = 20.0


class MailNotTaken(Problem):
    """The mail server did not take the message: {why}."""

    status = 502


class MailRefused(MailNotTaken):
    """The mail server will not take this message, now or later: {why}."""


async def send(url: str, message: EmailMessage) -> None:
    """Hand a message to the server of a ``smtp(s)://`` address; raises MailNotTaken, or MailRefused for good."""
    parts = urlsplit(url)
    safe = parts.scheme == "smtps"
    try:
        await aiosmtplib.send(
            message,
            hostname=parts.hostname,
            port=parts.port or (465 if safe else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=safe,
            start_tls=None if safe else _starttls(url),
            timeout=TIMEOUT_S,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        told = error.recipients[0]
        raise (MailRefused if 500 <= told.code < 600 else MailNotTaken)(why=f"{told.code} {told.message}") from error
    except aiosmtplib.SMTPResponseException as error:
        # 535 (wrong password) and its like are the operator's to mend: they are tried again.
        kind = MailRefused if isinstance(error, aiosmtplib.SMTPDataError) and 500 <= error.code < 600 else MailNotTaken
        raise kind(why=f"{error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailNotTaken(why=f"{type(error).__name__}: {error}") from error


def _starttls(url: str) -> bool | None:
    """True: demanded; None: where the server offers it; False: never. A password leaves this machine encrypted only."""
    parts = urlsplit(url)
    told = parse_qs(parts.query, keep_blank_values=True).get("starttls", ["auto"])[0]
    if told == "never":
        return False
    return True if told in ("", "required") or (parts.password and not _own(parts.hostname or "")) else None


def _own(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
