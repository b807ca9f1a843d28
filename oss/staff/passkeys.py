"""Passkeys (WebAuthn Level 3): discoverable credentials that prove the device and, by finger, face or PIN, the person.

The relying party is the host of MILHA_PUBLIC_URL, so a passkey made here is worth nothing to a page elsewhere. User
verification is required each time; a signature counter that does not grow is refused (WebAuthn section 6.1.1), by an
update that only one of two requests can make.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import structs
from webauthn.helpers.exceptions import WebAuthnException

from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput, NotFound, Problem

MOST = 20
TIMEOUT_MS = 120_000
USED = """update staff_passkey set sign_count = $2, last_used_at = now()
where id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0))"""
FIND = """select k.id, k.user_id, k.public_key, k.sign_count, k.name from staff_passkey k
join staff_user u on u.id = k.user_id and u.active where k.credential_id = $1"""


class PasskeyRefused(Problem):
    """This passkey was not accepted. Try again, or sign in with your password."""

    status = 422


class TooManyPasskeys(Conflict):
    """There are {most} passkeys already. Remove one that is not in use any more."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whom browsers make passkeys for: ``id`` is a host name, ``origin`` scheme, host and port."""

    id: str
    origin: str
    name: str

    @classmethod
    def of(cls, public_url: str, name: str) -> Party:
        """The party of an installation. An address is no host name (WebAuthn section 5.1.2): loopback is localhost."""
        parts = urlsplit(public_url)
        host, port = parts.hostname or "localhost", f":{parts.port}" if parts.port else ""
        if host in ("127.0.0.1", "::1"):
            host = "localhost"
        return cls(host, f"{parts.scheme}://{host}{port}", name)


# ------------------------------------------------------------ making one


async def offer(connection: db.Connection, party: Party, user_id: int) -> tuple[str, str]:
    """What a browser needs to make one (JSON), and its challenge (base64url)."""
    user = await connection.fetchrow("select login, name from staff_user where id = $1", user_id)
    sql = "select credential_id from staff_passkey where user_id = $1"
    known = [structs.PublicKeyCredentialDescriptor(id=row[0]) for row in await connection.fetch(sql, user_id)]
    if len(known) >= MOST:
        raise TooManyPasskeys(most=MOST)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user_id.to_bytes(8, "big"),
        user_name=user["login"],
        user_display_name=user["name"],
        timeout=TIMEOUT_MS,
        exclude_credentials=known,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )
    return _told(options)


async def keep(
    connection: db.Connection, actor: audit.Actor, party: Party, user_id: int, challenge: str, answer: str, name: str
) -> None:
    """Keep what the browser made; raises PasskeyRefused for what does not answer our challenge."""
    if not 1 <= len(name.strip()) <= 60:
        raise InvalidInput({"name": "1 to 60 characters"})
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused() from error
    tag = await connection.execute(
        "insert into staff_passkey (user_id, credential_id, public_key, sign_count, name) values ($1, $2, $3, $4, $5) "
        "on conflict (credential_id) do nothing",
        *(user_id, found.credential_id, found.credential_public_key, found.sign_count, name.strip()),
    )
    if tag != "INSERT 0 1":
        raise PasskeyRefused()
    await audit.note(connection, actor, "user.passkey_added", "staff_user", user_id, name=name.strip())


# ------------------------------------------------------------ using one


def ask(party: Party) -> tuple[str, str]:
    """What a browser needs to sign in with any passkey it has for us (JSON), and the challenge (base64url)."""
    required = structs.UserVerificationRequirement.REQUIRED
    return _told(
        webauthn.generate_authentication_options(rp_id=party.id, timeout=TIMEOUT_MS, user_verification=required)
    )


def _told(options: Any) -> tuple[str, str]:
    text = webauthn.options_to_json(options)
    return text, str(json.loads(text)["challenge"])


async def prove(connection: db.Connection, party: Party, challenge: str, answer: str) -> int:
    """The id of the active user whose passkey answered the challenge; raises PasskeyRefused."""
    try:
        given = json.loads(answer)
        credential_id = webauthn.base64url_to_bytes(given["rawId"])
        row = await connection.fetchrow(FIND, credential_id)
        if row is None:
            raise PasskeyRefused()
        found = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row["public_key"],
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused() from error
    if await connection.execute(USED, row["id"], found.new_sign_count) != "UPDATE 1":
        raise PasskeyRefused()
    return int(row["user_id"])


# ------------------------------------------------------------ the list


async def of_user(connection: db.Connection, user_id: int) -> list[Any]:
    """A user's passkeys, the oldest first."""
    sql = "select id, name, created_at, last_used_at from staff_passkey where user_id = $1 order by id"
    return list(await connection.fetch(sql, user_id))


async def remove(connection: db.Connection, actor: audit.Actor, user_id: int, passkey_id: int) -> None:
    """One of a user's is good no more."""
    sql = "delete from staff_passkey where user_id = $1 and id = $2 returning name"
    name = await connection.fetchval(sql, user_id, passkey_id)
    if name is None:
        raise NotFound(thing="passkey")
    await audit.note(connection, actor, "user.passkey_removed", "staff_user", user_id, name=name)
