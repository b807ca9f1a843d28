"""The demo provider: 200 subscribers, 6 plans, 2 NAS, made with a fixed seed; and the lab that dials them.

demo001-demo179 are in good standing, demo180-demo194 overdue (slowed or walled; demo182 cut off), demo195-demo200
blocked by hand.
The lab dials all but a few that are left for a person to try.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from billing import dunning, invoices, payments
from oss import demo_logins, demo_network
from oss.access import accounts, certificate_authority, certificates, holds
from oss.access.nas import NasValues
from oss.access.nas import save as save_nas
from oss.base import audit, clock, db, settings
from oss.base.config import Config
from oss.base.secrets import Sealer
from oss.contracts import lifecycle, plans
from oss.crm import customers
from oss.staff import users

ACTOR = audit.Actor("system:demo")
SECRET = "testing123"
SERVER_NAME = "radius.milha.example"
TRAP_PORT, STANDARD_TRAPS = 10162, 162
MAIL_DOMAIN = "milha.example"
NAS = (("BNG-LAV-1", "127.0.0.1"), ("BNG-VGA-1", "127.0.0.2"))
PEOPLE = (
    ("admin", "Tainá Brandão", "admin"),
    ("noc", "Ravi Peçanha", "noc"),
    ("caixa", "Ícaro Munhoz", "attendant"),
)
# What the lab dials from which NAS; demo001-demo010, demo180-demo182 and demo195 are left for a person to try.
DIALLED: tuple[str, ...] = (
    "demo:011-095:BNG-LAV-1",
    "demo:096-179:BNG-VGA-1",
    "demo:183-188:BNG-LAV-1",
    "demo:189-194:BNG-VGA-1",
)
DIALLED += ("demo:196-200:BNG-VGA-1",)
PLANS = (
    ("Fibra 100", 100, 50, 7990),
    ("Fibra 300", 300, 150, 9990),
    ("Fibra 500", 500, 250, 10990),
    ("Fibra 700", 700, 350, 12990),
    ("Fibra 1 Giga", 1000, 500, 15990),
    ("Empresa 600", 600, 600, 29990),
)
FIRST = [
    "Marlene",
    "Joaquim",
    "Tereza",
    "Everaldo",
    "Nayara",
    "Otávio",
    "Cícera",
    "Benedito",
    "Ivone",
    "Rubens",
    "Jandira",
    "Anselmo",
    "Dirce",
    "Valmir",
    "Luzia",
    "Genésio",
    "Íris",
    "Osmar",
    "Neide",
    "Hélio",
    "Zuleica",
    "Adair",
    "Márcia",
    "Jussara",
    "Edson",
    "Lourdes",
    "Wesley",
    "Tânia",
    "Sebastião",
    "Aparecida",
    "Davi",
    "Heloísa",
    "Gael",
    "Noêmia",
    "Rosângela",
    "Ubirajara",
    "Yasmin",
    "Caetano",
    "Iracema",
    "Leôncio",
]
LAST = [
    "Penedo",
    "Figueirôa",
    "Arantes",
    "Fagundes",
    "Montanha",
    "Leitão",
    "Vilas-Boas",
    "Barcelar",
    "Camargos",
    "Teodoro",
    "Salgueiro",
    "Sant'Anna",
    "Rezende",
    "Quintela",
    "Roldão",
    "Bicalho",
    "Mourão",
    "Coutinho",
    "Guedes",
    "Carvalhal",
    "Tavares",
    "Pimentel",
    "Munhoz",
    "Brandão",
    "Peçanha",
    "Lima",
    "Nogueira",
    "Antunes",
    "Siqueira",
    "Valadares",
]
STREETS = (
    "Rua do Ipê",
    "Rua das Acácias",
    "Avenida Serra Azul",
    "Rua Padre Ângelo",
    "Travessa do Moinho",
    "Rua Sete Lagoas",
)
CITIES = ("Lavras", "Varginha", "Três Corações", "Nepomuceno")
LADDER = ((-3, "notice"), (1, "notice"), (5, "reduce"), (15, "wall"), (45, "cut"))


def login(number: int) -> str:
    """``demo001`` ... ``demo200``."""
    return f"demo{number:03d}"


def password_of(person: str) -> str:
    """The demo's staff passwords; nothing like it exists outside the demo."""
    return f"{person}-milha-demo"


