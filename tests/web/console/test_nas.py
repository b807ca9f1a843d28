"""Routers: the form with its policy, a secret that is never shown again, and those who knock unknown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from oss.access.nas import TABLE
from oss.base import db
from tests.conftest import Seed

from .conftest import Console, audited, go_online

SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')
FORM = {
    "name": "BNG-NEP-1",
    "network": "10.1.0.0/24",
    "vendor": "mikrotik",
    "secret": "um-segredo-longo",
    "ma_policy": "required",
    "coa_host": "",
    "coa_port": "3799",
    "coa_enabled": "1",
    "interim_s": "300",
    "active": "1",
}


async def test_a_router_is_added_and_its_secret_never_shown(console: Console, sealer: Any) -> None:
    answer = await console.post("/console/nas", FORM)
    assert answer.status == 303
    row = await db.fetchrow("select * from nas")
    assert sealer.open(row["secret_sealed"], f"{TABLE}/{row['id']}") == b"um-segredo-longo"
    page = await console.get(answer.place)
    assert "BNG-NEP-1 salvo" in page.text
    assert "um-segredo-longo" not in page.raw
    assert "/radius add service=ppp" in page.text
    assert "interim-update=300s" in page.text
    assert "um-segredo-longo" not in str(await audited("nas.saved"))


async def test_changing_it_keeps_the_secret_unless_a_new_one_is_typed(console: Console, seed: Seed) -> None:
    before = await db.fetchval("select secret_sealed from nas where id = $1", seed.nas)
    form = FORM | {"secret": "", "name": "BNG-X", "network": "127.0.0.1"}
    await console.get("/console/nas")
    assert (await console.post(f"/console/nas/{seed.nas}", form)).status == 303
    row = await db.fetchrow("select name, secret_sealed, ma_policy from nas where id = $1", seed.nas)
    assert tuple(row) == ("BNG-X", before, "required")
    await console.post(f"/console/nas/{seed.nas}", form | {"secret": "novo-segredo"})
    row = await db.fetchrow("select secret_sealed, next_secret_sealed from nas where id = $1", seed.nas)
    assert row["secret_sealed"] == before and row["next_secret_sealed"], "both are accepted until the router has it"


async def test_a_change_of_the_secret_is_shown_and_may_be_ended_or_taken_back(console: Console, seed: Seed) -> None:
    present = "select secret_sealed, next_secret_sealed from nas where id = $1"
    form = FORM | {"secret": "novo-segredo", "name": "BNG-X", "network": "127.0.0.1"}
    await console.get("/console/nas")
    await console.post(f"/console/nas/{seed.nas}", form)
    page = await console.get(f"/console/nas/{seed.nas}")
    assert "Troca do segredo" in page.text and "novo-segredo" not in page.text
    before = await db.fetchrow(present, seed.nas)
    assert (await console.post(f"/console/nas/{seed.nas}/secret", {"act": "cancel"})).status == 303
    assert tuple(await db.fetchrow(present, seed.nas)) == (before["secret_sealed"], None)
    await console.post(f"/console/nas/{seed.nas}", form)
    assert (await console.post(f"/console/nas/{seed.nas}/secret", {"act": "finish"})).status == 303
    after = await db.fetchrow(present, seed.nas)
    assert after["secret_sealed"] != before["secret_sealed"] and after["next_secret_sealed"] is None
    assert len(await audited("nas.secret_settled")) == len(await audited("nas.secret_kept")) == 1
    assert "Troca do segredo" not in (await console.get(f"/console/nas/{seed.nas}")).text


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"network": "10.0.0.0/99"},
        {"coa_port": "99999"},
        {"coa_port": "abc"},
        {"interim_s": "0"},
        {"coa_host": "router.example"},
        {"ma_policy": "maybe"},
        {"vendor": "acme"},
        {"network": "127.0.0.1"},
        {"name": "BNG-1"},
        {"secret": ""},
    ],
)
async def test_a_mistake_is_named_at_its_field(console: Console, seed: Seed, change: dict[str, str]) -> None:
    answer = await console.post("/console/nas", FORM | change)
    assert answer.status == 422
    (field,) = change
    assert SAID.findall(answer.raw) == [field]
    assert "Uma coisa a corrigir" in answer.text
    assert await db.fetchval("select count(*) from nas") == 1


async def test_the_list_tells_who_is_silent_and_who_signs(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    page = await console.get("/console/nas")
    assert "ainda não" in page.text
    assert "mesmo endereço:3799" in page.text
    await db.execute("update nas set signs_since = now(), coa_enabled = false")
    await db.execute("update session_open set last_seen_at = now() - interval '1 hour'")
    page = await console.get("/console/nas")
    assert "text-offline" in page.raw[page.raw.index('id="rows"') :]
    assert "desligado" in page.text
    form = await console.get(f"/console/nas/{seed.nas}")
    assert "Este roteador assina desde" in form.text
    await db.execute("update nas set signs_since = null, ma_policy = 'off'")
    assert "CVE-2024-3596" in (await console.get(f"/console/nas/{seed.nas}")).text


async def test_an_unknown_address_is_offered_and_can_be_forgotten(console: Console, seed: Seed) -> None:
    knock = "insert into nas_knock (ip, count, first_at, last_at) values ($1, 41, now(), now())"
    await db.execute(knock, "10.20.0.7")
    await db.execute(knock, "127.0.0.1")
    page = await console.get("/console/nas")
    assert "10.20.0.7" in page.text
    assert page.text.count("Adicionar este roteador?") == 1
    assert 'value="10.20.0.7"' in (await console.get("/console/nas/new?network=10.20.0.7")).raw
    await console.post("/console/nas/knocks/forget", {"ip": "10.20.0.7"})
    assert await db.fetchval("select count(*) from nas_knock") == 1
    assert [row["object_id"] for row in await audited("nas.knock_forgotten")] == ["10.20.0.7"]


async def test_who_may_only_look_gets_no_form_to_send(console: Console, seed: Seed) -> None:
    await db.execute("update staff_user set role = 'reader'")
    page = await console.get(f"/console/nas/{seed.nas}")
    assert "<fieldset disabled" in page.raw
    assert (await console.get("/console/nas/new")).status == 403
    assert (await console.post(f"/console/nas/{seed.nas}", FORM)).status == 403
    assert (await console.get("/console/nas/77")).status == 404
