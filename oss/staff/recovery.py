"""A new password for who forgot it or was invited: a link by e-mail, good once.

A request for one does the same whoever is asked for: one job is queued. Whether the address is anybody's is looked at
in the job, where nobody waits and nothing can be measured.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from oss.base import audit, clock, db, events
from oss.notify import outbox
from oss.staff import links, passwords, users, web_sessions

SET = "update staff_user set password_hash = $2 where id = $1 and active"
ROW = "select id, login, name, email, language from staff_user where email = $1 and active"
BY_ID = "select id, login, name, email, language from staff_user where id = $1"


@dataclass(frozen=True, slots=True)
class RecoveryAsked:
    """Somebody typed this address as theirs; ``public_url`` is the configured one."""

    email: str
    ip: str
    public_url: str


async def ask(email: str, ip: str, public_url: str) -> None:
    """Queue the look; asked again before it is done, it is done once."""
    typed = email.strip().lower()
    key = hashlib.sha256(typed.encode()).hexdigest()
    async with db.transaction() as connection:
        await events.publish(connection, RecoveryAsked(typed, ip, public_url), dedupe_key=key)


@events.listens(RecoveryAsked)
async def answer(connection: db.Connection, event: RecoveryAsked) -> None:
    """A letter with a link, if the address is somebody's."""
    row = await connection.fetchrow(ROW, event.email)
    if row is None or not outbox.configured():
        return
    token = await links.make(connection, "recovery", row["id"])
    facts = {"name": row["name"], "login": row["login"], "ip": event.ip}
    link = links.address(event.public_url, "recovery", token)
    await outbox.send(connection, row["email"], "recovery", row["language"], **facts, link=link)
    await audit.note(connection, audit.Actor(row["login"], event.ip), "user.recovery_asked", "staff_user", row["id"])


async def invite(connection: db.Connection, actor: audit.Actor, user_id: int, public_url: str, zone: str) -> str:
    """A link with which an invited user sets a password; sent where there is a mail server and an address.

    Returns the link; ``zone``: the provider's, in which the letter says until when it is good.
    """
    row = await connection.fetchrow(BY_ID, user_id)
    link = links.address(public_url, "invite", await links.make(connection, "invite", user_id))
    if row["email"] and outbox.configured():
        until = moment_words(zone, clock.now() + links.LIVES["invite"])
        facts = {"name": row["name"], "login": row["login"], "by": actor.name, "until": until}
        await outbox.send(connection, row["email"], "invite", row["language"], **facts, link=link)
    await audit.note(connection, actor, "user.invited", "staff_user", user_id, by_mail=bool(row["email"]))
    return link


async def set_password(kind: str, token: str, password: str, ip: str, zone: str) -> int:
    """Spend the link and set the password: all sessions end, and a notice goes out. Returns the user's id.

    ``zone``: the provider's, for the letter.
    """
    holder = await links.look(kind, token)
    async with db.pool().acquire() as connection:
        known = await passwords.known_of(connection, holder.user_id)
    await passwords.demand(password, known)
    hashed = await asyncio.to_thread(users.hash_password, password)
    actor = audit.Actor(holder.login, ip)
    async with db.transaction() as connection:
        await links.spend(connection, kind, token)
        await replace(connection, actor, holder.user_id, hashed, None)
        if kind == "recovery":
            await notice(connection, holder.user_id, "password_changed", ip=ip, at=moment_words(zone))
    return holder.user_id


async def replace(
    connection: db.Connection, actor: audit.Actor, user_id: int, hashed: str, own_sid: str | None
) -> None:
    """The new hash in force: links are worth nothing, sessions end but the one that is named."""
    if await connection.execute(SET, user_id, hashed) != "UPDATE 1":
        raise links.LinkGone()
    await links.cancel(connection, user_id)
    await web_sessions.end_all(connection, user_id, but=own_sid)
    await connection.execute("delete from staff_device where user_id = $1", user_id)
    await audit.note(connection, actor, "user.password_changed", "staff_user", user_id)


async def notice(connection: db.Connection, user_id: int, template: str, to: str | None = None, **facts: str) -> None:
    """A letter about what was done with somebody's account, where it can be sent."""
    row = await connection.fetchrow(BY_ID, user_id)
    address = to or row["email"]
    if address and outbox.configured():
        more = {"name": row["name"], "login": row["login"], **facts}
        await outbox.send(connection, address, template, row["language"], **more)


def moment_words(zone: str, at: datetime | None = None) -> str:
    """An instant (now) by the provider's clock, as a letter tells it."""
    return (at or clock.now()).astimezone(ZoneInfo(zone)).strftime("%d/%m/%Y %H:%M")
