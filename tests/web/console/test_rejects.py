"""Refused logins: the list with each reason in words, narrowed and sorted, over time, as a file and on other pages."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oss.base import clock, db
from tests.conftest import Seed, fall_overdue

from .conftest import Answer, Console, audited

REFUSED = """insert into auth_reject (minute, nas_id, login, reason, detail, facts, contract_id, count,
  first_at, last_at)
select date_trunc('minute', $1::timestamptz), $2, $3, $4, $5, $6, $7, $8, $1, $1::timestamptz"""
LOGGED = "insert into auth_log values (now() - make_interval(secs => $1), $2, $3, $4, 'aa-bb-cc-00-00-01', 'olt1/0/7')"
LOGINS = re.compile(r"\b(cli\d|zeca|vários logins)\b")


async def refuse(seed: Seed, login: str, reason: str, back: timedelta, count: int = 1, **more: Any) -> None:
    contract = seed.contracts[seed.logins.index(login)] if login in seed.logins else None
    facts, nas = json.dumps(more.get("facts", {})), more.get("nas", seed.nas)
    values = (nas, login, reason, more.get("note", ""), facts, contract, count)
    await db.execute(REFUSED, clock.now() - back, *values)


async def a_day(seed: Seed) -> None:
    """What the tests look for."""
    # Days are counted to the day of the refusal, which two hours after midnight was yesterday.
    refused_on = (clock.now() - timedelta(hours=2)).astimezone(ZoneInfo("America/Sao_Paulo")).date()
    due = (refused_on - timedelta(days=12)).isoformat()
    await refuse(seed, "cli1", "wrong_password", timedelta(seconds=30), 41)
    await refuse(seed, "cli2", "overdue", timedelta(hours=2), 3, facts={"invoice": "1-123", "due_on": due})
    await refuse(seed, "cli3", "manual", timedelta(days=3), note="Equipamento em disputa")
    await refuse(seed, "zeca", "unknown_login", timedelta(hours=3), nas=77)
    await refuse(seed, "*", "unknown_login", timedelta(hours=4), 900)


def rows(page: Answer) -> list[str]:
    """The logins of the table, from the top."""
    table = page.raw[page.raw.index('id="rows"') : page.raw.index('<div class="foot">')]
    return list(dict.fromkeys(LOGINS.findall(table)))


def graph(page: Answer) -> dict[str, Any]:
    found = re.search(r'data-chart="([^"]+)"', page.raw)
    assert found is not None
    return dict(json.loads(html.unescape(found[1])))


async def test_each_row_says_why_and_leads_to_its_customer(console: Console, seed: Seed) -> None:
    await a_day(seed)
    page = await console.get("/console/rejects")
    assert page.status == 200
    assert rows(page) == ["cli1", "cli2", "zeca", "vários logins"]
    for words in (
        "Senha errada",
        "Bloqueado: fatura 1-123 vencida há 12 dias",
        "Uma enxurrada de logins, somados: login não existe",
        "945 recusas em 24 horas, de 4 logins",
        "Confira a senha no roteador da casa",
    ):
        assert words in page.text
    assert f'href="/console/subscribers/{seed.customers[1]}?contract={seed.contracts[1]}"' in page.raw
    assert f'href="/console/nas/{seed.nas}"' in page.raw
    assert 'data-refresh="5"' in page.raw


async def test_addresses_narrow_sort_and_reach_back(console: Console, seed: Seed) -> None:
    await a_day(seed)
    for query, found in (
        ("range=1h", ["cli1"]),
        ("range=7d", ["cli1", "cli2", "zeca", "vários logins", "cli3"]),
        ("range=nonsense&reason=nonsense&by=nonsense&sort=nonsense", ["cli1", "cli2", "zeca", "vários logins"]),
        ("reason=unknown_login", ["zeca", "vários logins"]),
        (f"nas={seed.nas}&sort=login", ["vários logins", "cli1", "cli2"]),
        ("sort=-count", ["vários logins", "cli1", "cli2", "zeca"]),
        ("q=cli2", ["cli2"]),
        ("q=número 1", ["cli1"]),
        (f"contract={seed.contracts[2]}&range=90d", ["cli3"]),
    ):
        assert rows(await console.get(f"/console/rejects?{query}")) == found, query
    page = await console.get("/console/rejects?q=cli&range=7d&reason=overdue&by=nas")
    assert "/console/rejects?q=cli&amp;range=7d&amp;by=nas" in page.raw  # without the reason
    assert "/console/rejects?q=cli&amp;reason=overdue&amp;range=7d&amp;by=nas&amp;sort=login" in page.raw


async def test_the_graph_stands_on_reasons_or_routers(console: Console, seed: Seed) -> None:
    await a_day(seed)
    drawn = graph(await console.get("/console/rejects"))
    assert drawn["stacked"] is True
    assert [(one["name"], sum(one["values"]), one["colour"]) for one in drawn["series"]] == [
        ("Login não existe", 901, "chart-5"),
        ("Senha errada", 41, "offline"),
        ("Fatura vencida", 3, "blocked"),
    ]
    assert {len(one["values"]) for one in drawn["series"]} == {len(drawn["x"])}
    assert set(map(int.__sub__, drawn["x"][1:], drawn["x"])) == {600}
    by_nas = graph(await console.get("/console/rejects?by=nas"))
    assert [(one["name"], sum(one["values"])) for one in by_nas["series"]] == [
        ("BNG-1", 944),
        ("Roteador desconhecido", 1),
    ]


async def test_the_fifth_reason_and_those_behind_it_are_drawn_as_others(console: Console, seed: Seed) -> None:
    for count, reason in enumerate(("pause", "fraud", "slowed", "no_method", "manual", "overdue"), 1):
        await refuse(seed, "cli1", reason, timedelta(minutes=count), count)
    page = await console.get("/console/rejects")
    assert [(one["name"], sum(one["values"])) for one in graph(page)["series"]][-1] == ("outros", 3)
    table = page.raw[page.raw.index("<details") :]
    assert "Suspeita de fraude" in table  # the table behind the graph has each


async def test_an_empty_list_says_so_and_where_else_to_look(console: Console, seed: Seed) -> None:
    page = await console.get("/console/rejects")
    assert "Ninguém foi recusado em 24 horas" in page.text
    await a_day(seed)
    page = await console.get("/console/rejects?q=zzz")
    assert "Nenhum login recusado com “zzz” em 24 horas" in page.text
    assert "/console/rejects?q=zzz&amp;range=90d" in page.raw
    assert "data-chart" not in page.raw


async def test_the_file_follows_the_search_and_is_noted(console: Console, seed: Seed) -> None:
    await a_day(seed)
    await refuse(seed, "=cmd|'x'", "unknown_login", timedelta(hours=5))
    answer = await console.get("/console/rejects.csv?sort=login")
    lines = answer.raw.removeprefix("\ufeff").strip().split("\r\n")
    assert lines[0] == "Login;Cliente;Motivo;Por quê;Roteador;Vezes;Primeira;Última"
    assert len(lines) == 6
    overdue = next(line for line in lines if line.startswith("cli2;"))
    assert overdue.startswith(
        "cli2;Cliente Número 2;Fatura vencida;Bloqueado: fatura 1-123 vencida há 12 dias;BNG-1;3;"
    )
    assert "'=cmd|'x';" in "".join(lines)  # no spreadsheet takes it for a formula
    assert len((await console.get("/console/rejects.csv?reason=overdue")).raw.strip().split("\r\n")) == 2
    assert len(await audited("rejects.exported")) == 2


async def test_other_pages_lead_to_the_list(console: Console, seed: Seed) -> None:
    await a_day(seed)
    assert f'href="/console/rejects?nas={seed.nas}&amp;range=1h"' in (await console.get("/console/nas")).raw
    overview = (await console.get("/console/")).raw
    assert 'href="/console/rejects?reason=wrong_password&amp;range=1h"' in overview
    assert 'data-go="r"' in overview  # G, then R


async def test_a_subscriber_shows_why_and_the_last_logins(console: Console, seed: Seed) -> None:
    await a_day(seed)
    for seconds, reason in ((5, "wrong_password"), (40, ""), (90, "session_open")):
        await db.execute(LOGGED, seconds, seed.nas, "cli1", reason)
    await db.execute(LOGGED, 1, seed.nas, "cli2", "")
    page = await console.get(f"/console/subscribers/{seed.customers[0]}")
    logins = page.raw[page.raw.index('id="logins"') : page.raw.index('id="refused-logins"')]
    assert re.findall(r"Senha errada|Aceito|Sessão já aberta", logins) == ["Senha errada", "Aceito", "Sessão já aberta"]
    assert "AA:BB:CC:00:00:01" in logins
    refused = page.raw[page.raw.index('id="refused-logins"') :]
    assert "Confira a senha no roteador da casa" in refused
    assert f'href="/console/rejects?contract={seed.contracts[0]}&amp;range=90d"' in refused
    assert "41 vezes" in page.text


async def test_a_subscriber_whose_login_is_taken_hears_what_to_do(console: Console, seed: Seed) -> None:
    taken = {"nas": "BNG-2", "since": (clock.now() - timedelta(minutes=3)).isoformat()}
    await refuse(seed, "cli1", "session_open", timedelta(minutes=1), facts=taken)
    text = (await console.get(f"/console/subscribers/{seed.customers[0]}")).text
    assert "O roteador tenta entrar e é recusado: sessão aberta em BNG-2 desde" in text
    assert "Posso encerrar a conexão antiga agora" in text


async def test_what_dunning_keeps_is_what_the_sentence_says(console: Console, seed: Seed) -> None:
    """The facts of the hold, handed on as they are, make the words of the refusal."""
    invoice = await fall_overdue(seed.contracts[3], 50)
    held = await db.fetchrow("select note, facts from hold where contract_id = $1", seed.contracts[3])
    await refuse(seed, "cli4", "overdue", timedelta(seconds=9), note=held["note"], facts=json.loads(held["facts"]))
    row = await db.fetchrow("select series, number from invoice where id = $1", invoice)
    page = await console.get("/console/rejects")
    assert f"Bloqueado: fatura {row['series']}-{row['number']} vencida há 50 dias" in page.text
