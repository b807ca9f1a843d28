"""A provider with something on every page: the demo, its lab dialling, and what happens in a provider's week."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import timedelta

import pyotp

from bench import stack as processes
from billing import dunning
from billing import figures as money
from oss import demo
from oss.access import exams, holds
from oss.base import clock, db, sealing
from oss.base.secrets import Sealer
from oss.contracts import figures, lifecycle
from oss.crm import customers
from oss.notify import notices
from oss.staff import exports, one_time, saved_views, tokens
from oss.staff.scopes import ALL
from tests.e2e.conftest import House
from tests.gallery import held, incidents, outage
from tests.waiting import eventually

ACTOR = demo.ACTOR
LOGIN = "admin"
HALF_WAY = "caixa"  # has one-time codes, and types none
LINKS = {"invite": "noc", "recovery": "noc"}
CONTRACT = "select contract_id from access_account where login = $1"
INTERIM_S = 5
ROLES = ("aaa", "web", "worker")  # no poller: what is drawn of devices' samples is to stay
# Who answered a search: new ones, one that is known, one at two addresses, one that takes other credentials.
SEARCHED = """insert into device_search
  (network, snmp_version, total, asked, started_by, started_at, finished_at, found)
select '10.20.8.0/24', '2c', 254, 254, 'admin', now() - interval '9 minutes', now() - interval '8 minutes', $${
"10.20.8.1": {"name": "BNG-SUL-1", "description": "RouterOS CCR2116-12G-4S+", "object_id": "1.3.6.1.4.1.14988.1",
  "maker": "MikroTik", "serial": "HG509A7X2QK", "version": "7.16.2"},
"10.20.8.2": {"name": "OLT-SUL-1", "description": "Huawei Integrated Access Software", "maker": "Huawei",
  "object_id": "1.3.6.1.4.1.2011.2.248", "has_onus": true},
"10.20.8.3": {"name": "SW-SUL-1", "description": "Linux sw-sul-1 5.10.0", "object_id": "1.3.6.1.4.1.8072.3.2.10"},
"10.20.8.4": {"name": "BNG-SUL-1", "serial": "HG509A7X2QK", "maker": "MikroTik"},
"10.20.8.9": {"refused": true}}$$::jsonb || jsonb_build_object(host(d.management), jsonb_build_object('name', d.name))
from device d where d.management is not null order by d.id limit 1"""
REASONS = ("price", "moved", "debt", "service", None)


async def open_empty(house: House) -> None:
    """A provider that has nobody yet, with its set-up link."""
    sql = "insert into setup_link (token_hash, expires_at) values ($1, now() + interval '1 hour')"
    await db.execute(sql, _hash("set-up"))
    await house.provide(*ROLES)


def _hash(kind: str) -> str:
    """What is kept of the link ``<kind>-of-the-gallery``."""
    return hashlib.sha256(f"{kind}-of-the-gallery".encode()).hexdigest()


async def furnish(house: House) -> None:
    """The demo's customers, sessions, and all that somebody has to look at."""
    sealer = await sealing.open_sealer(house.settings, house.environment["MILHA_DATABASE_URL"])
    house.settings = held.with_network(house.settings)
    async with db.transaction() as connection:
        # The node is at work already: the day before its first minute is another's.
        await demo.seed(connection, sealer, dataclasses.replace(house.settings, node="before"))
        await connection.execute("update nas set interim_s = $1", INTERIM_S)
        await _people(connection)
        await _staff(connection, sealer)
        await _network(connection)
    await _dial(house)
    await eventually(lambda: db.fetchval("select count(*) >= 180 from session_open where output_bps > 0"), 60)
    await eventually(lambda: db.fetchval("select count(*) = 0 from job where state <> 'dead'"), 60)
    await held.happen(house, sealer)
    await outage.furnish()
    await incidents.happen(sealer, ACTOR)
    await _own_things()
    async with db.transaction() as connection:
        await _trouble(connection)
        await figures.refresh(connection, clock.now())
        await money.refresh(connection, clock.now())
        await exams.ask(connection, ACTOR, await connection.fetchval("select min(id) from nas"))
    await eventually(lambda: db.fetchval("select count(*) > 0 from nas_finding"))


async def _dial(house: House) -> None:
    """The demo's lab, which tells more often what it carries."""
    more = ("--interim-s", str(INTERIM_S), "--seed", "7", "--dial-rate", "500", "--sign-after-silence")
    more += (*held.lab_options(house.settings),)
    command = processes.lab_command(house.settings, house.folder, dict(demo.NAS), demo.DIALLED, *more)
    await house.stack.enter_async_context(processes.child(command, house.environment, ""))


