"""The matrix of roles in the console: a cell opens and closes a page at once, a stale save loses nothing."""

from __future__ import annotations

import html
import re
from typing import Any

from oss.base import db
from oss.staff import users
from tests.conftest import TESTER

from .conftest import Console, audited

HIDDEN = re.compile(r'<input type="hidden" name="([vb]:[^"]+)" value="([^"]*)">')
CELL = re.compile(r'<select name="(g:[^"]+)" data-base="([^"]*)".*?</select>', re.S)
CHOSEN = re.compile(r'<option value="([^"]*)" selected>')


def form(raw: str) -> dict[str, str]:
    """What the page's form would send as it stands."""
    fields = {name: html.unescape(value) for name, value in HIDDEN.findall(raw)}
    for found in CELL.finditer(raw):
        chosen = CHOSEN.search(found[0])
        assert chosen is not None, found[1]
        fields[found[1]] = chosen[1]
    return fields


async def _matrix(console: Console) -> dict[str, str]:
    page = await console.get("/console/roles")
    assert page.status == 200
    return form(page.raw)


async def test_the_matrix_has_every_act_and_role_but_no_cell_of_the_administration(console: Console) -> None:
    fields = await _matrix(console)
    assert fields["g:technician:customers.read"] == "city" and fields["g:seller:customers.read"] == "own"
    assert fields["g:auditor:audit.read"] == "all" and fields["g:noc:tokens.write"] == ""
    assert not any(name.startswith("g:admin:") for name in fields)
    page = await console.get("/console/roles")
    for words in ("Papéis", "Atendimento", "Vendedor", "Ver CPF, telefone e e-mail inteiros", "1 pessoa"):
        assert words in page.text


async def _second(client: Any, web_app: Any, aiohttp_client: Any, role: str) -> Console:
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "bea", "Bea", "bea-password-1", role)
    other = await aiohttp_client(web_app)
    await other.post("/login", data={"login": "bea", "password": "bea-password-1"}, allow_redirects=False)
    return Console(other)


async def test_a_cell_opens_and_closes_a_page_with_the_very_next_request(
    console: Console, client: Any, web_app: Any, aiohttp_client: Any
) -> None:
    bea = await _second(client, web_app, aiohttp_client, "attendant")
    assert (await bea.get("/console/retention")).status == 403
    fields = await _matrix(console)
    answer = await console.post("/console/roles", fields | {"g:attendant:retention.write": "all"})
    assert answer.place == "/console/roles"
    page = await bea.get("/console/retention")
    assert page.status == 200 and 'href="/console/retention"' in page.raw
    assert "Salvo; já vale para 1 pessoa" in (await console.get("/console/roles")).text
    fields = await _matrix(console)
    await console.post("/console/roles", fields | {"g:attendant:retention.write": "", "g:attendant:plans.read": ""})
    assert (await bea.get("/console/retention")).status == 403
    page = await bea.get("/console/")
    assert 'href="/console/plans"' not in page.raw and 'href="/console/subscribers"' in page.raw
    assert len(await audited("role.changed")) == 2


async def test_a_stale_save_is_shown_over_what_is_there_and_loses_nothing(console: Console) -> None:
    mine, theirs = await _matrix(console), await _matrix(console)
    await console.post("/console/roles", theirs | {"g:noc:customers.read": "city", "g:noc:plans.write": "all"})
    answer = await console.post("/console/roles", mine | {"g:noc:customers.read": "own", "g:noc:tokens.write": "all"})
    assert answer.status == 409
    assert "era todos, agora é suas cidades, você quer seus registros" in answer.text
    fields = form(answer.raw)
    assert (fields["g:noc:customers.read"], fields["g:noc:tokens.write"]) == ("own", "all")
    assert fields["g:noc:plans.write"] == "all"
    assert (await console.post("/console/roles", fields)).place == "/console/roles"
    saved = await _matrix(console)
    assert [saved[f"g:noc:{name}"] for name in ("customers.read", "tokens.write", "plans.write")] == [
        "own",
        "all",
        "all",
    ]


async def test_what_is_no_cell_is_refused(console: Console) -> None:
    fields = await _matrix(console)
    assert (await console.post("/console/roles", fields | {"g:noc:plans.read": "city"})).status == 422
    assert (await console.post("/console/roles", fields | {"g:noc:moon.read": "all"})).status == 422
    assert (await console.post("/console/roles", {"v:x": "1", "g:x:plans.read": "all"})).status == 404
    assert await audited("role.changed") == []


async def test_a_role_is_made_of_another_named_and_deleted(console: Console) -> None:
    answer = await console.post(
        "/console/roles/new", {"name": "Suporte de rua", "copy_of": "technician", "note": "rua"}
    )
    assert answer.place == "/console/roles?role=suporte_de_rua"
    assert (await _matrix(console))["g:suporte_de_rua:customers.read"] == "city"
    assert (await console.post("/console/roles/new", {"name": "", "copy_of": "noc"})).status == 422
    values = {"name": "Suporte", "note": "", "routers": "read"}
    assert (await console.post("/console/roles/suporte_de_rua", values)).place == "/console/roles"
    assert "Suporte" in (await console.get("/console/staff/new")).text
    page = await console.get("/console/roles/suporte_de_rua")
    assert "/console/roles/suporte_de_rua/remove" in page.raw
    assert (await console.post("/console/roles/suporte_de_rua/remove")).place == "/console/roles"
    assert (await console.get("/console/roles/suporte_de_rua")).status == 404
    assert (await console.post("/console/roles/admin/remove")).status == 409


async def test_a_person_is_given_a_role_and_cities(console: Console, seed: Any) -> None:
    await db.execute("update customer set city = case id % 2 when 0 then 'Serra' else 'Vila' end")
    page = await console.get("/console/staff/new")
    assert 'name="cities" value="Serra"' in page.raw and "Técnico" in page.text
    values = [("name", "Tia"), ("login", "tia"), ("role", "technician")]
    values += [("active", "1"), ("cities", "Serra"), ("cities", "Vila")]
    assert "/invite/" in (await console.post("/console/staff", values)).raw
    row = await db.fetchrow("select id, role, cities from staff_user where login = 'tia'")
    assert (row["role"], list(row["cities"])) == ("technician", ["Serra", "Vila"])
    page = await console.get(f"/console/staff/{row['id']}")
    assert page.raw.count("checked") >= 3
    wrong = await console.post(f"/console/staff/{row['id']}", {"name": "Tia", "role": "moon", "active": "1"})
    assert wrong.status == 422
