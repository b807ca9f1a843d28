"""Realms and home servers in the console: made, changed, removed, and how each home server does."""

from __future__ import annotations

import json
import re

from oss.access import realm_list
from oss.base import db, secrets

from .conftest import Console, audited

SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')
REALM = {"kind": "suffix", "name": "@Example.net", "when_silent": "silence", "accounting": "1", "active": "1"}
HOME = {
    "transport": "udp",
    "host": "192.0.2.7",
    "auth_port": "1812",
    "acct_port": "1813",
    "secret": "s3cret",
    "position": "1",
    "signs": "1",
    "active": "1",
}


async def made(console: Console, **more: str) -> int:
    answer = await console.post("/console/realms", REALM | {"allow": "framed-ip-address, filter-id"} | more)
    assert answer.status == 303, answer.text
    return int(answer.place.rpartition("/")[2])


async def test_a_realm_and_its_home_server_are_made_changed_and_removed(
    console: Console, sealer: secrets.Sealer
) -> None:
    assert "Todos os logins são respondidos aqui" in (await console.get("/console/realms")).text
    realm = await made(console)
    row = await db.fetchrow("select name, kind, strip, accounting, allow::text from realm")
    assert tuple(row)[:4] == ("example.net", "suffix", False, True)
    assert json.loads(row[4]) == ["Framed-IP-Address", "Filter-Id"]
    answer = await console.post(f"/console/realms/{realm}/servers", HOME)
    assert (answer.status, answer.place) == (303, f"/console/realms/{realm}")
    home, sealed = tuple(await db.fetchrow("select id, secret_sealed from home_server"))
    assert sealer.open(sealed, f"home_server/secret_sealed/{home}") == b"s3cret"
    page = await console.get("/console/realms")
    assert "@example.net" in page.text and "192.0.2.7" in page.text and "s3cret" not in page.raw
    await console.post(f"/console/realms/{realm}/servers/{home}", HOME | {"secret": "", "host": "192.0.2.8"})
    assert tuple(await db.fetchrow("select host, secret_sealed from home_server")) == ("192.0.2.8", sealed)
    await console.post(f"/console/realms/{realm}", REALM | {"strip": "1", "kind": "default"})
    assert tuple(await db.fetchrow("select name, kind, strip from realm")) == ("", "default", True)
    assert (await console.post(f"/console/realms/{realm}/servers/{home}/remove")).status == 303
    assert (await console.post(f"/console/realms/{realm}/remove")).place == "/console/realms"
    assert await db.fetchval("select count(*) from realm") == 0
    for action, count in (
        ("realm.saved", 2),
        ("home_server.saved", 2),
        ("home_server.removed", 1),
        ("realm.removed", 1),
    ):
        assert len(await audited(action)) == count, action
    assert not any("s3cret" in str(dict(row)) for row in await audited("home_server.saved"))


async def test_mistakes_are_named_at_their_field(console: Console) -> None:
    realm = await made(console)
    for change, field in (
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "EXAMPLE.net"}, "name"),
        ({"allow": "No-Such-Thing"}, "allow"),
        ({"kind": "other"}, "kind"),
    ):
        answer = await console.post("/console/realms", REALM | change)
        assert (answer.status, SAID.findall(answer.raw)) == (422, [field]), change
    for change, field in (
        ({"host": "radius.example.net"}, "host"),
        ({"host": "a b", "transport": "radsec"}, "host"),
        ({"secret": ""}, "secret"),
        ({"auth_port": "0"}, "auth_port"),
        ({"position": "100"}, "position"),
    ):
        answer = await console.post(f"/console/realms/{realm}/servers", HOME | change)
        assert (answer.status, SAID.findall(answer.raw)) == (422, [field]), change
    for path in ("77", f"{realm}/servers/77", "77/servers/new"):
        assert (await console.get(f"/console/realms/{path}")).status == 404
    for path in ("77/remove", f"{realm}/servers/77/remove", "77/servers"):
        assert (await console.post(f"/console/realms/{path}", HOME)).status == 404