async def _people(connection: db.Connection) -> None:
    """Changes, ends and holds of customers."""
    today = clock.today("America/Sao_Paulo")
    for number, reason in enumerate(REASONS, 1):
        contract = await connection.fetchval(CONTRACT, demo.login(number))
        await lifecycle.end(connection, ACTOR, contract, today - timedelta(days=9 * number), reason)
    held = [await connection.fetchval(CONTRACT, demo.login(number)) for number in (30, 31)]
    await holds.place(connection, ACTOR, held, "fraud", "wall", "Documento de outra pessoa")
    person = await connection.fetchval("select customer_id from contract where id = $1", held[0])
    moved = {"street": "Rua do Ipê, 12, casa dos fundos", "phone": "35991230000"}
    await customers.change(connection, ACTOR, person, moved)


async def _staff(connection: db.Connection, sealer: Sealer) -> None:
    """Links somebody was sent, one-time codes, a token of a program."""
    for kind, login in LINKS.items():
        sql = """insert into staff_link (token_hash, user_id, kind, expires_at)
            select $1, id, $2, now() + interval '1 hour' from staff_user where login = $3"""
        await connection.execute(sql, _hash(kind), kind, login)
    user = await connection.fetchval("select id from staff_user where login = $1", HALF_WAY)
    secret = await one_time.begin(connection, sealer, user)
    await one_time.confirm(connection, sealer, ACTOR, user, pyotp.TOTP(secret).now())
    await tokens.add(connection, ACTOR, "Painel da diretoria", "auditor")


async def _network(connection: db.Connection) -> None:
    """A realm with its home server, an unknown router, one learned line and one that does not fit."""
    realm = await connection.fetchval(
        "insert into realm (name, kind) values ('parceiro.example', 'suffix') returning id"
    )
    sql = """insert into home_server (realm_id, transport, host, auth_port, acct_port)
        values ($1, 'radsec', '192.0.2.7', 2083, 2083) returning id"""
    await connection.execute(sql, realm)
    await connection.execute("insert into nas_knock values ('10.20.0.7', 41, now(), now())")
    await connection.execute(SEARCHED)
    await connection.execute("update nas set staff_logins = true")
    line = '{"mac": "aa:bb:cc:00:00:01"}'
    sql = "update access_account set binding = 'learn', bound = $2::jsonb, bound_at = null where login = $1"
    for number in (9, 192):
        await connection.execute(sql, demo.login(number), line)
    seen = {"what": "mac", "expected": "aa:bb:cc:00:00:01", "seen": "", "line": {"mac": "aa:bb:cc:00:00:02"}}
    await connection.execute(
        "insert into auth_reject (minute, nas_id, login, reason, detail, facts, contract_id, count, first_at, last_at) "
        "select now(), (select min(id) from nas), login, 'wrong_line', '', $2::jsonb, contract_id, 3, now(), now() "
        "from access_account where login = $1",
        *(demo.login(9), json.dumps(seen)),
    )


async def _trouble(connection: db.Connection) -> None:
    """Sessions that do not obey, a job given up, a refused administrator, and whom it was told."""
    await connection.execute(
        "update session_open set applied = 'reduced:1024/512', drift_since = now() - interval '4 minutes', "
        "drift_cause = 'silent' where login in ('demo040', 'demo041')"
    )
    await connection.execute(
        "insert into job (lane, listener, payload, state, failed_at) "
        "values ('bulk', 'billing.letters.send', '{}', 'dead', now())"
    )
    await connection.execute(
        "insert into audit (actor, action, object, object_id, detail) select 'noc', 'router.refused', 'staff_user', "
        """id::text, '{"nas": "BNG-LAV-1", "from": "192.0.2.7", "reason": "code_used", "tries": 2}' from staff_user """
        "where login = 'noc'"
    )
    everybody = [row["id"] for row in await connection.fetch("select id from staff_user")]
    await _late(connection)
    told = {"count": 1, "listener": "billing.letters.send"}
    await notices.add(connection, everybody, "jobs.dead", told, "/console/health#dead")
    await notices.add(connection, everybody, "nas.unknown", {"ip": "10.20.0.7"}, "/console/nas")


async def _late(connection: db.Connection) -> None:
    """Forty customers fall overdue at once, which the brake asks about."""
    late = """update invoice set issued_on = current_date - 17, due_on = current_date - 7
        where status = 'open' and contract_id = any($1::bigint[])"""
    await connection.execute(
        late, [await connection.fetchval(CONTRACT, demo.login(number)) for number in range(60, 100)]
    )
    assert (await dunning.look(connection)).asked


async def _own_things() -> None:
    """The administrator's saved views and files."""
    user = await db.fetchval("select id from staff_user where login = $1", LOGIN)
    for name, query, shared in (("Devedores de Lavras", "status=overdue&city=Lavras", False), ("Todos", "", True)):
        await saved_views.add(ACTOR, user, "subscribers", saved_views.View(name, query, shared))
    for kind in exports.FORMATS:
        columns = ("name", "login", "city", "status")
        wish = exports.Wish("subscribers", "status=overdue", columns, kind, "pt-BR", 14, ALL, personal="customers")
        await exports.ask(ACTOR, user, wish)
