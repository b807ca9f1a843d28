"""Incidents in the console: the sentence first, whom it touches, what is done; and the customer's page says so."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from oss.base import clock, db, secrets
from oss.crm import customers
from tests.conftest import TESTER, Seed
from tests.oss.monitoring.outage import Outage, drawn_outage
from web.keys import CONFIG

from .conftest import Console, audited

VERSION = re.compile(r'name="form_version" value="(\d+)"')
BASE = re.compile(r'name="form_base" value="([^"]*)"')


@pytest.fixture
async def outage(seed: Seed, sealer: secrets.Sealer) -> Outage:
    return await drawn_outage(sealer, seed.logins)


async def note(console: Console, key: int, text: str, expected: str = "") -> tuple[int, str]:
    """Write to the customers as the form is sent."""
    page = await console.get(f"/console/incidents/{key}/note")
    version, base = VERSION.search(page.raw), BASE.search(page.raw)
    assert version is not None and base is not None
    fields = {"note_to_customers": text, "expected_at": expected, "form_version": version[1]}
    answer = await console.post(f"/console/incidents/{key}/note", fields | {"form_base": html.unescape(base[1])})
    return answer.status, answer.text


async def test_a_cut_is_one_line_of_the_list_and_one_sentence_of_its_page(console: Console, outage: Outage) -> None:
    assert "Nada jamais saiu da ordem" in (await console.get("/console/incidents")).text
    key = await outage.cut()
    listed = await console.get("/console/incidents")
    assert "Caixa CTO-1: a fibra rompeu" in listed.text and "5 clientes fora" in listed.text
    page = await console.get(f"/console/incidents/{key}")
    assert "Caixa CTO-1: a fibra rompeu" in page.text
    assert "A fibra rompeu entre PON olt 0/1/0 e Caixa CTO-1." in page.text
    assert re.search(r"5 clientes desde \d\d:\d\d", page.text)
    assert "R$ 0,75 por hora" in page.text  # five plans of R$ 109,90 a month of 730 hours
    for number in range(1, 6):
        assert f"Cliente Número {number}" in page.text
    assert "HWTC00000000" in page.text and "Achado: CTO-1: Fibra rompida" in page.text
    await outage.repair()
    assert re.search(r"5 clientes de \d\d:\d\d a \d\d:\d\d", (await console.get(f"/console/incidents/{key}")).text)


async def test_it_is_taken_in_hand_and_given_back(console: Console, outage: Outage) -> None:
    key = await outage.cut()
    home = f"/console/incidents/{key}"
    assert "Assumir" in (await console.get(home)).text
    answer = await console.post(f"{home}/acknowledge")
    assert (answer.status, answer.place) == (303, home)
    page = await console.get(home)
    assert "Ana Prova está com ele" in page.text and f"{home}/give-back" in page.raw
    assert "Ana Prova" in (await console.get("/console/incidents?state=open")).text
    assert "CTO-1" not in (await console.get("/console/incidents?state=unheeded")).text
    await console.post(f"{home}/give-back")
    assert "CTO-1" in (await console.get("/console/incidents?state=unheeded")).text
    assert len(await audited("incident.acknowledged")) == len(await audited("incident.given_back")) == 1


async def test_what_somebody_else_has_is_not_taken_from_them(console: Console, outage: Outage) -> None:
    key = await outage.cut()
    sql = "insert into staff_user (login, name, role, password_hash) values ('rui', 'Rui', 'noc', 'x') returning id"
    rui = await db.fetchval(sql)
    await db.execute("update incident set acknowledged_at = now(), acknowledged_by = $1", rui)
    answer = await console.post(f"/console/incidents/{key}/acknowledge")
    assert answer.status == 409 and "Rui" in answer.text


async def test_a_comment_stands_in_the_timeline_as_text(console: Console, outage: Outage) -> None:
    key = await outage.cut()
    answer = await console.post(f"/console/incidents/{key}/comments", {"text": "<b>poste caído</b>"})
    assert answer.status == 303
    page = await console.get(f"/console/incidents/{key}")
    assert "Ana Prova comentou" in page.text and "&lt;b&gt;poste caído&lt;/b&gt;" in page.raw
    assert (await console.post(f"/console/incidents/{key}/comments", {"text": " "})).status == 422
    assert len(await audited("incident.commented")) == 1


async def test_the_customers_page_says_what_is_wrong_and_what_the_customer_reads(
    console: Console, outage: Outage, seed: Seed
) -> None:
    home = f"/console/subscribers/{seed.customers[0]}"
    assert "fibra rompeu" not in (await console.get(home)).text
    key = await outage.cut()
    page = await console.get(home)
    assert "Caixa CTO-1: a fibra rompeu" in page.text and "Uma equipe está cuidando" in page.text
    zone = ZoneInfo(console.client.app[CONFIG].zone)
    at = (clock.now() + timedelta(hours=3)).astimezone(zone)
    status, _ = await note(console, key, "Um caminhão rompeu o cabo.", at.strftime("%Y-%m-%dT%H:%M"))
    assert status == 303
    page = await console.get(home)
    assert "data-outage" in page.raw
    assert "O cliente lê: “Um caminhão rompeu o cabo.”" in page.text and f"{at:%H:%M}" in page.text
    assert "Um caminhão rompeu o cabo." in (await console.get(f"/console/incidents/{key}")).text
    (row,) = await audited("incident.note_saved")
    assert json.loads(row["detail"])["after"]["note_to_customers"] == "Um caminhão rompeu o cabo."
    await outage.repair()
    page = await console.get(home)
    assert "data-outage" not in page.raw and "O cliente lê" not in page.text
    assert "caminhão" in page.text, "it stays in the history of what went wrong"


async def test_two_who_write_at_once_are_shown_both(console: Console, outage: Outage) -> None:
    key = await outage.cut()
    page = await console.get(f"/console/incidents/{key}/note")
    version, base = VERSION.search(page.raw), BASE.search(page.raw)
    assert version is not None and base is not None
    await note(console, key, "Equipe no local.")
    fields = {"note_to_customers": "Volta às 18 h.", "expected_at": "", "form_version": version[1]}
    answer = await console.post(f"/console/incidents/{key}/note", fields | {"form_base": html.unescape(base[1])})
    assert answer.status == 409 and "Equipe no local." in answer.text and "Volta às 18 h." in answer.raw
    assert await db.fetchval("select note_to_customers from incident") == "Equipe no local."


async def test_what_the_network_writes_meanwhile_refuses_no_note(console: Console, outage: Outage) -> None:
    await outage.onus(0.0, slice(0, 4))
    key, version, touched = await db.fetchrow("select id, version, customers from incident")
    await outage.onus(0.0, slice(4, 5))
    assert tuple(await db.fetchrow("select version, customers from incident")) == (version, touched + 1)
    status, _ = await note(console, key, "Equipe no local.")
    assert status == 303 and await db.fetchval("select version from incident") == version + 1


async def test_whoever_sees_a_part_of_the_customers_sees_those_alone(
    console: Console, outage: Outage, seed: Seed
) -> None:
    key = await outage.cut()
    async with db.transaction() as connection:
        await customers.change(connection, TESTER, seed.customers[0], {"city": "Lavras"})
    await db.execute("update staff_user set role = 'technician', cities = '{Lavras}'")
    page = await console.get(f"/console/incidents/{key}")
    assert page.status == 200
    assert "Cliente Número 1" in page.text and "Cliente Número 2" not in page.text


async def test_who_may_only_read_changes_nothing(console: Console, outage: Outage) -> None:
    key = await outage.cut()
    await db.execute("update staff_user set role = 'reader'")
    page = await console.get(f"/console/incidents/{key}")
    assert page.status == 200 and "Assumir" not in page.text and "Comentar" not in page.text
    for act in ("acknowledge", "give-back", "comments", "note"):
        assert (await console.post(f"/console/incidents/{key}/{act}", {"text": "x"})).status == 403, act
    assert (await console.get("/console/alert-rules")).status == 403


async def test_the_badge_counts_what_is_open(console: Console, outage: Outage) -> None:
    from web.pulse import PULSE, Watch

    await outage.cut()
    watch: Watch = console.client.app[PULSE]
    from oss.access import pulse
    from oss.monitoring import incident_list

    watch.take(await pulse.read(), {}, await incident_list.tally())
    page = await console.get("/console/plans")
    assert re.search(r'sse-swap="incidents"[^>]*><span class="nav-n num text-offline-ink', page.raw)


async def test_the_list_is_taken_as_a_file_and_noted(console: Console, outage: Outage) -> None:
    await outage.cut()
    answer = await console.get("/console/incidents.csv?cols=what.customers.money")
    assert "Caixa CTO-1: a fibra rompeu" in answer.raw and len(await audited("network.exported")) == 1
