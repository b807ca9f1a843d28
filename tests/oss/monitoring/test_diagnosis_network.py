"""Faults of fibre, equipment and speed, staged by real code: one right sentence each, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oss.base import clock, db, partitions
from oss.monitoring.causes import Last
from oss.monitoring.kinds import INTERFACE, ONU
from oss.monitoring.rolling import DAY_SLOTS
from oss.monitoring.samples import Sample
from radius.knocks import Knock
from tests.conftest import fall_overdue
from tests.oss.monitoring import darkened
from tests.oss.monitoring.staged import CLOCK, LIT, Staged, assert_told

# ------------------------------------------------------------ the fibre


async def test_a_dark_onu_that_lost_its_light(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 1, Last.LIGHT)
    await darkened.lit(stage.drawn, LIT, away=1)
    await assert_told(
        stage,
        "onu_fibre",
        f"The ONU of this customer alone lost its light at {CLOCK}; its neighbours are lit\\.",
        f"Só a ONU deste cliente perdeu a luz às {CLOCK}; as vizinhas estão acesas\\.",
    )


async def test_a_dark_onu_that_lost_its_power(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 1, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=1)
    await assert_told(
        stage,
        "onu_power",
        f"The ONU of this customer alone lost its power at {CLOCK}; its neighbours are lit\\.",
        f"Só a ONU deste cliente perdeu a energia às {CLOCK}; as vizinhas estão acesas\\.",
    )


async def test_a_whole_pon_without_power(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 5, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=5)
    found = (await stage.diagnosis()).likely
    assert found.incident is not None
    await assert_told(
        stage,
        "area_power",
        f"The power of the street is gone: 5 of 5 ONUs of .* gasped at {CLOCK}\\.",
        f"Falta energia na rua: 5 de 5 ONUs de .* avisaram ao apagar às {CLOCK}\\.",
    )


async def test_a_cut_fibre(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 5, Last.LIGHT)
    await darkened.lit(stage.drawn, LIT, away=5)
    await assert_told(
        stage,
        "area_fibre",
        f"The fibre of .* is cut: 5 of 5 ONUs lost their light at {CLOCK}\\.",
        f"A fibra de .* está rompida: 5 de 5 ONUs perderam a luz às {CLOCK}\\.",
    )


async def test_all_lost_together_and_nobody_said_why(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 5, Last.NOTHING)
    await darkened.lit(stage.drawn, LIT, away=5)
    key, english, portuguese = await stage.said()
    assert key == "area_lost" and "none said why" in english and "nenhuma disse por quê" in portuguese


async def test_an_onu_that_the_olt_does_not_know(stage: Staged) -> None:
    others = stage.drawn.onus[1:]
    await db.execute("delete from sample_raw")
    metrics = [value for _ in others for value in (-20.0, 2.0, -21.0, 900.0, 1.0)]
    now = clock.now().timestamp()
    await darkened.put(Sample(now - 5, stage.drawn.devices["olt"], ONU, tuple(others), metrics))
    await assert_told(
        stage,
        "onu_unauthorised",
        r"The ONU HWTC00000000 is not authorised on olt, so nothing can pass\.",
        r"A ONU HWTC00000000 não está autorizada em olt, por isso nada passa\.",
    )


DONE = """insert into provision_run (kind, state, device_id, pon, serial, account_id, made_by, ended_at)
select 'authorise', 'done', $1, '0/1/0', 'HWTC00000000', id, 'ana', now() from access_account where login = 'cli1'"""


async def test_an_onu_authorised_just_now_goes_dark_with_its_pon(stage: Staged) -> None:
    """No poll has told of it yet: it was read back when it was authorised, and its PON's incident speaks for it."""
    others = stage.drawn.onus[1:]
    await db.execute("delete from sample_raw")
    metrics = [value for _ in others for value in (-20.0, 2.0, -21.0, 900.0, 1.0)]
    now = clock.now().timestamp()
    await darkened.put(Sample(now - 5, stage.drawn.devices["olt"], ONU, tuple(others), metrics))
    await db.execute(DONE, stage.drawn.devices["olt"])
    assert (await stage.said())[0] != "onu_unauthorised"
    sql = """insert into incident (why, at_kind, at_id, at_name, severity, began_at)
    select 'power', 'pon', pon_id, 'olt 0/1/0', 'critical', now() from onu where id = $1"""
    await db.execute(sql, stage.drawn.onus[0])
    assert (await stage.said())[0] == "area_power"


