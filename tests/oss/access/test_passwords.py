"""Of a password is kept what the policy says; a hash logs in by the methods it allows, and by no other way."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from typing import Any

import pytest

from oss.access import accounts, intake, passwords
from oss.access.aaa import Node
from oss.access.intake import NewAccount
from oss.access.passwords import Kept
from oss.base import db, secrets
from oss.base.problems import InvalidInput
from oss.base.secrets import WrongSealingKey
from radius import attributes as a
from radius.auth import NtHash, SaltedHash, chap_response
from radius.server import AccessReply, Later, Peer
from tests.conftest import TESTER, Seed
from tests.oss.access.asking import AUTHENTICATOR, asks
from tests.waiting import eventually

ROW = "select id, password_kind as kind, password_sealed as sealed from access_account where login = $1"
IMPORTED = Kept("imported", b"{sha1}" + (hashlib.sha1(b"segredosalt").digest() + b"salt").hex().encode())


async def kept(connection: db.Connection, sealer: secrets.Sealer, login: str) -> Kept:
    return passwords.unseal(sealer, *await connection.fetchrow(ROW, login))


async def policy(connection: db.Connection, kind: str) -> None:
    await passwords.set_policy(connection, TESTER, kind)


async def take(connection: db.Connection, sealer: secrets.Sealer, provider: Seed, hashed: Kept) -> int:
    """A login ``old`` known by a hash; returns its id."""
    account = NewAccount("old", "", kept=hashed)
    await intake.add_accounts(connection, sealer, [(provider.contracts[0], account)])
    return int(await connection.fetchval("select id from access_account where login = 'old'"))


def chap(password: bytes) -> tuple[int, a.Value]:
    return a.CHAP_PASSWORD, chap_response(b"\1", password, AUTHENTICATOR)


async def code(reply: AccessReply | Later | None) -> int | None:
    found = await asyncio.wait_for(reply, 10) if isinstance(reply, asyncio.Future) else reply
    return found.code if found else None


# ------------------------------------------------------------ what is kept


@pytest.mark.parametrize("kind", passwords.CHOICES)
async def test_a_new_password_is_kept_as_the_policy_says(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer, kind: str
) -> None:
    await policy(undone, kind)
    account = await accounts.add(undone, sealer, TESTER, provider.contracts[0], "nova", "segredo")
    for password in ("segredo", "outra senha"):
        await accounts.set_password(undone, sealer, TESTER, account, password)
        found = await kept(undone, sealer, "nova")
        assert found.kind == kind and passwords.credential(found).proves(password.encode())
        assert (password.encode() in found.octets) == (kind == "clear")
    assert "segredo" not in str(await undone.fetch("select * from audit"))


async def test_the_policy_is_one_that_exists(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput):
        await policy(undone, "imported")
    assert await passwords.policy(undone) == "clear"


async def test_a_password_read_again_changes_nothing_but_the_way_it_is_kept(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    row = await undone.fetchrow(ROW, "cli1")
    assert await intake.set_passwords(undone, sealer, {row["id"]: "pw1"}) == 0
    await policy(undone, "hashed")
    for changed in (1, 0):
        assert await intake.set_passwords(undone, sealer, {row["id"]: "pw1"}) == changed
    assert (await kept(undone, sealer, "cli1")).kind == "hashed"


async def test_whoever_may_write_to_the_table_cannot_log_in_by_a_hash(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    """The kind is part of what a value is sealed for."""
    await policy(undone, "nt")
    account = await accounts.add(undone, sealer, TESTER, provider.contracts[0], "nova", "segredo")
    row = await undone.fetchrow(ROW, "nova")
    for kind in ("clear", "hashed", "imported"):
        with pytest.raises(WrongSealingKey):
            passwords.unseal(sealer, account, kind, row["sealed"])


def test_what_is_kept_shows_nothing() -> None:
    assert repr(Kept("clear", b"segredo")) == "Kept(clear)"


# ------------------------------------------------------------ logging in


@pytest.mark.parametrize(("kind", "credential"), [("nt", NtHash), ("hashed", SaltedHash)])
async def test_a_hash_logs_in_by_pap_and_says_why_chap_does_not(
    node: Node, peer: Peer, undone: db.Connection, sealer: secrets.Sealer, kind: str, credential: type
) -> None:
    await policy(undone, kind)
    account = await undone.fetchval("select id from access_account where login = 'cli1'")
    await accounts.set_password(undone, sealer, TESTER, account, "segredo")
    await node.index.reconcile(undone)
    assert isinstance(node.index.entries["cli1"].credential, credential)
    assert await code(node.authenticate(asks(password=b"segredo"), peer)) == a.ACCESS_ACCEPT
    assert await code(node.authenticate(asks(password=b"pw1"), peer)) == a.ACCESS_REJECT
    assert await code(node.authenticate(asks("cli1", chap(b"segredo")), peer)) == a.ACCESS_REJECT
    assert node.tallies.reasons == {"wrong_password": 1, "needs_clear_password": 1}
    assert node.logins.brake.tries("cli1") == 1, "a method that cannot be is no guess"


@pytest.mark.parametrize(("kind", "becomes"), [("clear", "nt"), ("nt", "nt"), ("hashed", "hashed")])
async def test_another_systems_hash_logs_in_and_is_a_hash_of_ours_afterwards(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer, kind: str, becomes: str
) -> None:
    await policy(undone, kind)
    account = await take(undone, sealer, provider, IMPORTED)
    await node.index.reconcile(undone)
    wrong = node.authenticate(asks("old", password=b"other"), peer)
    assert isinstance(wrong, asyncio.Future) and await code(wrong) == a.ACCESS_REJECT
    assert node.tallies.reasons == {"wrong_password": 1} and not node.logins.imported.proven
    right = node.authenticate(asks("old", password=b"segredo"), peer)
    assert isinstance(right, asyncio.Future) and await code(right) == a.ACCESS_ACCEPT
    again = node.authenticate(asks("old", password=b"segredo"), peer)
    assert isinstance(again, AccessReply) and again.code == a.ACCESS_ACCEPT, "known from the first good login on"
    await node.logins.imported.write(undone, sealer)
    found = await kept(undone, sealer, "old")
    assert found.kind == becomes and passwords.credential(found).proves(b"segredo")
    await node.index.reconcile(undone)
    assert await code(node.authenticate(asks("old", password=b"segredo"), peer)) == a.ACCESS_ACCEPT
    note = await undone.fetchrow("select actor, detail from audit where action = 'account.password_upgraded'")
    assert json.loads(note["detail"]) == {"login": "old", "kind": becomes}
    assert "segredo" not in str(await undone.fetch("select * from audit")) and account


async def test_a_password_set_meanwhile_is_not_overwritten_and_the_old_hash_lets_nobody_in(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    account = await take(undone, sealer, provider, IMPORTED)
    await node.index.reconcile(undone)
    busy = threading.Event()
    node.logins.imported._thread.submit(busy.wait)
    later = node.authenticate(asks("old", password=b"segredo"), peer)
    assert isinstance(later, asyncio.Future)
    await accounts.set_password(undone, sealer, TESTER, account, "new one")
    await node.index.reconcile(undone)
    busy.set()
    assert await code(later) is None, "asked again, he is told by the new password"
    assert await code(node.authenticate(asks("old", password=b"segredo"), peer)) == a.ACCESS_REJECT
    await node.logins.imported.write(undone, sealer)
    assert await kept(undone, sealer, "old") == Kept("clear", b"new one")


async def test_of_many_at_once_few_wait_and_the_others_are_asked_again(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer, monkeypatch: Any
) -> None:
    await take(undone, sealer, provider, IMPORTED)
    await node.index.reconcile(undone)
    monkeypatch.setattr("oss.access.imported_logins.MOST_WAITING", 3)
    replies = [node.authenticate(asks("old", password=b"segredo"), peer) for _ in range(5)]
    assert [reply is None for reply in replies] == [False] * 3 + [True] * 2
    assert [await code(reply) for reply in replies[:3]] == [a.ACCESS_ACCEPT] * 3
    await eventually(lambda: not node.logins.imported._waiting)


async def test_the_clear_password_keeps_what_was_made_of_it_when_it_is_sealed_again(
    node: Node, undone: db.Connection, sealer: secrets.Sealer
) -> None:
    before = node.index.entries["cli1"].credential
    row = await undone.fetchrow(ROW, "cli1")
    sealed = sealer.seal("pw1", passwords.place(row["id"], "clear"))
    await undone.execute("update access_account set password_sealed = $2 where id = $1", row["id"], sealed)
    await node.index.reconcile(undone)
    assert node.index.entries["cli1"].row[2] == sealed
    assert node.index.entries["cli1"].credential is before
