"""Faults of logins, contracts and routers at home, staged by real code: one right sentence each, in both languages."""

from __future__ import annotations

import json

import pytest

from oss.access import accounts, drops, holds
from oss.base import clock, db
from oss.contracts import lifecycle
from radius import attributes as a
from tests.conftest import TESTER, fall_overdue
from tests.oss.access.asking import asks
from tests.oss.monitoring.staged import CLOCK, HOME, Staged, assert_told

# ------------------------------------------------------------ nothing is wrong


async def test_all_is_well(stage: Staged) -> None:
    await stage.online()
    await assert_told(
        stage, "well", f"All is well: online since {CLOCK}\\.", f"Está tudo certo: online desde {CLOCK}\\."
    )


# ------------------------------------------------------------ logins


async def test_a_wrong_password(stage: Staged) -> None:
    assert not await stage.dials(password="typo", times=3)
    await assert_told(
        stage,
        "wrong_password",
        f"The customer's router dials with a wrong password: 3 refused, the last at {CLOCK}\\.",
        f"O roteador do cliente disca com a senha errada: 3 recusas, a última às {CLOCK}\\.",
    )


async def test_a_login_nobody_has_is_known_by_the_mac_it_comes_from(stage: Staged) -> None:
    await stage.online()
    await stage.hangs_up()
    await stage.passes(0.1)
    assert not await stage.dials(login="cliente1")
    await assert_told(
        stage,
        "unknown_login",
        r"The customer's router dials as cliente1, a login that does not exist; here it is cli1\.",
        r"O roteador do cliente disca como cliente1, um login que não existe; aqui é cli1\.",
    )


LINES = {
    "wrong_mac": (
        {"mac": "aa:bb:cc:00:00:01"},
        {"calling": "AA:BB:CC:00:00:77"},
        r"Another router dials \(MAC AA:BB:CC:00:00:77\); the login is bound to AA:BB:CC:00:00:01\.",
        r"Outro roteador está discando \(MAC AA:BB:CC:00:00:77\); o login está preso a AA:BB:CC:00:00:01\.",
    ),
    "wrong_vlan": (
        {"vlan": "100"},
        {"at": "ether1-vlan200"},
        r"The login comes from VLAN 200 and is bound to VLAN 100\.",
        r"O login vem da VLAN 200 e está preso à VLAN 100\.",
    ),
    "wrong_port": (
        {"port": "ether1"},
        {"at": "ether7"},
        r"The login comes from port ether7 and is bound to port ether1\.",
        r"O login vem da porta ether7 e está preso à porta ether1\.",
    ),
    "wrong_circuit": (
        {"circuit": "olt 0/1/0:1"},
        {"at": "ether1"},
        r"The login comes from the circuit \(none told\) and is bound to olt 0/1/0:1\.",
        r"O login vem do circuito \(não informado\) e está preso a olt 0/1/0:1\.",
    ),
}


@pytest.mark.parametrize("key", LINES)
async def test_a_login_from_another_line_than_its_own(stage: Staged, key: str) -> None:
    bound, how, english, portuguese = LINES[key]
    sql = "update access_account set binding = 'fixed', bound = $1::jsonb where login = 'cli1'"
    await db.execute(sql, json.dumps(bound))
    await stage.reread()
    assert not await stage.dials(**how)
    await assert_told(stage, key, english, portuguese)


async def test_one_session_too_many(stage: Staged) -> None:
    await db.execute("update access_account set when_full = 'deny' where login = 'cli1'")
    await stage.reread()
    await stage.online()

    async def lives(live: object) -> bool:
        return True

    stage.node.logins.alive = lives  # its router says that the first one is alive
    assert not await stage.dials(calling="AA:BB:CC:00:00:99")
    await assert_told(
        stage,
        "too_many_sessions",
        f"The login is connected already at BNG-1 since {CLOCK}, and no second session is allowed\\.",
        f"O login já está conectado em BNG-1 desde {CLOCK}, e uma segunda sessão não é permitida\\.",
    )


async def test_a_method_that_cannot_be_used(stage: Staged) -> None:
    """CHAP where only a hash is kept."""
    async with db.transaction() as connection:
        account = await drops.account_of(connection, "cli1")
        await connection.execute("update access_account set password_kind = 'hashed' where id = $1", account)
    peer = stage.node.nas.find("127.0.0.1")
    assert peer is not None
    pairs = [(a.CHAP_PASSWORD, bytes(17)), (a.USER_PASSWORD, bytes(16))]
    for _ in range(2):
        stage.node.authenticate(asks("cli1", *pairs), peer)
    await stage.applied()
    key, english, portuguese = await stage.said()
    assert key == "refused" and "is refused, 2 times" in english and "é recusado, 2 vezes" in portuguese


async def test_let_in_again_and_again_without_an_address(stage: Staged) -> None:
    assert await stage.dials(times=4)
    await assert_told(
        stage,
        "no_address",
        r"The login is accepted by BNG-1, but no address is given: its pool is empty or missing\.",
        r"O login é aceito por BNG-1, mas nenhum endereço é dado: o pool está vazio ou não existe\.",
    )


