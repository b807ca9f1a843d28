"""Second factors: a code is good once, whoever asks at the same moment; recovery codes too."""

from __future__ import annotations

import asyncio
import time

import pyotp
import pytest
import pytest_asyncio

from oss.base import audit, db, secrets
from oss.staff import factors, one_time, recovery_codes, sign_in_rules, users
from oss.staff.factors import LastFactor
from oss.staff.sign_in_rules import SignInRules
from tests.conftest import TESTER

ANA = audit.Actor("ana", "192.0.2.7")


@pytest_asyncio.fixture(loop_scope="session")
async def ana(database: str) -> int:
    async with db.transaction() as connection:
        return await users.add(connection, TESTER, "ana", "Ana", "ana-password-1", "admin")


async def enrolled(sealer: secrets.Sealer, user_id: int) -> pyotp.TOTP:
    """An app whose codes are in use; the code of the step before last was used to confirm."""
    async with db.transaction() as connection:
        app = pyotp.TOTP(await one_time.begin(connection, sealer, user_id))
        await one_time.confirm(connection, sealer, ANA, user_id, app.at(int(time.time()) - one_time.STEP_S))
    return app


async def test_a_code_is_good_once_and_so_is_every_earlier_one(ana: int, sealer: secrets.Sealer) -> None:
    app, now = await enrolled(sealer, ana), int(time.time())
    assert not await factors.prove_code(sealer, ANA, ana, app.at(now - 30))
    assert await factors.prove_code(sealer, ANA, ana, f" {app.at(now)[:3]} {app.at(now)[3:]} ")
    assert not await factors.prove_code(sealer, ANA, ana, app.at(now))
    assert await factors.prove_code(sealer, ANA, ana, app.at(now + 30))
    assert not await factors.prove_code(sealer, ANA, ana, app.at(now))


async def test_of_many_who_type_one_code_at_the_same_moment_one_is_let_in(ana: int, sealer: secrets.Sealer) -> None:
    app = await enrolled(sealer, ana)
    code = app.at(int(time.time()))
    found = await asyncio.gather(*(factors.prove_code(sealer, ANA, ana, code) for _ in range(5)))
    assert sorted(found) == [False] * 4 + [True]


async def test_a_secret_that_was_never_confirmed_opens_nothing(ana: int, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        app = pyotp.TOTP(await one_time.begin(connection, sealer, ana))
    assert not await factors.prove_code(sealer, ANA, ana, app.now())


async def test_a_recovery_code_is_good_once_also_for_many_at_the_same_moment(ana: int, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        codes = await recovery_codes.renew(connection, ANA, ana)
    assert len(set(codes)) == 10
    kept = str(await db.fetch("select * from staff_recovery_code"))
    assert not any(code.replace("-", "") in kept for code in codes)
    typed = codes[0].upper().replace("-", " ")
    found = await asyncio.gather(*(factors.prove_code(sealer, ANA, ana, typed) for _ in range(5)))
    assert sorted(found) == [False] * 4 + [True]
    assert (await factors.standing(ana)).recovery == 9
    async with db.transaction() as connection:
        await recovery_codes.renew(connection, ANA, ana)
    assert not await factors.prove_code(sealer, ANA, ana, codes[1])


async def test_anothers_recovery_code_opens_nothing(ana: int, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        bea = await users.add(connection, TESTER, "bea", "Bea", "bea-password-1", "noc")
        codes = await recovery_codes.renew(connection, ANA, ana)
    assert not await factors.prove_code(sealer, ANA, bea, codes[0])


async def test_who_must_have_a_factor_cannot_remove_the_last(ana: int, sealer: secrets.Sealer) -> None:
    await enrolled(sealer, ana)
    await factors.demand_another(ana, codes=True)
    async with db.transaction() as connection:
        await sign_in_rules.save(connection, TESTER, "admin", SignInRules(needs_second_factor=True))
    with pytest.raises(LastFactor):
        await factors.demand_another(ana, codes=True)
    await db.execute(
        "insert into staff_passkey (user_id, credential_id, public_key, sign_count, name) "
        "values ($1, 'x', 'y', 0, 'k')",
        ana,
    )
    await factors.demand_another(ana, codes=True)
    await factors.demand_another(ana, codes=False)
    async with db.transaction() as connection:
        await factors.remove_all(connection, ANA, ana)
    left = await factors.standing(ana)
    assert (left.any, left.recovery, left.missing) == (False, 0, True)
