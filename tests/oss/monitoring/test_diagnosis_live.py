"""The verdict judged again by what router and OLT have just said: this goes before what is stored."""

from __future__ import annotations

from oss.base import clock, db
from oss.drivers.olt import OnuNow
from oss.drivers.router import Limit
from oss.monitoring import diagnosis
from oss.monitoring.causes import Last
from oss.monitoring.diagnosis_facts import Live
from tests.oss.monitoring import darkened
from tests.oss.monitoring.staged import LIT, Staged, sentence


async def judged_with(stage: Staged, live: Live) -> tuple[str, str, str]:
    """The likely cause once the devices spoke, and its sentence in English and in Portuguese."""
    found = diagnosis.with_live(await stage.diagnosis(), live).likely
    return found.key, sentence(found, "en"), sentence(found, "pt-BR")


async def test_a_session_that_its_router_has_no_more_is_not_well_and_its_onu_says_why(stage: Staged) -> None:
    """He switched his ONU off a moment ago: accounting and the poll have not noticed yet."""
    await stage.online()
    gone = Live(False, onu=OnuNow("dying-gasp"), device_id=stage.drawn.devices["core"])
    key, english, portuguese = await judged_with(stage, gone)
    assert key == "onu_power"
    assert "The ONU of this customer alone lost its power at" in english
    assert "Só a ONU deste cliente perdeu a energia às" in portuguese


async def test_a_session_that_its_router_has_no_more_behind_an_onu_that_is_lit(stage: Staged) -> None:
    await stage.online()
    await db.execute("update auth_log set at = at - interval '3 hours'")
    gone = Live(False, onu=OnuNow("online", -19.0), device_id=stage.drawn.devices["core"])
    key, english, portuguese = await judged_with(stage, gone)
    assert key == "cpe_off" and "The ONU is lit, but" in english and "A ONU tem luz, mas" in portuguese


async def test_a_router_that_is_not_the_sessions_own_proves_nothing(stage: Staged) -> None:
    """He was moved to another router while somebody watched the page."""
    await stage.online()
    asked_before = Live(False, device_id=stage.drawn.devices["ring-a"])
    assert (await judged_with(stage, asked_before))[0] == "well"


async def test_a_router_that_lists_nobody_who_does_not_dial_proves_nothing(stage: Staged) -> None:
    await stage.online()
    denied = Live(False, device_id=stage.drawn.devices["core"])
    assert (await judged_with(stage, denied))[0] == "stale_session"
    await db.execute("update access_account set kind = 'mac' where login = 'cli1'")
    assert (await judged_with(stage, denied))[0] == "well"


async def test_a_router_that_denies_whom_accounting_goes_on_to_tell_of_is_not_believed(stage: Staged) -> None:
    """It knows him by another name."""
    now = clock.now()
    await stage.online()
    core = stage.drawn.devices["core"]
    heard = await db.fetchval("select last_seen_at from session_open")
    assert (await judged_with(stage, Live(False, device_id=core, denied_at=heard)))[0] == "stale_session"
    assert (await judged_with(stage, Live(False, device_id=core, denied_at=now)))[0] == "well"


async def test_an_onu_that_went_dark_since_the_poll_is_dark_now(stage: Staged) -> None:
    key, english, portuguese = await judged_with(stage, Live(onu=OnuNow("offline", last_down="los")))
    assert key == "onu_fibre"
    assert "alone lost its light at" in english and "perdeu a luz às" in portuguese


async def test_an_onu_that_its_olt_sees_dark_now_is_dark_whatever_accounting_heard_before(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 1, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=1)
    await stage.online()
    assert (await stage.said())[0] == "well"
    assert (await judged_with(stage, Live(onu=OnuNow("dying-gasp"))))[0] == "onu_power"


async def test_an_onu_that_is_lit_again_since_the_poll_is_not_dark(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 5, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=5)
    assert (await stage.said())[0] == "area_power"
    key, english, portuguese = await judged_with(stage, Live(onu=OnuNow("online", -19.0)))
    assert key == "never_dialled"
    assert "The ONU is lit, but no login" in english and "A ONU tem luz, mas nenhum login" in portuguese


async def test_an_onu_whose_olt_cannot_say_why_keeps_the_last_word_it_had(stage: Staged) -> None:
    await darkened.darken(stage.drawn, 1, Last.POWER)
    await darkened.lit(stage.drawn, LIT, away=1)
    assert (await judged_with(stage, Live(onu=OnuNow("offline"))))[0] == "onu_power"
    assert (await judged_with(stage, Live(onu=OnuNow("unknown"))))[0] == "onu_power"


async def test_a_limit_that_the_router_applies_now_goes_before_the_books(stage: Staged) -> None:
    await stage.online()
    slow = Live(True, limit=Limit(1_024_000, 512_000, "queue1"), device_id=stage.drawn.devices["core"])
    assert (await judged_with(stage, slow))[0] == "limit_differs"
    assert (await judged_with(stage, Live()))[0] == "well"