async def test_a_session_without_an_address(stage: Staged) -> None:
    await db.execute("update plan set pool = 'clientes-1'")
    await stage.online(address="")
    await db.execute("update session_open set started_at = started_at - interval '5 minutes'")
    await assert_told(
        stage,
        "no_address",
        r"The login is accepted by BNG-1, but no address is given: its pool clientes-1 is empty or missing\.",
        r"O login é aceito por BNG-1, mas nenhum endereço é dado: o pool clientes-1 está vazio ou não existe\.",
    )


async def test_two_routers_with_one_mac(stage: Staged) -> None:
    await stage.online(1)
    await stage.hangs_up(1)
    await stage.online(2, address="100.64.0.8", calling=HOME.format(1))
    await assert_told(
        stage,
        "duplicate_mac",
        r"The MAC AA:BB:CC:00:00:01 of this customer's router is online as cli2\.",
        r"O MAC AA:BB:CC:00:00:01 do roteador deste cliente está online como cli2\.",
    )


# ------------------------------------------------------------ contract, money, holds


async def test_cut_for_debt(stage: Staged) -> None:
    await fall_overdue(stage.seed.contracts[0], 50)
    await stage.reread()
    assert not await stage.dials()
    await assert_told(
        stage,
        "debt_cut",
        f"Cut off for debt since {CLOCK}: R\\$109\\.90, overdue for 50 days\\.",
        f"Cortado por dívida desde {CLOCK}: R\\$ 109,90, em atraso há 50 dias\\.",
    )


@pytest.mark.parametrize(
    ("days", "key", "english", "portuguese"),
    [
        (7, "debt_slowed", r"Slowed to .* Mbps for debt since .*", r"Reduzido a .* Mbps por dívida desde .*"),
        (20, "debt_walled", r"Only the notice page opens since .*", r"Só a página de aviso abre desde .*"),
    ],
)
async def test_slowed_for_debt(stage: Staged, days: int, key: str, english: str, portuguese: str) -> None:
    await fall_overdue(stage.seed.contracts[0], days)
    await stage.reread()
    await stage.online()
    await assert_told(stage, key, english, portuguese)


@pytest.mark.parametrize(
    ("reason", "key", "english", "portuguese"),
    [
        ("manual", "held", r"Blocked by test since .*: moves house\.", r"Bloqueado por test desde .*: moves house\."),
        ("fraud", "fraud", r"Blocked for suspected fraud by test .*", r"Bloqueado por suspeita de fraude por test .*"),
        ("pause", "paused", f"Paused since {CLOCK}, as the customer asked\\.", f"Em pausa desde {CLOCK}, a pedido .*"),
    ],
)
async def test_held_by_hand(stage: Staged, reason: str, key: str, english: str, portuguese: str) -> None:
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, stage.seed.contracts[:1], reason, "cut", "moves house")
    await assert_told(stage, key, english, portuguese)


async def test_a_contract_that_ended(stage: Staged) -> None:
    async with db.transaction() as connection:
        await lifecycle.end(connection, TESTER, stage.seed.contracts[0], clock.today("America/Sao_Paulo"))
    await assert_told(
        stage,
        "contract_ended",
        r"The contract ended on .*, so its logins are refused\.",
        r"O contrato terminou em .*, por isso seus logins são recusados\.",
    )


async def test_a_contract_that_has_not_begun(stage: Staged) -> None:
    await db.execute("update contract set started_on = current_date + 9 where id = $1", stage.seed.contracts[0])
    await assert_told(
        stage,
        "contract_not_begun",
        r"The contract begins on .*, and nobody has connected by it yet\.",
        r"O contrato começa em .*, e ninguém se conectou por ele ainda\.",
    )


async def test_a_login_that_is_switched_off(stage: Staged) -> None:
    async with db.transaction() as connection:
        account = await drops.account_of(connection, "cli1")
        await accounts.set_enabled(connection, TESTER, account or 0, False)
    await assert_told(stage, "login_off", r"Somebody switched the login cli1 off\.", r"Alguém desligou o login cli1\.")


# ------------------------------------------------------------ the customer's own router


async def test_a_router_at_home_that_is_off(stage: Staged) -> None:
    await stage.online()
    await stage.hangs_up()
    await stage.passes(5)
    await assert_told(
        stage,
        "cpe_off",
        "The ONU is lit, but the customer's router has not asked for anything since (.*)\\.",
        "A ONU tem luz, mas o roteador do cliente não pede nada desde (.*)\\.",
    )


async def test_a_line_on_which_nobody_ever_dialled(stage: Staged) -> None:
    key, english, portuguese = await stage.said()
    assert key == "never_dialled" and "VLAN, PPPoE" in english and "nenhum login deste cliente" in portuguese


async def test_a_line_of_which_nothing_is_known(stage: Staged) -> None:
    await stage.online()
    await stage.hangs_up()
    await stage.passes(5)
    await db.execute("delete from account_drop")
    key, english, portuguese = await stage.said()
    assert key == "offline" and "nothing here says why" in english and "nada aqui diz por quê" in portuguese


async def test_a_session_of_which_nothing_is_heard(stage: Staged) -> None:
    await stage.online()
    await stage.online(2, address="100.64.0.8")
    await db.execute("update session_open set last_seen_at = now() - interval '3 minutes' where login = 'cli1'")
    await db.execute("update auth_log set at = now() - interval '3 minutes'")
    key, english, portuguese = await stage.said()
    assert key == "stale_session" and "was not heard since" in english and "não dá sinal desde" in portuguese
