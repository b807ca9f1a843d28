"""All pages together: nothing inline, whole without scripts, complete in English, and each role sees only its own."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import web

from oss.access import drops, holds
from oss.base import clock, db, secrets
from oss.network import discovery, maintenance
from oss.network.facts import Facts, Interface
from oss.network.maintenance import WindowValues
from oss.staff import roles
from tests.conftest import TESTER, Seed, fall_overdue
from tests.oss.network.drawn import draw
from web.console.incident_words import ENTRIES
from web.keys import PERMISSIONS
from web.routing import PUBLIC, SIGNED_IN

from . import test_board
from .conftest import Console, go_online

PORTUGUESE = re.compile(r"\b(não|sessões|bloqueios?|clientes?|roteador|fatura vencida|página|última|cobrança)\b", re.I)


class Reader(HTMLParser):
    """What the content security policy forbids, forms without a token, ids given twice."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: set[str] = set()
        self.form: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "style" in given or tag == "style" or any(name.startswith("on") for name in given):
            self.wrong.append(f"inline: <{tag} {given}>")
        if tag == "script" and not given.get("src"):
            self.wrong.append("inline script")
        for name in ("src", "href", "action"):
            if str(given.get(name, "")).startswith(("http:", "https:", "//", "javascript:")):
                self.wrong.append(f"foreign {name}: {given[name]}")
        if given.get("id") in self.ids:
            self.wrong.append(f"id twice: {given['id']}")
        self.ids.add(given.get("id") or f"#{len(self.ids)}")
        if tag == "form":
            self.form = {"method": given.get("method", "get"), "token": False, "at": given.get("action")}
        if tag == "input" and given.get("name") == "csrf_token" and self.form:
            self.form["token"] = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form:
            if self.form["method"] == "post" and not self.form["token"]:
                self.wrong.append(f"a form without a token: {self.form['at']}")
            self.form = None


PLACES = (
    *("/console/", "/console/subscribers", "/console/sessions", "/console/holds", "/console/enforcement"),
    *("/console/nas", "/console/nas/new", "/console/plans", "/console/plans/new", "/console/health"),
    *("/console/rejects", "/console/rejects?by=nas&range=7d", "/console/rejects?q=zzz"),
    *("/console/nas?q=zzz", "/console/nas?ignored=1", "/console/plans?q=zzz", "/console/staff?q=zzz"),
    *("/console/subscribers?q=zzz", "/console/holds?q=zzz", "/console/realms", "/console/realms/new"),
    *("/console/retention", "/console/retention/purge", "/console/retention/session_history", "/console/names"),
    *("/console/staff", "/console/staff/new", "/console/staff/1", "/console/router-logins", "/console/own-access"),
    *("/console/roles", "/console/roles/new", "/console/roles/noc", "/console/roles?role=seller"),
    *("/console/audit", "/console/audit?q=ana&what=sign-in", "/console/audit?q=zzz", "/console/preferences"),
    *("/console/board", "/console/board?arrange=1", "/console/board/contracts?view=ended&reason=none"),
    *("/console/board/contracts", "/console/board/payments", "/console/board/payments?month=2026-11"),
    *("/console/notices", "/console/search?q=cli", "/console/search?q=", "/console/style"),
    *("/console/account", "/console/account/second-factor", "/console/prove"),
    "/console/subscribers/new",
    *("/console/network", "/console/network/map", "/console/network/topology", "/console/sites", "/console/sites/new"),
    *("/console/devices", "/console/devices/new", "/console/devices?q=zzz", "/console/onus", "/console/onus/new"),
    *("/console/links/new", "/console/pons/new", "/console/boxes/new", "/console/models", "/console/models/new"),
    *("/console/maintenance", "/console/maintenance/new", "/console/models/1"),
    *("/console/provisioning", "/console/provisioning/runs", "/console/provisioning/runs?view=stuck"),
    *("/console/provisioning/drift", "/console/provisioning/rules", "/console/provisioning/rules/new"),
    *("/console/graphs", "/console/graphs/nas?object=1&metric=in_bps"),
    *("/console/incidents", "/console/incidents?q=zzz", "/console/alert-rules", "/console/alert-rules/new"),
    *(
        "/console/alert-rules/1",
        "/console/alert-rules/1/remove",
        "/console/alert-channels",
        "/console/alert-channels/new",
    ),
)