async def seed(connection: db.Connection, sealer: Sealer, config: Config) -> None:
    """Fill an empty database, in one transaction."""
    chance = random.Random(20261123)
    company = await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ($1, $2, $3, $4) returning id",
        "Serra Azul Fibra",
        "Serra Azul Telecomunicações Ltda",
        "11222333000181",
        config.zone,
    )
    for person, name, role in PEOPLE:
        user_id = await users.add(connection, ACTOR, person, name, password_of(person), role)
        await users.set_email(connection, user_id, f"{person}@{MAIL_DOMAIN}")
    for name, network in NAS:
        values = NasValues(name, network, secret=SECRET, coa_port=config.lab_coa_port, interim_s=30)
        await save_nas(connection, sealer, ACTOR, values)
    for day, action in LADDER:
        await connection.execute(
            "insert into dunning_step (company_id, day, action) values ($1, $2, $3)", company, day, action
        )
    await settings.write(connection, ACTOR, "dunning.brake_share", 0.10)
    plan_ids = [
        await plans.save(connection, ACTOR, plans.PlanValues(name, down * 1000, up * 1000, cents))
        for name, down, up, cents in PLANS
    ]
    for number in range(1, 201):
        await _subscriber(connection, sealer, chance, company, plan_ids, number)
    await demo_network.draw(connection, sealer, config.lab_snmp_port, config.lab_cli_port)
    await dunning.look(connection, brake=False)
    await _yesterday(connection, chance, config.node)


async def _yesterday(connection: db.Connection, chance: random.Random, node: str) -> None:
    """A day of logins and sessions before the first start, so that the curves have something to say."""
    now = clock.now().replace(second=0, microsecond=0)
    refusals = demo_logins.refusals(chance, now)
    refused, accepted = demo_logins.per_minute(refusals), []
    rows = []
    for back in range(1, 24 * 60):
        at = now - timedelta(minutes=back)
        evening = math.sin((at.hour + at.minute / 60 - 15) / 24 * 2 * math.pi)
        online = round(174 + 7 * evening + chance.uniform(-1, 1))
        logins = [at + timedelta(seconds=chance.uniform(0, 59)) for _ in range(chance.randrange(0, 3))]
        rows.append((node, at, len(logins), refused[at], chance.randrange(60, 160), online))
        accepted += logins
    columns = ["node", "minute", "accepts", "rejects", "p99_us", "online"]
    await connection.copy_records_to_table("auth_minute", records=rows, columns=columns)
    dialled = [login(number) for number in (*range(11, 180), *range(183, 195))]
    await demo_logins.write(connection, chance, refusals, accepted, dialled)


async def _subscriber(
    connection: db.Connection,
    sealer: Sealer,
    chance: random.Random,
    company: int,
    plan_ids: list[int],
    number: int,
) -> None:
    customer = await customers.add(connection, ACTOR, _person(chance))
    plan = chance.choices(range(6), weights=(10, 25, 30, 20, 10, 5))[0]
    today = clock.today("America/Sao_Paulo")
    contract = await lifecycle.start(
        connection,
        ACTOR,
        company_id=company,
        customer_id=customer,
        plan_id=plan_ids[plan],
        due_day=chance.choice((5, 10, 15, 20, 25)),
        started_on=today - timedelta(days=chance.randrange(120, 2000)),
    )
    await accounts.add(connection, sealer, ACTOR, contract, login(number), f"{login(number)}pw")
    await _invoices(connection, chance, contract, PLANS[plan], number, today)
    if number >= 195:
        note = chance.choice(("Equipamento em disputa", "Endereço não confere", "Pedido da diretoria"))
        await holds.place(connection, ACTOR, [contract], "manual", "cut", note)


