"""The outbox: an e-mail is a row in the transaction of its cause, and a job that sends it until it is taken.

What a letter tells may be a link that signs somebody in, so it is sealed in its row and erased once it is sent. The
SMTP server and the key are the process's: the roof (or the web application) gives them once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

from oss.base import clock, db, events
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.notify import letters
from oss.notify.channels import folder, smtp

PLACE = "mail/facts_sealed"
CHANNELS = {"smtp": smtp.send, "smtps": smtp.send, "file": folder.send}
NEXT = "select nextval(pg_get_serial_sequence('mail', 'id'))"
INSERT = "insert into mail (id, recipient, template, language, facts_sealed) values ($1, $2, $3, $4, $5)"
READ = """select recipient, template, language, facts_sealed, created_at,
  (select name from company order by id limit 1) as provider from mail where id = $1 and sent_at is null"""
SENT = """update mail set sent_at = now(), tries = tries + 1, last_error = null, facts_sealed = null where id = $1"""
FAILED = """update mail set tries = tries + 1, last_error = left($2, 500),
  facts_sealed = case when $3 then null else facts_sealed end where id = $1"""


class NoMailServer(Problem):
    """No mail server is configured (MILHA_SMTP_URL): nothing can be sent."""

    status = 409


@dataclass(frozen=True, slots=True)
class Post:
    """What a process sends with; ``url`` None: nothing."""

    sealer: Sealer
    url: str | None = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class MailQueued:
    """An e-mail somebody waits for stands in the outbox."""

    mail_id: int


@dataclass(frozen=True, slots=True)
class BulkMailQueued:
    """One of many e-mails stands in the outbox."""

    mail_id: int


_posts: list[Post] = []


def open_with(sealer: Sealer, url: str | None, sender: str) -> None:
    """Send with these from now on."""
    _posts[:] = [Post(sealer, url, sender)]


def configured() -> bool:
    """Whether anything can be sent."""
    return bool(_posts and _posts[0].url)


def _post() -> Post:
    if not configured():
        raise NoMailServer()
    return _posts[0]


async def send(
    connection: db.Connection, to: str, template: str, language: str, /, *, bulk: bool = False, **facts: str
) -> int:
    """Queue a letter in the caller's transaction; returns its id. ``bulk``: it may wait behind others."""
    letters.template(template, language)
    post = _post()
    mail_id: int = await connection.fetchval(NEXT)
    sealed = post.sealer.seal(json.dumps(facts), f"{PLACE}/{mail_id}")
    await connection.execute(INSERT, mail_id, to, template, language, sealed)
    await events.publish(connection, BulkMailQueued(mail_id) if bulk else MailQueued(mail_id))
    return mail_id


@events.listens(MailQueued, lane="default")
async def deliver(connection: db.Connection, event: MailQueued) -> None:
    """Send it, unless it was."""
    await _deliver(connection, event.mail_id)


@events.listens(BulkMailQueued, lane="bulk")
async def deliver_bulk(connection: db.Connection, event: BulkMailQueued) -> None:
    """The same behind many others."""
    await _deliver(connection, event.mail_id)


async def _deliver(connection: db.Connection, mail_id: int) -> None:
    row = await connection.fetchrow(READ, mail_id)
    if row is None or row["facts_sealed"] is None:
        return
    post = _post()
    facts = json.loads(post.sealer.open(row["facts_sealed"], f"{PLACE}/{mail_id}"))
    facts = {"provider": row["provider"] or "Milha", **facts}
    letter = letters.write(row["template"], row["language"], facts)
    domain = parseaddr(post.sender)[1].partition("@")[2] or "localhost"
    message = letters.message(letter, post.sender, row["recipient"], mail_id, domain)
    message["Date"] = format_datetime(row["created_at"].astimezone(clock.now().tzinfo))
    assert post.url is not None
    try:
        await CHANNELS[urlsplit(post.url).scheme](post.url, message)
    except smtp.MailNotTaken as problem:
        # Outside the job's transaction, which is undone: the error must be seen while the job waits for its next try.
        await db.execute(FAILED, mail_id, str(problem), isinstance(problem, smtp.MailRefused))
        if isinstance(problem, smtp.MailRefused):
            return
        raise
    await connection.execute(SENT, mail_id)
