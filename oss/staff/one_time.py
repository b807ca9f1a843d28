"""One-time codes (TOTP, RFC 6238: SHA-1, 30 seconds, 6 digits, what every authenticator app shows).

One secret serves the console and the routers. A code is good once: the time step of the newest one used is kept, and
only later ones count (RFC 6238 section 5.2; pyotp compares codes and remembers nothing). The console raises the kept
step by an update that only one of two requests can make; AAA nodes hear of it within the second, and write behind what
routers used. A clock may differ by one step.
"""

from __future__ import annotations

import hmac

import pyotp

from oss.base import audit, clock, db
from oss.base.problems import Conflict, InvalidInput
from oss.base.secrets import Sealer

TABLE = "staff_radius/totp_sealed"
STEP_S = 30
DIGITS = 6
DRIFT = 1  # steps a clock may be away
ISSUER = "Milha"

BEGIN = """insert into staff_radius as r (id, totp_sealed) values ($1, $2)
on conflict (id) do update set totp_sealed = excluded.totp_sealed where r.totp_since is null"""
CONFIRM = "update staff_radius set totp_since = now(), totp_counter = $2 where id = $1 and totp_since is null"
READ = "select totp_sealed, totp_counter from staff_radius where id = $1 and totp_since is not null"
SPEND = "update staff_radius set totp_counter = $2 where id = $1 and totp_since is not null and totp_counter < $2"
REMOVE = """update staff_radius set totp_sealed = null, totp_since = null
where id = $1 and totp_sealed is not null"""


class HasCodes(Conflict):
    """One-time codes are in use already. Have them removed by an administrator to begin anew."""


def codes(secret: str, at: float, last: int) -> list[tuple[int, str]]:
    """The codes good at this time (Unix seconds), each with its step; ``last``: the newest step that was used."""
    now, totp = int(at // STEP_S), pyotp.TOTP(secret)
    return [(step, totp.generate_otp(step)) for step in range(now - DRIFT, now + DRIFT + 1) if step > last]


def step_of(secret: str, code: str, at: float, last: int) -> int | None:
    """The step of a code that is good now and was not used; None for all others."""
    typed, found = code.encode(), None
    for step, right in codes(secret, at, last):
        if hmac.compare_digest(typed, right.encode()):
            found = step
    return found


def was_used(secret: str, code: str, at: float, last: int) -> bool:
    """Whether a code would be good if it, or a later one, had not been used already."""
    return step_of(secret, code, at, last) is None and step_of(secret, code, at, 0) is not None


def address(secret: str, login: str) -> str:
    """The otpauth address an app is given, by link or as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


# ------------------------------------------------------------ a user's own


async def begin(connection: db.Connection, sealer: Sealer, user_id: int) -> str:
    """A fresh secret, not in use until a code of it is typed; raises HasCodes where one is in use."""
    secret = pyotp.random_base32()
    sealed = sealer.seal(secret, f"{TABLE}/{user_id}")
    if not (await connection.execute(BEGIN, user_id, sealed)).endswith(" 1"):
        raise HasCodes()
    return secret


async def pending(connection: db.Connection, sealer: Sealer, user_id: int) -> str | None:
    """The secret that waits for its first code."""
    sql = "select totp_sealed from staff_radius where id = $1 and totp_since is null"
    sealed = await connection.fetchval(sql, user_id)
    return sealer.open(sealed, f"{TABLE}/{user_id}").decode() if sealed else None


async def confirm(connection: db.Connection, sealer: Sealer, actor: audit.Actor, user_id: int, code: str) -> None:
    """The app shows the right codes: from now on they are asked for."""
    secret = await pending(connection, sealer, user_id)
    step = step_of(secret, code.strip().replace(" ", ""), clock.now().timestamp(), 0) if secret else None
    if step is None:
        raise InvalidInput({"code": "is not the code of this moment"})
    await connection.execute(CONFIRM, user_id, step)
    await audit.note(connection, actor, "user.codes_begun", "staff_user", user_id)


async def remove(connection: db.Connection, actor: audit.Actor, user_id: int) -> None:
    """The user has none any more: a lost telephone."""
    if (await connection.execute(REMOVE, user_id)).endswith(" 1"):
        await audit.note(connection, actor, "user.codes_removed", "staff_user", user_id)


async def use(connection: db.Connection, sealer: Sealer, user_id: int, code: str) -> bool:
    """Whether a typed code was good: it never is again, also for a request that asks at the same moment."""
    row = await connection.fetchrow(READ, user_id)
    if row is None:
        return False
    secret = sealer.open(row["totp_sealed"], f"{TABLE}/{user_id}").decode()
    step = step_of(secret, code.strip().replace(" ", ""), clock.now().timestamp(), row["totp_counter"])
    return step is not None and await connection.execute(SPEND, user_id, step) == "UPDATE 1"