WAITS = "insert into onu_waiting (device_id, serial, pon) values ($1, 'HWTC00000000', '0/1/1')"
RUN = """insert into provision_run (kind, state, device_id, pon, serial, account_id, made_by)
select $3, $2, $1, '0/1/0', 'HWTC00000000', id, 'ana' from access_account where login = 'cli1'"""


async def test_an_onu_that_lights_up_and_is_nobodys(stage: Staged) -> None:
    await db.execute(WAITS, stage.drawn.devices["olt"])
    assert (await stage.said())[0] == "onu_unauthorised"


async def test_provisioning_that_stopped_half_way(stage: Staged) -> None:
    await db.execute(RUN, stage.drawn.devices["olt"], "stuck", "authorise")
    await assert_told(
        stage,
        "provision_stuck",
        f"The work on the ONU HWTC00000000 on olt, begun at {CLOCK}, stopped half-way and waits for a person\\.",
        f"O trabalho na ONU HWTC00000000 em olt, iniciado às {CLOCK}, parou no meio e espera por uma pessoa\\.",
    )


async def test_provisioning_that_runs(stage: Staged) -> None:
    await db.execute(RUN, stage.drawn.devices["olt"], "running", "authorise")
    key, english, portuguese = await stage.said()
    assert key == "provision_running" and "is being configured" in english and "está sendo configurada" in portuguese


@pytest.mark.parametrize("kind", ["reboot", "deauthorise"])
@pytest.mark.parametrize("state", ["running", "stuck"])
async def test_work_that_brings_nobody_in_is_not_told_as_provisioning(stage: Staged, kind: str, state: str) -> None:
    await db.execute(RUN, stage.drawn.devices["olt"], state, kind)
    assert (await stage.said())[0] == "never_dialled"


@pytest.mark.parametrize("kind", ["authorise", "replace", "move"])
async def test_work_that_brings_the_customer_in_is_told_though_the_onu_was_restarted_since(
    stage: Staged, kind: str
) -> None:
    await db.execute(RUN, stage.drawn.devices["olt"], "stuck", kind)
    await db.execute(RUN, stage.drawn.devices["olt"], "running", "reboot")
    assert (await stage.said())[0] == "provision_stuck"


async def test_an_onu_that_is_on_no_pon(stage: Staged) -> None:
    await db.execute("update onu set pon_id = null where serial = 'HWTC00000000'")
    await assert_told(
        stage,
        "onu_nowhere",
        r"The ONU HWTC00000000 of this login is authorised on no OLT that we know, so nothing can pass\.",
        r"A ONU HWTC00000000 deste login não está autorizada em nenhuma OLT conhecida, por isso nada passa\.",
    )


async def test_a_limit_that_was_read_at_the_router(stage: Staged) -> None:
    await stage.online()
    sql = """insert into session_limit (uid, nas_id, login, wanted, state, down_bps, by_queue)
      select uid, nas_id, login, 'full:500000/250000', 'differs', 20000000, 'cli1' from session_open"""
    await db.execute(sql)
    await assert_told(
        stage,
        "limit_differs",
        r"The router gives 20 Mbps instead of 500 Mbps\.",
        r"O roteador dá 20 Mbps em vez de 500 Mbps\.",
    )


async def test_weak_light(stage: Staged) -> None:
    await stage.online()
    await darkened.lit(stage.drawn, [-28.4, -20.0, -20.0, -20.0, -20.0], at=clock.now() + timedelta(seconds=1))
    await assert_told(
        stage,
        "weak_light",
        r"The ONU receives −28\.4 dBm, which is too little light to be reliable\.",
        r"A ONU recebe −28,4 dBm, luz fraca demais para ser confiável\.",
    )


