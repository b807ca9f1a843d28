"""What proves a login and the line it must come from: shown, set, accepted, forgotten, each with its note."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from oss.base import clock, db
from tests.conftest import Seed

from .conftest import Console, audited

HOME, OTHER = "aa:bb:cc:00:00:01", "aa:bb:cc:00:00:02"


async def account(login: str = "cli1") -> Any:
    return await db.fetchrow("select * from access_account where login = $1", login)


async def page(seed: Seed) -> str:
    return f"/console/subscribers/{seed.customers[0]}"


async def form(seed: Seed, act: str = "access", login: str | None = "cli1") -> str:
    mine = f"&account={(await account(login))['id']}" if login else ""
    return f"{await page(seed)}/{act}?contract={seed.contracts[0]}{mine}"


async def bind(policy: str = "learn", **line: str) -> None:
    await db.execute(
        "update access_account set binding = $1, binding_keys = 'mac', bound = $2::jsonb, bound_at = $3 "
        "where login = 'cli1'",
        *(policy, json.dumps(line), clock.now() - timedelta(hours=2)),
    )


async def refuse(seed: Seed, **line: str) -> None:
    facts = {"what": "mac", "expected": HOME, "seen": line.get("mac", ""), "line": line}
    await db.execute(
        "insert into auth_reject (minute, nas_id, login, reason, detail, facts, contract_id, count, first_at, last_at) "
        "values (now(), $1, 'cli1', 'wrong_line', '', $2::jsonb, $3, 1, now(), now())",
        *(seed.nas, json.dumps(facts), seed.contracts[0]),
    )


async def test_the_page_says_from_where_a_login_may_come(console: Console, seed: Seed) -> None:
    home = await page(seed)
    assert "De qualquer linha" in (await console.get(home)).text
    await bind()
    assert "A linha do próximo login será aprendida" in (await console.get(home)).text
    await bind(mac=HOME, nas=str(seed.nas))
    assert "Só de MAC AA:BB:CC:00:00:01, roteador BNG-1 · desde" in (await console.get(home)).text


async def test_a_refused_line_is_accepted_with_one_click_and_taken_back_with_one(console: Console, seed: Seed) -> None:
    home = await page(seed)
    await bind(mac=HOME)
    await refuse(seed, mac=OTHER, nas=str(seed.nas))
    shown = await console.get(home)
    assert "Veio do MAC AA:BB:CC:00:00:02, amarrado a AA:BB:CC:00:00:01" in shown.text
    assert "Recusado" in shown.text and "vindo de MAC AA:BB:CC:00:00:02 Aceitar esta linha" in shown.text
    answer = await console.post(f"{await form(seed, 'line')}&seen={json.dumps({'mac': OTHER, 'nas': str(seed.nas)})}")
    assert answer.status == 303 and json.loads((await account())["bound"]) == {"mac": OTHER}
    after = await console.get(home)
    assert "Aceitar esta linha" not in after.text and "cli1 vem desta linha daqui em diante" in after.text
    noted = json.loads((await audited("account.line_set"))[0]["detail"])
    assert (noted["line"], noted["before"]) == ({"mac": OTHER}, {"line": {"mac": HOME}})
    await console.post(f"{await form(seed, 'line')}&line={json.dumps({'mac': HOME})}")
    assert json.loads((await account())["bound"]) == {"mac": HOME}


async def test_a_line_is_forgotten(console: Console, seed: Seed) -> None:
    await bind(mac=HOME)
    assert (await console.post(await form(seed, "forget"))).status == 303
    row = await account()
    assert (row["bound"], row["bound_at"]) == ("{}", None) and len(await audited("account.line_forgotten")) == 1
    assert "A linha do próximo login será aprendida" in (await console.get(await page(seed))).text


async def test_a_policy_and_a_line_are_set_in_any_spelling(console: Console, seed: Seed) -> None:
    data = {"binding": "fixed", "mac": "AABB.CC00.0001", "nas": str(seed.nas), "port": " Ether1 ", "vlan": "0100"}
    answer = await console.post(await form(seed), data)
    assert answer.status == 303, answer.text
    row = await account()
    bound = {"mac": HOME, "nas": str(seed.nas), "port": "ether1", "vlan": "100"}
    assert (row["binding"], row["binding_keys"], json.loads(row["bound"])) == ("fixed", None, bound)
    again = await console.get(await form(seed))
    assert (
        'value="AA:BB:CC:00:00:01"' in again.raw
        and "Linha do login definida" in (await console.get(await page(seed))).text
    )


async def test_what_is_no_line_is_told_at_its_field(console: Console, seed: Seed) -> None:
    data = {"binding": "fixed", "mac": "aa:bb", "vlan": "x", "nas": "999"}
    answer = await console.post(await form(seed), data)
    assert answer.status == 422 and 'value="aa:bb"' in answer.raw
    for told in ("Não é um endereço MAC", "Precisa ser uma VLAN", "Não existe"):
        assert told in answer.text
    answer = await console.post(await form(seed), {"binding": "learn"})
    assert answer.status == 422 and "Escolha ao menos um" in answer.text
    assert (await account())["binding"] is None


async def test_a_login_by_mac_is_made_without_a_password(console: Console, seed: Seed) -> None:
    data = {"kind": "mac", "login": "AA-BB-CC-00-00-09", "binding": "plan"}
    assert (await console.post(await form(seed, login=None), data)).status == 303
    made = await account("aa:bb:cc:00:00:09")
    assert made["kind"] == "mac" and made["contract_id"] == seed.contracts[0]
    assert "AA:BB:CC:00:00:09 pelo MAC" in (await console.get(await page(seed))).text
    wrong = await console.post(await form(seed, login=None), {"kind": "mac", "login": "aa-bb", "binding": "plan"})
    assert wrong.status == 422 and "Não é um endereço MAC" in wrong.text
    twice = await console.post(await form(seed, login=None), data)
    assert twice.status == 422 and "Já" in twice.text


async def test_lines_of_somebody_elses_login_are_not_found_there(console: Console, seed: Seed) -> None:
    for act in ("access", "line", "forget"):
        path = (await form(seed, act)).replace(f"/{seed.customers[0]}/", f"/{seed.customers[1]}/")
        assert (await console.post(f"{path}&line={{}}", {"binding": "off"})).status == 404
    assert (await console.post(f"{await form(seed, 'line')}&seen=x")).status == 422
    assert (await console.post(f"{await form(seed, 'line')}&seen=[1]")).status == 422


async def test_a_plans_logins_are_bound_unless_they_say_otherwise(console: Console, seed: Seed) -> None:
    shown = (await console.get(f"/console/plans/{seed.plan}")).raw
    data = {
        "name": "Fibra 500",
        "down_kbps": "500",
        "up_kbps": "250",
        "price_cents": "109,90",
        "reduced_down_kbps": "1",
    }
    fields = [*data.items(), ("active", "1"), ("binding", "learn")]
    fields += [("binding_keys", "vlan"), ("binding_keys", "mac")]
    assert 'name="binding"' in shown
    assert (await console.post(f"/console/plans/{seed.plan}", fields)).status == 303
    row = await db.fetchrow("select binding, binding_keys from plan where id = $1", seed.plan)
    assert tuple(row) == ("learn", "mac vlan")
    assert "A linha do próximo login será aprendida" in (await console.get(await page(seed))).text


async def test_realms_and_the_word_for_macs_are_set(console: Console, seed: Seed) -> None:
    answer = await console.post("/console/names", {"realms": "@Provider.com.br\nnet.br", "secret": "palavra-unica"})
    assert answer.status == 303
    rows = dict(await db.fetch("select key, value::text from setting where key like 'access.%'"))
    assert json.loads(rows["access.realms"]) == ["provider.com.br", "net.br"]
    assert "palavra-unica" not in rows["access.mac_password"]
    shown = await console.get("/console/names")
    assert "provider.com.br\nnet.br" in shown.raw and "Há uma definida" in shown.text
    assert "palavra-unica" not in shown.raw + str([tuple(one) for one in await audited("setting.changed")])
    wrong = await console.post("/console/names", {"realms": "a@b"})
    assert wrong.status == 422 and "provedor.com.br" in wrong.text
    await console.post("/console/names", {"realms": "", "none": "1"})
    assert "Nenhuma definida" in (await console.get("/console/names")).text