@pytest.fixture
async def addresses(seed: Seed, sealer: secrets.Sealer) -> list[str]:
    """Every page of the console, with something on it."""
    drawn = await _network(sealer)
    await go_online(seed, 0)
    await go_online(seed, 1, applied="reduced:1024/512", drift=60, cause="silent")
    invoice = await fall_overdue(seed.contracts[2], 7)
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [seed.contracts[3]], "fraud", "wall", "why")
    await db.execute(
        "insert into auth_reject values (now(), $1, 'cli1', 'wrong_password', '', $2, 1, now(), now()), "
        "(now(), $1, '*', 'unknown_login', '', null, 9, now(), now())",
        *(seed.nas, seed.contracts[0]),
    )
    await db.execute("update nas set staff_logins = true")
    await db.execute(
        "insert into audit (actor, action, object, object_id, detail) values ('ana', 'router.refused', 'staff_user', "
        """'1', '{"nas": "BNG-1", "from": "192.0.2.7", "reason": "code_used", "tries": 2}')"""
    )
    line = {"what": "mac", "expected": "aa:bb:cc:00:00:01", "seen": "", "line": {"mac": "aa:bb:cc:00:00:02"}}
    await db.execute(
        "insert into auth_reject (minute, nas_id, login, reason, detail, facts, contract_id, count, first_at, last_at) "
        "values (now(), $1, 'cli2', 'wrong_line', '', $2::jsonb, $3, 1, now(), now())",
        *(seed.nas, json.dumps(line), seed.contracts[1]),
    )
    await db.execute(
        "update access_account set binding = 'learn', bound = '{\"mac\": \"aa:bb:cc:00:00:01\"}', bound_at = null "
        "where login = 'cli2'"
    )
    await test_board.count()
    await db.execute("insert into nas_knock values ('10.20.0.7', 41, now(), now())")
    await db.execute(
        "insert into job (lane, listener, payload, state, failed_at) values ('bulk', 'x', '{}', 'dead', now())"
    )
    realm = await db.fetchval("insert into realm (name, kind) values ('example.net', 'suffix') returning id")
    sql = """insert into home_server (realm_id, transport, host, auth_port, acct_port)
        values ($1, 'radsec', '192.0.2.7', 2083, 2083) returning id"""
    server = await db.fetchval(sql, realm)
    home, contract = f"/console/subscribers/{seed.customers[2]}", f"?contract={seed.contracts[2]}"
    account = await db.fetchval("select id from access_account where contract_id = $1", seed.contracts[2])
    acts = [f"{home}/{act}{contract}" for act in ("hold", "release", "promise", "plan", "end", "reconnect")]
    return [
        *PLACES,
        *drawn,
        *await _alerts(),
        *(f"/console/nas/{seed.nas}", f"/console/nas/{seed.nas}/doctor", f"/console/nas/{seed.nas}/doctor?for=cisco"),
        *(f"/console/subscribers/{customer}" for customer in seed.customers),
        *acts,
        *(f"{home}/pay{contract}&invoice={invoice}", f"{home}/sessions{contract}&account={account}"),
        *(f"{home}/access{contract}", f"{home}/access{contract}&account={account}", f"/console/plans/{seed.plan}"),
        *(f"/console/realms/{realm}", f"/console/realms/{realm}/servers/new"),
        *(f"{home}/edit", f"{home}/contract{contract}", f"{home}/contracts/new"),
        f"/console/realms/{realm}/servers/{server}",
        f"/console/audit/{await db.fetchval('select max(id) from audit')}",
    ]


async def _alerts() -> list[str]:
    """The pages of an incident with all kinds of lines in its history, and of a channel that failed."""
    sql = """insert into incident (why, at_kind, at_id, at_name, severity, value, began_at, customers, lines,
  monthly_cents, rule_id, rule_name) select $1, 'device', (select min(id) from device), 'core', 'critical', 97,
  now() - interval '1 hour', 1, 1, 10990, r.id, r.name from alert_rule r where r.name = $2 returning id"""
    key = await db.fetchval(sql, "rule", "Processor is busy")
    for what in (*ENTRIES, "told"):
        told = "insert into incident_entry (incident_id, what, actor, facts) values ($1, $2, 'ana', $3::jsonb)"
        facts = {"at": "core", "why": "down", "members": 2, "channel": "x", "turn": "began", "text": "Carlos"}
        await db.execute(told, key, what, json.dumps(facts))
    line = """insert into incident_line (incident_id, account_id, contract_id, from_at)
  select $1, id, contract_id, now() from access_account where login = 'cli1'"""
    await db.execute(line, key)
    member = "insert into incident_member select $1, 'device', at_id, now(), null from incident where id = $1"
    await db.execute(member, key)
    whys = [await db.fetchval(sql, why, "Too warm") for why in ("down", "power", "cut", "together", "flapping")]
    channel = """insert into alert_channel (name, kind, settings, failed_at, failure)
  values ('Night', 'webhook', '{"url": "https://noc.example"}', now(), 'HTTP 500') returning id"""
    way = await db.fetchval(channel)
    step = await db.fetchval("insert into alert_step (channel_id, severity) values ($1, 'warning') returning id", way)
    await db.execute("insert into alert_message (incident_id, step_id, turn) values ($1, $2, 'began')", key, step)
    home, ways = "/console/incidents", f"/console/alert-channels/{way}"
    pages = [f"{home}/{key}", f"{home}/{key}/note", *(f"{home}/{one}" for one in whys)]
    return [*pages, ways, f"{ways}/remove", f"{ways}/steps/new", f"{ways}/steps/{step}"]