async def test_less_light_than_the_neighbours(stage: Staged) -> None:
    await stage.online()
    await darkened.lit(stage.drawn, [-26.0, -18.0, -18.0, -18.0, -18.0], at=clock.now() + timedelta(seconds=1))
    await assert_told(
        stage,
        "light_below_neighbours",
        r"The ONU receives −26\.0 dBm while its neighbours receive about −18\.0 dBm\.",
        r"A ONU recebe −26,0 dBm enquanto as vizinhas recebem cerca de −18,0 dBm\.",
    )


async def light_of_last_week(stage: Staged, powers: list[float]) -> None:
    day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)
    async with db.transaction() as connection:
        await partitions.ensure_months(connection, "sample_5m", day.date(), day.date())
        for onu, power in zip(stage.drawn.onus, powers, strict=True):
            rest = [float("nan")] * (DAY_SLOTS * (ONU.width - 1))
            values = [power] * DAY_SLOTS + rest
            await connection.execute("insert into sample_5m values ($1, $2, $3, $4, $4)", day, onu, ONU.number, values)


async def test_falling_light(stage: Staged) -> None:
    await stage.online()
    await light_of_last_week(stage, [-18.0, -20.0, -20.0, -20.0, -20.0])
    powers = [-22.5, -20.0, -20.0, -20.0, -20.0]
    await darkened.lit(stage.drawn, powers, at=clock.now() + timedelta(seconds=1))
    await assert_told(
        stage,
        "light_falling",
        r"The ONU's light fell from −18\.0 dBm to −22\.5 dBm within 7 days, and its neighbours' did not\.",
        r"A luz da ONU caiu de −18,0 dBm para −22,5 dBm em 7 dias, e a das vizinhas não\.",
    )


async def test_light_that_fell_for_all_is_not_this_customers(stage: Staged) -> None:
    await stage.online()
    await light_of_last_week(stage, [-18.0] * 5)
    await darkened.lit(stage.drawn, [-22.5] * 5, at=clock.now() + timedelta(seconds=1))
    assert (await stage.said())[0] == "well"


# ------------------------------------------------------------ ours


async def test_an_olt_that_does_not_answer(stage: Staged) -> None:
    await darkened.unreachable(stage.drawn.devices["olt"])
    await assert_told(
        stage,
        "olt_down",
        f"The OLT olt does not answer since {CLOCK}, and all its customers are away\\.",
        f"A OLT olt não responde desde {CLOCK}, e todos os clientes dela estão fora\\.",
    )


async def test_a_router_that_does_not_answer(stage: Staged) -> None:
    await stage.online()
    await stage.passes(1)
    await darkened.unreachable(stage.drawn.devices["core"])
    await assert_told(
        stage,
        "nas_down",
        f"The router core does not answer since {CLOCK}, and all its sessions are away\\.",
        f"O roteador core não responde desde {CLOCK}, e todas as sessões dele estão fora\\.",
    )


async def test_a_router_that_is_silent_for_radius(stage: Staged) -> None:
    await stage.online()
    peer = stage.node.nas.find("127.0.0.1")
    assert peer is not None
    sql = "insert into nas_state (nas_id, node, heard_at, per_second) values ($1, 'test', now(), 1)"
    await db.execute(sql + " on conflict do nothing", peer.key)
    await stage.passes(1)
    await assert_told(
        stage,
        "nas_silent",
        f"The router BNG-1 has sent nothing since {CLOCK}, though it has sessions\\.",
        f"O roteador BNG-1 não envia nada desde {CLOCK}, embora tenha sessões\\.",
    )


async def test_a_router_that_asks_from_an_address_we_do_not_know(stage: Staged) -> None:
    await stage.online()
    await stage.passes(1)
    await db.execute("update device set management = '198.51.100.7' where id = $1", stage.drawn.devices["core"])
    now = clock.now().timestamp()
    stage.node.knocks.snapshot = lambda: {"198.51.100.7": Knock(3, now - 60, now - 5)}  # type: ignore[method-assign]
    await stage.node.scribe._knocks(stage.connection)
    await assert_told(
        stage,
        "nas_unknown",
        r"The router BNG-1 asks from 198\.51\.100\.7, an address we do not know, and gets no answer\.",
        r"O roteador BNG-1 pergunta de 198\.51\.100\.7, um endereço que não conhecemos, e fica sem resposta\.",
    )


