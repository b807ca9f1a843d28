"""Routers: the form with its policy, a secret that is never shown again, and those who knock unknown."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any

import pytest

from billing import attention
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
    assert "ainda não visto" in page.text
    assert "mesmo endereço:3799" in page.text
    await db.execute("update nas set signs_since = now(), coa_enabled = false")
    await db.execute("update session_open set last_seen_at = now() - interval '1 hour'")
    page = await console.get("/console/nas")
    assert "text-offline" in page.raw[page.raw.index('id="rows"') :]
    assert "desligado" in page.text
    form = await console.get(f"/console/nas/{seed.nas}")
    assert "Já provou que assina" in form.text and "Visto desde" in form.text
    await db.execute("update nas set signs_since = null, ma_policy = 'off'")
    assert "CVE-2024-3596" in (await console.get(f"/console/nas/{seed.nas}")).text


def callers(**changes: Any) -> str:
    """What a node writes of one caller behind an address."""
    now = int(time.time())
    one = {"kind": "unknown", "nas": 0, "identifier": "", "vendor": "", "ports": ["auth"], "count": 41}
    return json.dumps([one | {"first_at": now - 60, "last_at": now} | changes])


async def knock(ip: str, said: str = "[]") -> None:
    await db.execute(
        "insert into nas_knock (ip, count, first_at, last_at, callers) values ($1, 41, now(), now(), $2)", ip, said
    )


async def test_a_stranger_is_offered_with_all_it_told_and_the_form_knows_it(console: Console, seed: Seed) -> None:
    await knock("10.20.0.7", callers(identifier="BNG <2>", vendor="mikrotik", ports=["acct", "auth"]))
    await knock("127.0.0.1", callers())  # known by now
    page = await console.get("/console/nas")
    assert "10.20.0.7" in page.text and "BNG <2>" in page.text
    assert "MikroTik · autenticação e contabilização · 41 pacotes" in page.text
    assert page.text.count("Adicionar este roteador?") == 1
    (href,) = re.findall(r'href="(/console/nas/new\?[^"]+)"', page.raw)
    form = await console.get(html.unescape(href))
    for field, value in (("network", "10.20.0.7"), ("nas_identifier", "BNG &lt;2&gt;"), ("name", "BNG &lt;2&gt;")):
        assert re.search(rf'id="{field}"[^>]* value="{value}"', form.raw), field
    assert "Pelo que mandou, é um MikroTik." in form.text


async def test_another_maker_than_ours_is_named_and_taken_as_standard(console: Console, seed: Seed) -> None:
    form = await console.get("/console/nas/new?network=10.0.0.9&vendor=ubiquiti")
    assert '<option value="standard" selected>' in form.raw and "é um Ubiquiti" in form.text


async def test_a_stranger_is_ignored_until_somebody_wants_to_hear_of_it_again(console: Console, seed: Seed) -> None:
    await knock("10.20.0.7")
    await console.get("/console/nas")
    await console.post("/console/nas/knocks/ignore", {"ip": "10.20.0.7"})
    await db.execute("update nas_knock set count = 99, last_at = now()")
    page = await console.get("/console/nas")
    assert "10.20.0.7" not in page.text.partition("está ignorado")[2] and "1 endereço ignorado" in page.text
    assert [one.kind for one in await attention.matters()] == []
    assert "10.20.0.7" in (await console.get("/console/nas?ignored=1")).text
    await console.post("/console/nas/knocks/heed", {"ip": "10.20.0.7"})
    assert "10.20.0.7" in (await console.get("/console/nas")).text
    assert [row["object_id"] for row in await audited("nas.knock_ignored")] == ["10.20.0.7"]
    assert [row["object_id"] for row in await audited("nas.knock_heeded")] == ["10.20.0.7"]


async def test_a_wrong_secret_is_told_in_the_list_on_its_page_and_first_of_all(console: Console, seed: Seed) -> None:
    await knock("127.0.0.1", callers(kind="wrong_secret", nas=seed.nas, identifier="BNG-9"))
    await sent(seed, bad_message_authenticator=7)
    page = await console.get("/console/nas")
    assert "pede com um segredo que não é o de BNG-1" in page.text and "segredo errado" in page.text
    assert "É outro roteador?" in page.text and f'href="/console/nas/{seed.nas}#secret"' in page.raw
    assert "O segredo de BNG-1 não confere" in (await console.get(f"/console/nas/{seed.nas}")).text
    first = (await console.get("/console/")).text
    assert "O segredo de BNG-1 não confere" in first and "7 pacotes em 1 h" in first


async def test_a_wrong_secret_of_an_hour_ago_is_over(console: Console, seed: Seed) -> None:
    await sent(seed, bad_message_authenticator=7)
    await db.execute("update nas_tally set last_at = now() - interval '1 hour'")
    assert await attention.matters() == []


# ------------------------------------------------------------ what ails a router


async def sent(seed: Seed, **counts: int) -> None:
    """What a node counted of the router in these five minutes."""
    for what, count in counts.items():
        await db.execute(
            "insert into nas_tally values ($1, date_bin('5 minutes', now(), 'epoch'), $2, $3, now(), now())",
            *(seed.nas, what, count),
        )


async def test_a_router_that_stops_signing_is_an_alarm_at_once_and_can_be_learned_anew(
    console: Console, seed: Seed
) -> None:
    await db.execute("update nas set signs_since = now() - interval '9 days'")
    await sent(seed, missing_message_authenticator=12, answers=3)
    first = await console.get("/console/")
    assert "BNG-1 parou de assinar as autenticações" in first.text and "bg-offline-soft" in first.raw
    assert "parou de assinar" in (await console.get("/console/nas?view=trouble")).text
    page = await console.get(f"/console/nas/{seed.nas}")
    assert "mande aprender de novo" in page.text and "12 pacotes em 1 h" in page.text
    assert (await console.post(f"/console/nas/{seed.nas}/learn", {})).status == 303
    assert await db.fetchval("select signs_since from nas where id = $1", seed.nas) is None
    assert [row["object_id"] for row in await audited("nas.signing_forgotten")] == [str(seed.nas)]


async def test_to_require_signatures_of_who_does_not_sign_asks_how_many_logins_that_would_cost(
    console: Console, seed: Seed
) -> None:
    await sent(seed, unsigned=1234)
    page = await console.get(f"/console/nas/{seed.nas}")
    assert "Nunca assinou: 1.234 autenticações" in page.text
    form = FORM | {"secret": "", "name": "BNG-1", "network": "127.0.0.1"}
    answer = await console.post(f"/console/nas/{seed.nas}", form)
    assert answer.status == 422 and "Perder 1.234 autenticações como as das últimas 24 horas?" in answer.text
    assert 'name="sure"' in answer.raw
    assert await db.fetchval("select ma_policy from nas where id = $1", seed.nas) == "auto"
    assert (await console.post(f"/console/nas/{seed.nas}", form | {"sure": "1"})).status == 303
    assert await db.fetchval("select ma_policy from nas where id = $1", seed.nas) == "required"
    assert (await console.post(f"/console/nas/{seed.nas}", form)).status == 303, "it is required already"


async def test_who_signs_is_made_to_without_a_question(console: Console, seed: Seed) -> None:
    await sent(seed, unsigned=5)
    await db.execute("update nas_tally set slot = now() - interval '25 hours'")
    await console.get("/console/nas")
    form = FORM | {"secret": "", "name": "BNG-1", "network": "127.0.0.1"}
    assert (await console.post(f"/console/nas/{seed.nas}", form)).status == 303


async def test_a_clock_that_is_off_by_more_than_a_minute_is_told_with_what_it_harms(
    console: Console, seed: Seed
) -> None:
    await db.execute("insert into nas_state values ($1, 'n', now(), 12, -59000, now())", seed.nas)
    assert await attention.matters() == []
    await db.execute("update nas_state set skew_ms = -400000")
    page = await console.get(f"/console/nas/{seed.nas}")
    assert "O relógio de BNG-1 está 6 min atrasado" in page.text and "CoA e Disconnect por velhos" in page.text
    assert [one.kind for one in await attention.matters()] == ["skew"]
    assert "relógio 6 min atrasado" in (await console.get("/console/nas")).text


async def test_what_was_dropped_is_told_by_reason_and_how_much_it_asks(console: Console, seed: Seed) -> None:
    await db.execute("insert into nas_state values ($1, 'n', now(), 12, 200, now())", seed.nas)
    await sent(seed, limited=7000, put_off=5, malformed=2, answers=9)
    page = await console.get(f"/console/nas/{seed.nas}")
    for words in ("Acima do limite dele", "7.000", "Adiados, autenticações na frente", "Malformados", "certo"):
        assert words in page.text, words
    assert {one.kind for one in await attention.matters()} == {"limited", "put_off"}
    text = (await console.get("/console/")).text
    assert "BNG-1 pede mais que o limite dele" in text and "A contabilização dá lugar às autenticações" in text


async def test_routers_are_found_by_name_state_and_identifier(console: Console, seed: Seed) -> None:
    for name, identifier in (("BNG-NORTE", "norte"), ("BNG-SUL", "sul")):
        form = FORM | {"name": name, "network": "10.7.0.1", "nas_identifier": identifier}
        assert (await console.post("/console/nas", form)).status == 303
    assert "já existe" in (await console.post("/console/nas", form | {"name": "x"})).text.lower()
    page = await console.get("/console/nas?q=norte")
    assert "BNG-NORTE" in page.text and "BNG-SUL" not in page.text
    assert "Nenhum roteador é assim" in (await console.get("/console/nas?view=trouble")).text
    assert "Há 3 roteadores ao todo." in (await console.get("/console/nas?q=zzz")).text


async def test_routers_are_narrowed_by_their_maker_and_taken_as_a_file(console: Console, seed: Seed) -> None:
    form = FORM | {"name": "BNG-NE", "network": "10.7.0.1", "vendor": "huawei", "nas_identifier": "ne40"}
    assert (await console.post("/console/nas", form)).status == 303
    page = await console.get("/console/nas?maker=huawei")
    assert "BNG-NE" in page.text and "BNG-1" not in page.text and "Fabricante Huawei" in page.text
    await sent(seed, missing_message_authenticator=12)
    answer = await console.get("/console/nas.csv?cols=name.maker.network.signing.ails.use&sort=-name")
    assert [line.split(";") for line in answer.raw.splitlines()[1:]] == [
        ["BNG-NE", "Huawei", "10.7.0.1", "exigido", "", "sim"],
        ["BNG-1", "MikroTik", "127.0.0.1", "sem assinatura", "sem assinatura", "sim"],
    ]
    assert [row["object"] for row in await audited("network.exported")] == ["network"]


async def test_what_ails_a_router_stands_once_where_it_has_a_column_of_its_own(console: Console, seed: Seed) -> None:
    await sent(seed, bad_message_authenticator=7)
    for query, count in (("", 1), ("?cols=name.ails", 1), ("?cols=name.network", 1), ("?cols=network", 0)):
        raw = (await console.get(f"/console/nas{query}")).raw
        assert raw[raw.index("<tbody") : raw.index("</tbody>")].count("segredo errado") == count, query


async def test_who_may_only_look_gets_no_form_to_send(console: Console, seed: Seed) -> None:
    await db.execute("update staff_user set role = 'reader'")
    page = await console.get(f"/console/nas/{seed.nas}")
    assert "<fieldset disabled" in page.raw
    assert (await console.get("/console/nas/new")).status == 403
    assert (await console.post(f"/console/nas/{seed.nas}", FORM)).status == 403
    assert (await console.get("/console/nas/77")).status == 404