async def _network(sealer: secrets.Sealer) -> list[str]:
    """The pages of a drawn network, one of its customers tied to an ONU."""
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer)
        account = await drops.account_of(connection, "cli1") or 0
        await drops.tie(connection, TESTER, account, drops.Drop(onu_id=drawn.onus[0]))
        told = (Interface(1, "sfp1", oper="up"), Interface(2, "sfp2"))
        await discovery.discovered(connection, TESTER, Facts(drawn.devices["olt"], clock.now(), interfaces=told))
        window = WindowValues(clock.now(), clock.now() + timedelta(hours=1), "x", device_id=drawn.devices["olt"])
        await maintenance.save(connection, TESTER, window)
    await db.execute("update site set latitude_e6 = -21000000, longitude_e6 = -44000000")
    olt, site = f"/console/devices/{drawn.devices['olt']}", f"/console/sites/{drawn.sites['serra']}"
    pon, box = f"/console/pons/{drawn.pons['0/1/0']}", f"/console/boxes/{drawn.boxes['CTO-1']}"
    return [
        *(site, f"{site}/edit", f"{site}/remove", olt, f"{olt}/edit", f"{olt}/remove"),
        *(f"{olt}?tab={tab}" for tab in ("interfaces", "links", "plant", "history")),
        *(pon, f"{pon}/edit", box, f"{box}/edit", f"/console/onus/{drawn.onus[0]}", "/console/maintenance/1"),
        f"/console/links/{drawn.links['ring-a olt']}",
    ]


async def test_no_page_breaks_the_policy_and_every_form_works_without_scripts(
    console: Console, addresses: list[str]
) -> None:
    for address in addresses:
        page = await console.get(address)
        assert page.status == 200, address
        assert "script-src 'self'; style-src 'self'" in page.headers["Content-Security-Policy"]
        reader = Reader()
        reader.feed(page.raw)
        assert reader.wrong == [], address


async def test_english_is_complete(console: Console, addresses: list[str]) -> None:
    await db.execute("update staff_user set language = 'en'")
    await db.execute("update customer set name = 'Mary', search_key = 'mary'")
    for address in addresses:
        page = await console.get(address)
        assert 'lang="en"' in page.raw
        left = PORTUGUESE.findall(page.text.replace("Português", ""))
        assert left == [], address


async def test_a_dialog_is_the_page_without_its_shell(console: Console, addresses: list[str]) -> None:
    acts = [address for address in addresses if re.search(r"/(hold|release|promise|plan|end|reconnect|pay)\?", address)]
    assert len(acts) == 7
    for address in acts:
        part = await console.get(address, **{"X-Milha-Block": "sheet"})
        assert part.status == 200
        assert "<html" not in part.raw
        assert "<h2" in part.raw


async def test_each_role_opens_exactly_what_it_may(
    console: Console, web_app: web.Application, addresses: list[str]
) -> None:
    await db.execute("update customer set city = 'Serra', owner_id = (select id from staff_user)")
    await db.execute("update staff_user set cities = '{Serra}'")
    for role in await roles.every():
        await db.execute("update staff_user set role = $1", role.key)
        for address in addresses:
            wanted = await _permission(web_app, address)
            may = wanted in (PUBLIC, SIGNED_IN) or wanted in role.grants
            assert ((await console.get(address)).status == 200) == may, (role.key, address)


async def _permission(web_app: web.Application, address: str) -> str:
    path = address.partition("?")[0]
    for route, permission in web_app[PERMISSIONS].items():
        if route.method == "GET" and route.resource is not None and route.resource._match(path) is not None:  # type: ignore[attr-defined]
            return permission
    raise AssertionError(f"no route for {path}")


async def test_a_page_that_does_not_exist_speaks_like_the_others(console: Console) -> None:
    page = await console.get("/console/nothing")
    assert page.status == 404
    assert "Não encontrado" in page.text
    assert (await console.get("/")).place == "/console/"
    assert (await console.get("/console")).place == "/console/"
