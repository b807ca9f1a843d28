"""Logins are unique in any spelling; their passwords are sealed in their own place and never told."""

from __future__ import annotations

import json

import pytest

from oss.access import accounts
from oss.base import db, secrets
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.secrets import WrongSealingKey
from tests.conftest import TESTER, Seed

PASSWORD = "s3nha do cliente"


async def test_a_login_is_kept_in_lower_case_with_its_password_sealed(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    account = await accounts.add(undone, sealer, TESTER, provider.contracts[0], " Iris@ISP ", PASSWORD)
    row = await undone.fetchrow("select * from access_account where id = $1", account)
    assert (row["login"], row["contract_id"], row["enabled"]) == ("iris@isp", provider.contracts[0], True)
    assert sealer.open(row["password_sealed"], f"access_account/password_sealed/{account}") == PASSWORD.encode()
    with pytest.raises(WrongSealingKey):
        sealer.open(row["password_sealed"], f"access_account/password_sealed/{account + 1}")


async def test_a_new_password_takes_the_place_of_the_old_one(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    account = await undone.fetchval("select id from access_account where login = 'cli1'")
    await accounts.set_password(undone, sealer, TESTER, account, "another one")
    sealed = await undone.fetchval("select password_sealed from access_account where id = $1", account)
    assert sealer.open(sealed, f"{accounts.TABLE}/{account}") == b"another one"
    assert "another one" not in str(await undone.fetch("select * from audit"))


async def test_a_login_is_switched_off_and_on(undone: db.Connection, provider: Seed) -> None:
    account = await undone.fetchval("select id from access_account where login = 'cli1'")
    for enabled in (False, True):
        await accounts.set_enabled(undone, TESTER, account, enabled)
        assert await undone.fetchval("select enabled from access_account where id = $1", account) is enabled
    assert await undone.fetchval("select count(*) from audit where action = 'account.enabled'") == 2


async def test_a_login_is_taken_once_whatever_its_spelling(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    with pytest.raises(Conflict):
        await accounts.add(undone, sealer, TESTER, provider.contracts[0], "CLI1", PASSWORD)


@pytest.mark.parametrize(
    ("login", "password", "fields"),
    [
        ("", PASSWORD, ["login"]),
        ("two words", PASSWORD, ["login"]),
        ("tab\there", PASSWORD, ["login"]),
        ("nul\x00", PASSWORD, ["login"]),
        ("half \ud800", PASSWORD, ["login"]),
        ("x" * 129, PASSWORD, ["login"]),
        ("x", "", ["password"]),
        ("x", "é" * 65, ["password"]),
        ("x", "half \ud800", ["password"]),
        ("", "", ["login", "password"]),
    ],
)
async def test_what_is_wrong_with_a_login_is_told(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer, login: str, password: str, fields: list[str]
) -> None:
    with pytest.raises(InvalidInput) as problem:
        await accounts.add(undone, sealer, TESTER, provider.contracts[0], login, password)
    assert list(problem.value.fields) == fields


async def test_what_does_not_exist_cannot_be_changed(undone: db.Connection, sealer: secrets.Sealer) -> None:
    with pytest.raises(InvalidInput):
        await accounts.add(undone, sealer, TESTER, 0, "x", PASSWORD)
    with pytest.raises(NotFound):
        await accounts.set_password(undone, sealer, TESTER, 0, PASSWORD)
    with pytest.raises(NotFound):
        await accounts.set_enabled(undone, TESTER, 0, False)


async def test_how_many_sessions_a_login_may_have_is_set_with_a_note(undone: db.Connection, provider: Seed) -> None:
    account = await undone.fetchval("select id from access_account where login = 'cli1'")
    kept = "select max_sessions, when_full from access_account where id = $1"
    assert tuple(await undone.fetchrow(kept, account)) == (1, "newest")
    for most, when_full in ((1000, "deny"), (1, "newest")):
        await accounts.set_sessions(undone, TESTER, account, most, when_full)
        assert tuple(await undone.fetchrow(kept, account)) == (most, when_full)
    detail = await undone.fetchval("select detail from audit where action = 'account.sessions_set' order by id limit 1")
    assert json.loads(detail) == {
        "login": "cli1",
        "before": {"max_sessions": 1, "when_full": "newest"},
        "after": {"max_sessions": 1000, "when_full": "deny"},
    }


@pytest.mark.parametrize(
    ("most", "when_full", "fields"),
    [
        (0, "deny", ["max_sessions"]),
        (1001, "deny", ["max_sessions"]),
        (-1, "", ["max_sessions", "when_full"]),
        (1, "oldest", ["when_full"]),
    ],
)
async def test_sessions_at_once_out_of_their_bounds_are_refused(
    undone: db.Connection, provider: Seed, most: int, when_full: str, fields: list[str]
) -> None:
    account = await undone.fetchval("select id from access_account where login = 'cli1'")
    with pytest.raises(InvalidInput) as refused:
        await accounts.set_sessions(undone, TESTER, account, most, when_full)
    assert list(refused.value.fields) == fields
    assert await undone.fetchval("select max_sessions from access_account where id = $1", account) == 1


async def test_sessions_of_a_login_that_is_gone_cannot_be_set(undone: db.Connection) -> None:
    with pytest.raises(NotFound):
        await accounts.set_sessions(undone, TESTER, 999_999, 2, "deny")
