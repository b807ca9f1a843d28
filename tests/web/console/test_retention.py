"""Retention: what is kept and why, a change shown before it is saved, a purge on request; for administrators."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from oss.base import db, partitions, purge, retention
from oss.base.jobs import run_job
from tests.conftest import Seed
from web.console.retention_words import SUBJECTS, WHY

from .conftest import Console, audited

HOME = "/console/retention"
OLD_KNOCK = "insert into nas_knock values ('10.9.9.9', 1, now(), now() - interval '40 days')"
SESSIONS = """insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets,
  output_octets, session_s, terminate_cause)
select gen_random_uuid(), 1, 'x', 'x', $1, $1, 0, 0, 0, 'x' from generate_series(1, 500)"""


async def an_old_month() -> None:
    async with db.transaction() as connection:
        await partitions.ensure_months(connection, "session_history", date(2025, 6, 1), date(2025, 6, 1))
        await connection.execute(SESSIONS, datetime(2025, 6, 9, tzinfo=UTC))


async def days(name: str) -> int | None:
    async with db.transaction() as connection:
        return await retention.days_of(connection, retention.subject(name))


def test_every_subject_has_words(database: str) -> None:
    assert set(SUBJECTS) == set(retention.SUBJECTS)
    assert {one.why for one in retention.SUBJECTS.values()} <= set(WHY)


async def test_every_kind_of_record_stands_there_with_its_policy(console: Console) -> None:
    await an_old_month()
    text = (await console.get(HOME)).text
    assert "500 registros passaram do prazo." in text
    assert "Sessões encerradas" in text and "lei: no mínimo 365" in text
    assert "500 registros 1 mês inteiro" in text
    assert "Auditoria, razão e pagamentos" in text
    assert "Nada foi apagado ainda." in text


async def test_an_empty_house_has_nothing_to_purge(console: Console) -> None:
    assert "Nada passou do prazo." in (await console.get(HOME)).text
    assert "Não há nada a limpar" in (await console.get(f"{HOME}/purge")).text


async def test_a_change_shows_what_it_would_delete_before_it_is_saved(console: Console) -> None:
    await db.execute(OLD_KNOCK)
    await console.post(f"{HOME}/nas_knock", {"days": "", "previewed": "ever"})
    assert await days("nas_knock") is None
    shown = await console.post(f"{HOME}/nas_knock", {"days": "20", "previewed": ""})
    assert shown.status == 200
    assert "A próxima limpeza apagaria 1 registro" in shown.text
    assert "Guardar 20 dias" in shown.text and 'name="previewed" value="20"' in shown.raw
    assert await days("nas_knock") is None
    other = await console.post(f"{HOME}/nas_knock", {"days": "60", "previewed": "20"})
    assert "Nada do que está guardado hoje sairia." in other.text
    saved = await console.post(f"{HOME}/nas_knock", {"days": "20", "previewed": "20"})
    assert (saved.status, saved.place) == (303, HOME)
    assert await days("nas_knock") == 20
    assert await db.fetchval("select count(*) from nas_knock") == 1
    changes = await audited("setting.changed")
    assert json.loads(changes[0]["detail"])["after"] == {"value": 20} and changes[0]["actor"] == "ana"
    assert "por ana" in (await console.get(f"{HOME}/nas_knock")).text


@pytest.mark.parametrize("typed", ["364", "0", "abc", "99999"])
async def test_a_policy_below_the_law_is_refused_at_its_field(console: Console, typed: str) -> None:
    answer = await console.post(f"{HOME}/session_history", {"days": typed, "previewed": typed})
    assert answer.status == 422 and 'aria-invalid="true"' in answer.raw and f'value="{typed}"' in answer.raw
    assert "Marco Civil da Internet, Lei 12.965/2014, art. 13" in answer.text
    assert await days("session_history") == 400


async def test_what_is_never_purged_or_unknown_has_no_page(console: Console) -> None:
    for name in ("audit", "web_session", "nothing"):
        assert (await console.get(f"{HOME}/{name}")).status == 404
        assert (await console.post(f"{HOME}/{name}", {"days": "10", "previewed": "10"})).status == 404


async def test_a_purge_on_request_is_previewed_queued_done_and_told(console: Console) -> None:
    await an_old_month()
    await db.execute(OLD_KNOCK)
    asked = await console.get(f"{HOME}/purge")
    assert "Apagar 501 registros que passaram do prazo?" in asked.text
    assert (await console.post(f"{HOME}/purge")).place == HOME
    waiting = await console.get(HOME)
    assert "Uma limpeza espera a sua vez." in waiting.text and 'data-refresh="3"' in waiting.raw
    job = await db.fetchrow("delete from job returning listener, payload")
    async with db.transaction() as connection:
        await run_job(connection, job["listener"], json.loads(job["payload"]))
    done = await console.get(HOME)
    assert "Nada passou do prazo." in done.text and "data-refresh" not in done.raw
    assert "o mês 06/2025 · ana" in done.text and "1 registro · ana" in done.text


async def test_a_running_purge_is_seen(console: Console) -> None:
    async with purge.alone() as connection:
        await connection.fetchval("select set_config('application_name', 'milha-purge auth_log 15000', false)")
        text = (await console.get(HOME)).text
    assert "Uma limpeza está em andamento." in text and "Autenticações: 15.000 registros até agora" in text


@pytest.mark.parametrize("role", ["noc", "attendant", "finance", "reader"])
async def test_only_administrators_see_it(console: Console, seed: Seed, role: str) -> None:
    await db.execute("update staff_user set role = $1", role)
    for path in (HOME, f"{HOME}/purge", f"{HOME}/auth_log"):
        assert (await console.get(path)).status == 403
        assert (await console.post(path, {"days": "10", "previewed": "10"})).status in (403, 405)
    assert await days("auth_log") == 180 and await db.fetchval("select count(*) from job") == 0
    assert HOME not in (await console.get("/console/")).raw