async def test_how_a_home_server_does_is_told_by_the_nodes(console: Console) -> None:
    realm = await made(console)
    await console.post(f"/console/realms/{realm}/servers", HOME)
    home = await db.fetchval("select id from home_server")
    assert "Ainda não perguntado" in (await console.get(f"/console/realms/{realm}")).text
    for node, told in (("a", [home, "dead", 1.7e9, 3, 4, 0, "silent"]), ("b", [home, "alive", 1.6e9, 2, 0, 900, ""])):
        stats = json.dumps({"aaa": {"home_servers": [told], "radsec": []}})
        sql = """insert into node (name, roles, pid, version, started_at, seen_at, stats)
            values ($1, '{aaa}', 1, '1', now(), now(), $2)"""
        await db.execute(sql, node, stats)
    (one,) = (await realm_list.one(realm))["homes"]
    assert (one["standing"].state, one["standing"].answers, one["standing"].silences) == ("dead", 5, 4)
    page = await console.get(f"/console/realms/{realm}/servers/{home}")
    assert "Não responde" in page.text and "silent" in page.text
    await db.execute("update node set seen_at = now() - interval '1 minute'")
    assert (await realm_list.one(realm))["homes"][0]["standing"].state == "unknown"


# ------------------------------------------------------------ a NAS that comes by TLS


NAS = {
    "name": "BNG-TLS",
    "network": "",
    "vendor": "mikrotik",
    "secret": "",
    "ma_policy": "auto",
    "coa_host": "",
    "coa_port": "3799",
    "coa_enabled": "1",
    "interim_s": "300",
    "active": "1",
    "transport": "radsec",
    "certificate_name": "BNG-1.example.net",
    "requests_per_s": "10000",
}


async def test_a_nas_by_tls_needs_a_certificate_name_and_nothing_else(console: Console) -> None:
    answer = await console.post("/console/nas", NAS | {"certificate_name": ""})
    assert (answer.status, SAID.findall(answer.raw)) == (422, ["certificate_name"])
    answer = await console.post("/console/nas", NAS)
    assert answer.status == 303
    nas_id = int(answer.place.rpartition("/")[2])
    row = await db.fetchrow("select transport, certificate_name, network from nas where id = $1", nas_id)
    assert tuple(row)[:2] == ("radsec", "bng-1.example.net") and row[2].startswith("100::")
    page = await console.get(f"/console/nas/{nas_id}")
    assert 'value="bng-1.example.net"' in page.raw and "100::" not in page.raw and "Não conectado" in page.text
    told = json.dumps({"aaa": {"radsec": [[nas_id, 1.7e9, "203.0.113.9", "TLSv1.3 X"]], "home_servers": []}})
    sql = """insert into node (name, roles, pid, version, started_at, seen_at, stats)
        values ('a', '{}', 1, '1', now(), now(), $1)"""
    await db.execute(sql, told)
    assert "Conectado de 203.0.113.9" in (await console.get(f"/console/nas/{nas_id}")).text
    await console.post(f"/console/nas/{nas_id}", NAS | {"name": "BNG-TLS-2"})
    again = await db.fetchrow("select name, network from nas where id = $1", nas_id)
    assert tuple(again) == ("BNG-TLS-2", row[2])
    assert "100::" not in (await console.get("/console/nas")).raw
    answer = await console.post("/console/nas", NAS | {"name": "other"})
    assert SAID.findall(answer.raw) == ["certificate_name"]
    answer = await console.post(f"/console/nas/{nas_id}", NAS | {"transport": "udp"})
    assert set(SAID.findall(answer.raw)) == {"network"}
    udp = {"transport": "udp", "network": "192.0.2.1", "secret": "x", "certificate_name": ""}
    assert (await console.post(f"/console/nas/{nas_id}", NAS | udp)).status == 303
    row = await db.fetchrow("select transport, certificate_name, network from nas where id = $1", nas_id)
    assert tuple(row) == ("udp", None, "192.0.2.1")
