"""What is old or disproved blames nobody: alarms a line worked through, modems dark for days, earlier profiles."""

from __future__ import annotations

from datetime import timedelta

from oss.base import db
from oss.monitoring.causes import Last
from tests.oss.monitoring import darkened
from tests.oss.monitoring.staged import CLOCK, LIT, Staged, assert_told

A_DAY = timedelta(days=1)


async def test_an_old_alarm_above_a_line_that_worked_since_is_not_why_it_is_off_today(stage: Staged) -> None:
    """Echoes to the core are filtered since yesterday, and all worked; one customer switches his ONU off."""
    await darkened.unreachable(stage.drawn.devices["core"], ago=A_DAY)
    await stage.online()
    await stage.passes(1)
    await darkened.darken(stage.drawn, 1, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=1)
    await stage.hangs_up()
    await assert_told(
        stage,
        "onu_power",
        f"The ONU of this customer alone lost its power at {CLOCK}; its neighbours are lit\\.",
        f"Só a ONU deste cliente perdeu a energia às {CLOCK}; as vizinhas estão acesas\\.",
    )
    assert "nas_down" not in {one.key for one in (await stage.diagnosis()).causes}


async def test_a_session_that_was_heard_after_the_alarm_and_no_more_now_disproves_it_too(stage: Staged) -> None:
    await darkened.unreachable(stage.drawn.devices["core"], ago=A_DAY)
    await stage.online()
    await stage.online(2, address="100.64.0.8")
    await db.execute("update session_open set last_seen_at = now() - interval '4 minutes' where login = 'cli1'")
    assert (await stage.said())[0] == "stale_session"
    assert not await stage.dials(password="typo", times=3)
    await assert_told(
        stage,
        "wrong_password",
        f"The customer's router dials with a wrong password: 3 refused, the last at {CLOCK}\\.",
        f"O roteador do cliente disca com a senha errada: 3 recusas, a última às {CLOCK}\\.",
    )


async def test_an_outage_behind_an_alarm_that_is_disproved_is_named(stage: Staged) -> None:
    """Echoes to the core are filtered since yesterday; this minute the OLT fails, and the session still stands."""
    await darkened.unreachable(stage.drawn.devices["core"], ago=A_DAY)
    await stage.online()
    await stage.passes(1 / 60)
    await darkened.unreachable(stage.drawn.devices["olt"], ago=timedelta(minutes=1))
    await assert_told(
        stage,
        "olt_down",
        f"The OLT olt does not answer since {CLOCK}, and all its customers are away\\.",
        f"A OLT olt não responde desde {CLOCK}, e todos os clientes dela estão fora\\.",
    )


async def test_an_onu_that_the_last_poll_shows_dark_is_dark_though_its_alarm_is_older_than_its_session(
    stage: Staged,
) -> None:
    """It came back for a while, and the alarm had not cleared when it went again."""
    await darkened.darken(stage.drawn, 1, Last.LIGHT)
    await stage.online()
    await stage.hangs_up()
    await darkened.lit(stage.drawn, LIT, away=1)
    assert (await stage.said())[0] == "onu_fibre"


async def test_modems_that_were_dark_long_before_are_no_street_without_power(stage: Staged) -> None:
    """Four customers of the PON moved away; the fifth pulls the plug."""
    sql = "update onu set state = 'dying-gasp', state_at = now() - interval '40 days' where serial <> 'HWTC00000000'"
    await db.execute(sql)
    await darkened.darken(stage.drawn, 1, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=5)
    await assert_told(
        stage,
        "onu_power",
        f"The ONU of this customer alone lost its power at {CLOCK}; its neighbours are lit\\.",
        f"Só a ONU deste cliente perdeu a energia às {CLOCK}; as vizinhas estão acesas\\.",
    )


async def test_a_street_that_lost_its_power_is_counted_without_who_was_dark_long_before(stage: Staged) -> None:
    sql = """update onu set state = 'dying-gasp',
      state_at = now() - case when serial = 'HWTC00000004' then interval '40 days' else interval '12 minutes' end"""
    await db.execute(sql)
    await darkened.lit(stage.drawn, LIT, away=5)
    await assert_told(
        stage,
        "area_power",
        f"The power of the street is gone: 4 of 4 ONUs of .* gasped at {CLOCK}\\.",
        f"Falta energia na rua: 4 de 4 ONUs de .* avisaram ao apagar às {CLOCK}\\.",
    )


async def test_a_router_whose_accounting_is_accepted_has_our_secret_whatever_was_dropped(stage: Staged) -> None:
    """One garbled password among thousands of good requests; one customer is away, and the others are not."""
    await stage.online()
    await stage.passes(1)
    sql = "insert into nas_tally values ($1, date_trunc('minute', now()), 'garbled', 1, now(), now())"
    await db.execute(sql, stage.seed.nas)
    assert (await stage.said())[0] == "nas_secret"
    await stage.online(2, address="100.64.0.8")
    key, english, portuguese = await stage.said()
    assert key == "cpe_off" and "The ONU is lit, but" in english and "A ONU tem luz, mas" in portuguese
    await db.execute("update session_open set last_seen_at = now() - interval '10 minutes'")
    assert (await stage.said())[0] == "nas_secret", "nothing of it was accepted since"


async def test_what_was_read_of_a_profile_that_is_not_applied_any_more_is_not_told(stage: Staged) -> None:
    """He was slowed and the router did not obey; he paid, and it has not been read since."""
    await stage.online()
    read = """insert into session_limit (uid, nas_id, login, wanted, state, down_bps, by_queue)
      select uid, nas_id, login, 'reduced:1024/512', 'differs', 500000000, 'cli1' from session_open"""
    await db.execute(read)
    full, slow = "full:500000/250000", "reduced:1024/512"
    await db.execute("update session_open set desired = $1, applied = $1", full)
    assert (await stage.diagnosis()).facts.observed is None and (await stage.said())[0] == "well"
    await db.execute("update session_open set desired = $1, applied = $2", full, slow)  # the payment is on its way
    assert (await stage.diagnosis()).facts.observed is None and (await stage.said())[0] == "well"
    await db.execute("update session_open set desired = $1, applied = $1", slow)
    assert (await stage.diagnosis()).facts.observed is not None