def _person(chance: random.Random) -> customers.NewCustomer:
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)} {chance.choice(LAST)}"
    digits = [chance.randrange(10) for _ in range(9)]
    for _ in range(2):
        total = sum(d * w for d, w in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
        digits.append(0 if (total * 10 % 11) == 10 else total * 10 % 11)
    return customers.NewCustomer(
        name=name,
        document="".join(map(str, digits)),
        email=customers.search_key(name).replace(" ", ".").replace("'", "") + "@example.com",
        phone=f"359{chance.randrange(10**7, 10**8)}",
        street=f"{chance.choice(STREETS)}, {chance.randrange(1, 900)}",
        city=chance.choice(CITIES),
        state="MG",
    )


async def _invoices(
    connection: db.Connection,
    chance: random.Random,
    contract: int,
    plan: tuple[str, int, int, int],
    number: int,
    today: date,
) -> None:
    """Two paid months and an open one; the open one of demo180-demo194 is overdue."""
    overdue = 180 <= number <= 194
    late = 6 + (number - 180) if number < 188 else 17 + (number - 188)
    late = 52 if number == 182 else late
    due = today - timedelta(days=late) if overdue else today + timedelta(days=chance.randrange(2, 25))
    for back in (2, 1, 0):
        due_on = due - timedelta(days=30 * back)
        invoice = await invoices.issue(
            connection,
            ACTOR,
            contract_id=contract,
            period_from=due_on - timedelta(days=30),
            period_to=due_on - timedelta(days=1),
            issued_on=due_on - timedelta(days=10),
            due_on=due_on,
            amount_cents=plan[3],
            explanation=f"Mensalidade. {plan[0]}",
        )
        if back:
            paid = min(due_on + timedelta(days=chance.randrange(-4, 3)), today)
            at = clock.now() - (today - paid) - timedelta(minutes=chance.randrange(600))
            await payments.register(
                connection,
                ACTOR,
                invoice_id=invoice,
                amount_cents=plan[3],
                method=chance.choice(("pix", "pix", "boleto", "card")),
                received_at=at,
            )


async def keep_in_order(connection: db.Connection) -> None:
    """On later days: who is to be in good standing has paid what came due meanwhile."""
    rows = await connection.fetch(
        "select i.id, i.amount_cents - i.paid_cents as owed from invoice i "
        "join access_account a on a.contract_id = i.contract_id "
        "where i.status = 'open' and i.due_on < current_date and a.login <= 'demo179' and a.login like 'demo%'"
    )
    for row in rows:
        await payments.register(connection, ACTOR, invoice_id=row["id"], amount_cents=row["owed"], method="pix")


async def prepare(sealer: Sealer, config: Config) -> None:
    """Seed an empty database, or bring an older demo up to today; and certificates, so that EAP works."""
    await asyncio.to_thread(_certificates, certificates.folder_of(config.data_dir))
    async with db.transaction() as connection:
        if await connection.fetchval("select 1 from company limit 1") is None:
            await seed(connection, sealer, config)
        else:
            await connection.execute(
                "update nas set coa_port = $1 where network in ('127.0.0.1', '127.0.0.2') and coa_port <> $1",
                config.lab_coa_port,
            )
            if await connection.fetchval("select 1 from site limit 1") is None:  # a demo older than the inventory
                await demo_network.draw(connection, sealer, config.lab_snmp_port, config.lab_cli_port)
            await demo_network.keep_ports(connection, sealer, config.lab_snmp_port, config.lab_cli_port)
            await keep_in_order(connection)


def _certificates(folder: Path) -> None:
    """Made once, and again when they are about to end: a demo is left lying for years."""
    found = certificates.held(folder)
    if not found:
        certificate_authority.establish(folder, SERVER_NAME)
    elif any(certificates.alarm(one.expires_at, clock.now()) for one in found):
        certificate_authority.establish(folder, SERVER_NAME, force=True)


@asynccontextmanager
async def lab(config: Config) -> AsyncIterator[asyncio.subprocess.Process]:
    """The lab in a process of its own: two NAS that dial, send interims, and obey CoA on their own port; and a network
    that answers SNMP and breaks on command."""
    arguments = [sys.executable, "-m", "oss.lab", "--die-with-parent", "--interim-s", "30", "--seed", "7"]
    for name, address in NAS:
        arguments += ["--nas", f"{name}={address},{SECRET},{config.lab_coa_port}"]
    arguments += ["--auth", f"{config.radius_host}:{config.radius_auth_port}"]
    arguments += ["--acct", f"{config.radius_host}:{config.radius_acct_port}"]
    arguments += ["--control", f"127.0.0.1:{config.lab_control_port}"]
    arguments += ["--network", "demo", "--snmp-port", str(config.lab_snmp_port)]
    arguments += ["--cli-port", str(config.lab_cli_port), "--behind", "demo:001-200"]
    arguments += ["--cli-latency", "0.1"]
    if config.trap_port:
        arguments += ["--traps", f"{config.trap_host}:{config.trap_port}"]
    for lines in DIALLED:
        arguments += ["--dial", lines]
    # Unsigned, as older RouterOS is: what a person sends from 127.0.0.1 decides what that NAS must do from then on.
    arguments += ["--sign-after-silence", "--ledger", str(config.data_dir / "lab-ledger.jsonl")]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def for_demo(config: Config) -> Config:
    """What a demo has instead of the real world: mails in a folder, and a trap port that anybody may have."""
    return with_mails(replace(config, trap_port=TRAP_PORT) if config.trap_port == STANDARD_TRAPS else config)


def with_mails(config: Config) -> Config:
    """The demo's e-mails go into a folder, unless a mail server is configured: nobody there has a mailbox."""
    if config.smtp_url:
        return config
    folder = (config.data_dir / "mails").resolve()
    return replace(config, smtp_url=folder.as_uri(), mail_from=f"Milha <console@{MAIL_DOMAIN}>")


def _how_to_break(config: Config) -> list[str]:
    """The network's lines of the welcome."""
    olt, pon = demo_network.FULL_PON
    order = (
        "milha lab network"
        if config.lab_control_port == 3790
        else (f"milha lab network --control 127.0.0.1:{config.lab_control_port}")
    )
    return [
        "  Cut a fibre with 64 customers on it, and repair it (milha lab network alone tells what else can break):",
        f"    .venv/bin/{order} cut-fibre {olt} {pon}",
        f"    .venv/bin/{order} repair {olt} {pon}",
        "  Two ONUs wait to be authorised in Lavras, of demo009 and demo010; put another on a fibre:",
        f"    .venv/bin/{order} plug OLT-VGA-1 3 demo001",
    ]


def welcome(config: Config) -> str:
    """What ``make demo`` prints when it is ready."""
    lines = ["", f"  Milha demo · {config.public_url}", ""]
    lines += [f"  {person:6} {password_of(person):20} {role}" for person, _, role in PEOPLE]
    lines += [
        "",
        f"  200 subscribers demo001 ... demo200, passwords demo001pw ...; NAS {NAS[0][1]}, secret {SECRET}",
        "  Try one (needs freeradius-utils):",
        f"    echo 'User-Name=demo001,User-Password=demo001pw,Message-Authenticator=0x00' | "
        f"radclient -x {config.radius_host}:{config.radius_auth_port} auth {SECRET}",
        f"  EAP (PEAP, TTLS, TLS): trust {certificates.folder_of(config.data_dir) / certificates.AUTHORITY}, "
        f"server name {SERVER_NAME}",
        f"  API: {config.public_url}/api/v1/docs · token: .venv/bin/milha --demo token add me --role admin",
        f"  E-mails (invitations, forgotten passwords): {config.data_dir / 'mails'}",
        *_how_to_break(config),
        "  Ctrl-C stops; the next start keeps the data, make demo RESET=1 starts over.",
        "",
    ]
    return "\n".join(lines)
