"""``milha import`` and ``milha accounts`` as an operator meets them."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from oss.base import db
from oss.base.config import Config
from oss.base.sealing import open_sealer
from tests.conftest import COPY, renamed, small_provider
from tests.oss.access.imports.radius_tables import clear, fill, members, radius_database

from .test_commands import Milha

CNPJ = ("--new-company", "Prova", "11.222.333/0001-81")


@pytest.fixture
def milha(settings: Config, dsn: str) -> Milha:
    return Milha({"MILHA_DATA_DIR": str(settings.data_dir), "MILHA_DATABASE_URL": dsn, "MILHA_LOG_LEVEL": "warning"})


@pytest_asyncio.fixture(loop_scope="session")
async def radius(server: str) -> AsyncIterator[str]:
    """A small FreeRADIUS: ana and bia with plans, caio with a hash."""
    async with radius_database(server) as (dsn, connection):
        await clear(connection, "ana", "bia")
        await fill(connection, "radcheck", ("caio", "MD5-Password", ":=", "0cc175b9"))
        await fill(connection, "radgroupreply", ("Fibra", "Mikrotik-Rate-Limit", ":=", "10M/20M"))
        await members(connection, ("ana", "Fibra", 1), ("bia", "Fibra", 1))
        yield dsn


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(server: str, template: str, open_tmp: Path) -> AsyncIterator[Milha]:
    """Another installation, empty."""
    name = f"{template}_elsewhere"
    connection = await db.connect(server)
    await connection.execute(COPY.format(name, template))
    folder = open_tmp / name
    yield Milha({"MILHA_DATA_DIR": str(folder), "MILHA_DATABASE_URL": renamed(server, name)})
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def test_a_freeradius_is_rehearsed_and_taken_over(
    milha: Milha, database: str, radius: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    command = ("import", "freeradius", "--dsn", radius, *CNPJ, "--report", str(report))
    dry = await milha(*command, "--dry-run")
    assert dry.status == 0 and dry.out.startswith("Dry run: nothing was changed.\n"), dry.err
    assert await db.fetchval("select count(*) from company") == 0 and json.loads(report.read_text())["dry_run"]
    wet = await milha(*command)
    assert wet.status == 0 and "2 logins" in wet.out and "MD5-Password" in wet.out and "[caio]" in wet.out
    assert wet.out == dry.out.partition("\n")[2] and "2 of 2 logins" in wet.err and "0cc175b9" not in wet.out
    told = json.loads(report.read_text())
    assert told["taken"]["logins"] == 2 and not told["dry_run"]
    assert [row[0] for row in await db.fetch("select cnpj from company")] == ["11222333000181"]
    again = await milha(*command)
    assert again.status == 0 and "2 logins\n" in again.out.partition("left alone")[2]


async def test_a_folder_of_files_will_do(milha: Milha, database: str, tmp_path: Path) -> None:
    (tmp_path / "radcheck.csv").write_text("username\tattribute\top\tvalue\nana\tUser-Password\t:=\tx\n")
    told = await milha("import", "freeradius", "--csv-dir", str(tmp_path), *CNPJ, "--speed", "50M")
    assert told.status == 0, told.err
    assert await db.fetchval("select down_kbps from plan") == 50_000


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--csv-dir", "/nowhere"), "no folder"),
        (("--dsn", "mysql://localhost/radius"), "--csv-dir"),
        (("--dsn", "postgresql://a:hunter2@127.0.0.1:1/radius"), ""),
        (("--csv-dir", ".", "--speed", "fast"), "--speed: is written like 300M/150M"),
        (("--csv-dir", ".", "--due-day", "31"), "--due-day: must be between 1 and 28"),
        (("--csv-dir", ".", "--since", "now"), "--since: is written like 2026-01-31"),
    ],
)
async def test_what_cannot_begin_says_why(milha: Milha, arguments: tuple[str, ...], wrong: str) -> None:
    told = await milha("import", "freeradius", *arguments, *CNPJ)
    assert told.status == 1 and wrong in told.err and "hunter2" not in told.err and "Traceback" not in told.err


async def test_contracts_want_a_company(milha: Milha, database: str, radius: str) -> None:
    command = ("import", "freeradius", "--dsn", radius)
    none = await milha(*command)
    assert none.status == 1 and "--new-company" in none.err
    wrong = await milha(*command, "--new-company", "Prova", "11222333000180")
    assert wrong.status == 1 and "cnpj" in wrong.err
    sql = "insert into company (name, legal_name, cnpj, zone) values ($1, $1, $2, 'America/Sao_Paulo') returning id"
    first, _ = [await db.fetchval(sql, f"C{n}", f"{n:012}00") for n in (1, 2)]
    several = await milha(*command)
    assert several.status == 1 and f"{first} C1" in several.err
    assert (await milha(*command, "--company", str(first + 99))).status == 1
    assert (await milha(*command, "--company", str(first))).status == 0
    assert {row[0] for row in await db.fetch("select company_id from contract")} == {first}


async def test_accounts_go_out_and_come_back_the_same_elsewhere(
    milha: Milha, elsewhere: Milha, database: str, settings: Config, tmp_path: Path
) -> None:
    sealer = await open_sealer(settings, database)
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, count=5)
        await connection.execute(
            "update customer set name = '=cmd()', document = '00012345678' where id = $1", seed.customers[0]
        )
        odd = """[["Framed-Route", "10.0.0.0/8"], ["Reply-Message", "-1;\\n"]]"""
        await connection.execute(
            "update access_account set reply = $1::jsonb, enabled = false where login = 'cli2'", odd
        )
    first, second, excel = (tmp_path / name for name in ("first.csv", "second.csv", "excel.csv"))
    told = await milha("accounts", "export", str(first), "--with-passwords")
    assert told.status == 0 and told.out == f"5 logins written to {first}\n", told.err
    assert stat.S_IMODE(first.stat().st_mode) == 0o600 and "pw3" in first.read_text() and "'=cmd()" in first.read_text()
    noted = await db.fetchrow("select actor, detail::text from audit where action = 'accounts.exported'")
    assert noted["actor"].startswith("cli:") and json.loads(noted["detail"]) == {"count": 5, "with_passwords": True}
    same = await milha("accounts", "import", str(first), "--update")
    assert same.status == 0 and {line.split()[0] for line in same.out.splitlines()} == {"0"}, same.err
    command = ("accounts", "import", str(first), *CNPJ, "--speed", "500M/250M")
    assert (await elsewhere(*command, "--dry-run")).status == 0
    assert (await elsewhere("accounts", "export")).out.count("\n") == 1
    come = await elsewhere(*command)
    assert come.status == 0 and "5 logins made" in come.out, come.err
    assert (await elsewhere("accounts", "export", str(second), "--with-passwords")).status == 0
    assert second.read_bytes() == first.read_bytes()
    assert (await elsewhere("accounts", "export", str(excel), "--excel", "--with-passwords")).status == 0
    assert excel.read_bytes().startswith(b"\xef\xbb\xbflogin;password;")
    again = await milha("accounts", "import", str(excel), "--update")
    assert again.status == 0 and {line.split()[0] for line in again.out.splitlines()} == {"0"}, again.err


async def test_an_export_holds_no_password_unless_asked_for(
    milha: Milha, database: str, settings: Config, tmp_path: Path
) -> None:
    sealer = await open_sealer(settings, database)
    async with db.transaction() as connection:
        await small_provider(connection, sealer, count=2)
    told = await milha("accounts", "export")
    assert told.status == 0 and "cli2" in told.out and "pw2" not in told.out
    refused = await milha("accounts", "export", "--with-passwords")
    assert refused.status == 1 and "name a file" in refused.err and "pw2" not in refused.out
    assert await db.fetchval("select count(*) from audit where action = 'accounts.exported'") == 1


async def test_a_file_with_a_mistake_changes_nothing(milha: Milha, database: str, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("login,password,plan,customer\nana,x,Fibra,Ana\nbia,,Fibra,Bia\ntwo words,x,Fibra,Caio\n")
    told = await milha("accounts", "import", str(file), *CNPJ, "--speed", "1M")
    assert told.status == 1 and told.out == ""
    assert told.err.splitlines() == [
        "line 3: login bia is new: it needs a password",
        "line 4: login: 1 to 128 characters without spaces",
        "milha: 2 mistakes; nothing was changed",
    ]
    assert await db.fetchval("select (select count(*) from company) + (select count(*) from plan)") == 0
    file.write_bytes(b"login\njo\xe3o\n")
    told = await milha("accounts", "import", str(file), *CNPJ)
    assert told.status == 1 and "not UTF-8" in told.err
