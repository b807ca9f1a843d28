"""What is kept of a subscriber's password, sealed in any case: itself, or a hash where the methods of login allow it.

    kind       what is sealed                        logs in by
    clear      the password                          PAP, CHAP, MS-CHAP, MS-CHAPv2
    nt         its NT hash (MD4, no salt)            PAP, MS-CHAP, MS-CHAPv2
    hashed     salt and HMAC-SHA-256 under it        PAP
    imported   another system's hash, as it came     PAP; becomes nt or hashed at the first good login

The trade-off: the hashes are fast. A login must cost microseconds (45,000 a second; argon2 or PBKDF2 take a thousand
times as long), so whoever steals the database AND the sealing key may guess at a hash as fast as his graphics cards go,
but has to guess, one account at a time where there is a salt; a clear password he would just read. An NT hash is as
good as the password to whoever speaks MS-CHAP. Whoever steals the database alone has nothing of any of them: the seal
is what a pepper would be, and can be rotated, which a pepper cannot.

The kind is part of the place a value is sealed for: a hash whose row says ``clear`` does not open, so that nobody who
may write to the table logs in by a hash.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from oss.base import audit, db, resealing, settings
from oss.base.problems import InvalidInput
from oss.base.secrets import Sealer
from radius import auth, mschap

TABLE = "access_account/password_sealed"
KINDS: Final = ("clear", "nt", "hashed", "imported")
CHOICES: Final = ("clear", "nt", "hashed")  # what a new password may be kept as
POLICY = "access.password_kind"
METHODS: Final[dict[str, tuple[str, ...]]] = {
    "clear": ("PAP", "CHAP", "MS-CHAP", "MS-CHAPv2"),
    "nt": ("PAP", "MS-CHAP", "MS-CHAPv2"),
    "hashed": ("PAP",),
    "imported": ("PAP",),
}
SALT = 16  # octets

resealing.place(
    TABLE,
    f"'{TABLE}/' || x.id || case x.password_kind when 'clear' then '' else '/' || x.password_kind end",
)


class Kept(NamedTuple):
    """What is sealed of a password."""

    kind: str
    octets: bytes

    def __repr__(self) -> str:
        return f"Kept({self.kind})"  # never the octets


def place(account_id: int, kind: str) -> str:
    """What a value of this kind is sealed for."""
    return f"{TABLE}/{account_id}" if kind == "clear" else f"{TABLE}/{account_id}/{kind}"


def keep(password: bytes, kind: str) -> Kept:
    """A password as one of CHOICES."""
    if kind == "nt":
        return Kept(kind, mschap.nt_hash(password))
    if kind == "hashed":
        return Kept(kind, auth.salted(password, os.urandom(SALT)))
    return Kept("clear", password)


def seal(sealer: Sealer, account_id: int, kept: Kept) -> str:
    """As the table holds it."""
    return sealer.seal(kept.octets, place(account_id, kept.kind))


def unseal(sealer: Sealer, account_id: int, kind: str, sealed: str) -> Kept:
    """Raises WrongSealingKey or SealedValueDamaged."""
    return Kept(kind, sealer.open(sealed, place(account_id, kind)))


def credential(kept: Kept) -> auth.Credential:
    """What a login is checked against."""
    makers = {"nt": auth.NtHash, "hashed": auth.SaltedHash, "imported": auth.SlowHash}
    return makers.get(kept.kind, auth.Credential)(kept.octets)


def same(kept: Kept, password: str, kind: str) -> bool:
    """Whether this password is kept already, in this way."""
    return kept.kind == kind and bool(credential(kept).proves(password.encode()))


async def policy(connection: db.Connection) -> str:
    """The kind that new passwords become."""
    return str(await settings.read(connection, POLICY, "clear"))


async def set_policy(connection: db.Connection, actor: audit.Actor, kind: str) -> None:
    """Passwords set from now on are kept so; those there are stay as they are."""
    if kind not in CHOICES:
        raise InvalidInput({"password_kind": "one of " + ", ".join(CHOICES)})
    await settings.write(connection, actor, POLICY, kind)