async def test_a_router_with_another_secret(stage: Staged) -> None:
    await stage.online()
    await stage.passes(1)
    sql = "insert into nas_tally values ($1, date_trunc('minute', now()), 'bad_authenticator', 12, now(), now())"
    await db.execute(sql, stage.seed.nas)
    await assert_told(
        stage,
        "nas_secret",
        r"The router BNG-1 uses another RADIUS secret: 12 of its requests were dropped\.",
        r"O roteador BNG-1 usa outro segredo RADIUS: 12 pedidos dele foram descartados\.",
    )


async def test_a_router_that_was_taken_out_of_use(stage: Staged) -> None:
    await stage.online()
    await stage.passes(1)
    await db.execute("update nas set active = false")
    key, english, portuguese = await stage.said()
    assert key == "nas_off" and "BNG-1 is taken out of use" in english and "fora de uso" in portuguese


# ------------------------------------------------------------ slow, not dead


async def test_a_limit_that_the_router_does_not_apply(stage: Staged) -> None:
    await stage.online()
    sql = """update session_open set desired = 'full:500000/250000', applied = 'reduced:1024/512',
      drift_since = now() - interval '2 minutes', drift_cause = 'silent'"""
    await db.execute(sql)
    await assert_told(
        stage,
        "limit_differs",
        r"The router gives 1 Mbps instead of 500 Mbps\.",
        r"O roteador dá 1 Mbps em vez de 500 Mbps\.",
    )


async def test_a_plan_that_is_used_up(stage: Staged) -> None:
    await stage.online(bps=490_000_000)
    await assert_told(
        stage,
        "plan_full",
        r"The customer is using all of the plan: 49\d Mbps of 500 Mbps\.",
        r"O cliente está usando todo o plano: 49\d Mbps de 500 Mbps\.",
    )


async def test_a_link_that_is_full(stage: Staged) -> None:
    await stage.online()
    olt, ring = stage.drawn.devices["olt"], stage.drawn.devices["ring-a"]
    port = await db.fetchval(
        "insert into device_interface (device_id, if_index, name) values ($1, 1, 'sfp1') returning id", ring
    )
    link = stage.drawn.links["ring-a olt"]
    await db.execute("update network_link set a_interface_id = $1, capacity_bps = 1000000000 where id = $2", port, link)
    assert await db.fetchval("select parent_link_id from device where id = $1", olt) == link
    metrics = [1.0e8, 9.7e8, *([0.0] * (INTERFACE.width - 3)), 1.0]
    await darkened.put(Sample(clock.now().timestamp() - 5, ring, INTERFACE, (port,), metrics))
    key, english, portuguese = await stage.said()
    assert key == "link_full" and "carries 97 %" in english and "leva 97 %" in portuguese


async def test_a_session_that_comes_and_goes(stage: Staged) -> None:
    for _ in range(6):
        await stage.online()
        await stage.hangs_up()
    await stage.online()
    await assert_told(
        stage,
        "comes_and_goes",
        r"The session ended 6 times in the last 24 hours\.",
        r"A sessão caiu 6 vezes nas últimas 24 horas\.",
    )


async def test_of_debt_and_a_dark_street_the_debt_comes_first_and_the_street_is_told_too(stage: Staged) -> None:
    await fall_overdue(stage.seed.contracts[0], 50)
    await darkened.darken(stage.drawn, 5, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=5)
    assert [one.key for one in (await stage.diagnosis()).causes][:2] == ["debt_cut", "area_power"]


async def test_who_was_heard_after_the_street_went_dark_is_not_dark(stage: Staged) -> None:
    await stage.online()
    await darkened.darken(stage.drawn, 5, Last.POWER)  # twelve minutes ago
    assert (await stage.said())[0] == "well"
