"""The command line, as an operator meets it: in a process of its own, beside a running database."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from oss.access import accounts, nas
from oss.base import audit, audit_chain, db, migrations, secrets
from oss.base.config import Config
from oss.base.sealing import open_sealer
from oss.staff import one_time, router_password, tokens, users
from tests.conftest import TESTER, renamed, small_provider

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
PASSPHRASE = "frase secreta do cofre"
WHOLE_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Milha:
    """``milha`` with an environment of its own."""

    env: dict[str, str]

    async def __call__(self, *arguments: str, typed: str = "", **env: str) -> Told:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MILHA_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "oss", *arguments),
            cwd=ROOT,
            env={**clean, **self.env, **env},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(typed.encode()), WHOLE_MINUTE_S)
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        return Told(process.returncode, out.decode(), err.decode())


@pytest.fixture
def milha(settings: Config, dsn: str) -> Milha:
    return Milha({"MILHA_DATA_DIR": str(settings.data_dir), "MILHA_DATABASE_URL": dsn, "MILHA_LOG_LEVEL": "warning"})


@pytest_asyncio.fixture(loop_scope="session")
async def empty(server: str) -> AsyncIterator[str]:
    """A database without any table."""
    name = f"milha_cli_{os.getpid()}"
    connection = await db.connect(server)
    await connection.execute(f"create database {name}")
    yield renamed(server, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


# ------------------------------------------------------------ mistakes


async def test_a_wrong_configuration_lists_all_mistakes_at_once_and_exits_2() -> None:
    wrong = {"MILHA_WEB_PORT": "http", "MILHA_LOG_FORMAT": "xml", "MILHA_RADIUS_HOST": "here", "MILHA_TYPO": "x"}
    told = await Milha(wrong)("check", MILHA_DATABASE_URL="postgresql://u:hunter2@db:port/milha")
    assert told.status == 2 and told.out == "" and "hunter2" not in told.err
    lines = told.err.splitlines()
    assert lines[0] == "milha: the configuration has mistakes:"
    assert sorted(re.findall(r"^  MILHA_(\w+)", told.err, re.MULTILINE)) == [
        *("DATABASE_URL", "LOG_FORMAT", "RADIUS_HOST", "TYPO", "WEB_PORT"),
    ]
    assert len(lines) == 6


@pytest.mark.parametrize("arguments", [(), ("dance",), ("token", "add"), ("serve", "--only", "web,chess")])
async def test_a_command_that_is_none_exits_2(arguments: tuple[str, ...]) -> None:
    told = await Milha({})(*arguments)
    assert told.status == 2 and told.err and "Traceback" not in told.err


async def test_a_database_that_is_away_is_told_in_one_line(milha: Milha) -> None:
    told = await milha("check", MILHA_DATABASE_URL="postgresql://milha@127.0.0.1:1/milha")
    assert told.status == 1 and told.err.startswith("milha: ") and len(told.err.splitlines()) == 1


# ------------------------------------------------------------ the schema


async def test_migrate_makes_the_schema_once(milha: Milha, empty: str) -> None:
    first, second = [await milha("migrate", MILHA_DATABASE_URL=empty) for _ in range(2)]
    assert (first.status, first.out) == (0, f"applied {', '.join(migrations.shipped())}\n")
    assert (second.status, second.out) == (0, "schema is up to date\n")


async def test_a_schema_newer_than_the_code_is_refused(milha: Milha, dsn: str) -> None:
    connection = await db.connect(dsn)
    await connection.execute("insert into aerich (version, app, content) values ('999_later.py', 'milha', '{}')")
    await connection.close()
    told = await milha("check")
    assert told.status == 1 and "999_later.py" in told.err and "newer Milha" in told.err


async def test_check_tells_what_is_sound_and_what_is_not(milha: Milha, dsn: str, settings: Config) -> None:
    connection = await db.connect(dsn)
    for number in range(3):
        await audit.note(connection, TESTER, "thing.changed", "thing", number)
    async with connection.transaction():
        seq, digest = await audit_chain.seal(connection) or (0, b"")
    (settings.data_dir / "audit.head").write_text(f"{seq} {digest.hex()}\n")
    told = await milha("check")
    assert told.status == 0 and re.search(r"audit chain +whole\n", told.out)
    assert re.search(r"sealing key +fits the database", told.out) and "0 logins, 0 NAS, 0 dead jobs" in told.out
    await connection.execute("alter table audit disable trigger all; delete from audit where seq = 3")
    told = await milha("check")
    assert told.status == 1 and "CUT OFF" in told.out
    await connection.execute("delete from audit where seq = 1")
    told = await milha("check")
    assert told.status == 1 and "BROKEN at 1" in told.out
    await connection.close()


async def test_another_installations_key_is_refused(milha: Milha, settings: Config, dsn: str) -> None:
    await open_sealer(settings, dsn)
    (settings.data_dir / "sealing.key").unlink()
    told = await milha("check")
    assert told.status == 1 and told.err.startswith("milha: The sealing key does not open")


# ------------------------------------------------------------ people and tokens


async def test_a_token_is_made_listed_and_revoked_beside_a_running_milha(milha: Milha, database: str) -> None:
    told = await milha("token", "add", "grafana", "--role", "noc", "--days", "30")
    assert told.status == 0 and told.err == ""
    token = told.out.strip()
    found = await tokens.find(token)
    assert found is not None and found.name == "grafana" and "nas.write" in found.permissions
    listed = await milha("token", "list")
    assert listed.status == 0 and "grafana" in listed.out and token not in listed.out and "until 20" in listed.out
    assert (await milha("token", "revoke", str(found.token_id))).status == 0
    assert await tokens.find(token) is None and "revoked" in (await milha("token", "list")).out
    again = await milha("token", "revoke", str(found.token_id))
    assert (again.status, again.err) == (1, "milha: There is no such token.\n")
    actors = await db.fetch("select distinct actor from audit where object = 'api_token'")
    assert len(actors) == 1 and actors[0]["actor"].startswith("cli:")


async def test_a_token_for_no_days_is_refused(milha: Milha, database: str) -> None:
    told = await milha("token", "add", "x", "--days", "0")
    assert told.status == 1 and "days" in told.err and await db.fetchval("select count(*) from api_token") == 0


async def test_a_command_uses_the_embedded_database_that_runs(server: str, quick_tmp: Path) -> None:
    """Without MILHA_DATABASE_URL it is the server of the data folder, here that of these tests."""
    if os.environ.get("MILHA_TEST_DATABASE_URL"):
        env = {"MILHA_DATA_DIR": str(quick_tmp), "MILHA_DATABASE_URL": server}
    else:
        env = {"MILHA_DATA_DIR": str(quick_tmp)}
    told = await Milha(env)("token", "add", "beside")
    connection = await db.connect(server)
    assert told.status == 0 and told.out.startswith("mil_"), told.err
    assert await connection.fetchval("select count(*) from api_token where name = 'beside'") == 1
    await connection.close()


async def test_a_user_is_made_with_a_password_from_standard_input(milha: Milha, database: str) -> None:
    told = await milha("user", "add", "Ana", "--name", "Ana Prova", "--role", "finance", typed=PASSWORD + "\n")
    assert (told.status, told.out) == (0, "user Ana may sign in as finance\n")
    found = await users.check("ana", PASSWORD)
    assert found is not None and (found.name, found.role) == ("Ana Prova", "finance")


async def test_a_bad_user_is_told_what_is_wrong(milha: Milha, database: str) -> None:
    told = await milha("user", "add", "ana", typed="short\n")
    assert told.status == 1 and "password at least 10 characters" in told.err
    assert await db.fetchval("select count(*) from staff_user") == 0


async def test_a_password_may_be_set_on_the_server_and_ends_the_persons_sessions(milha: Milha, database: str) -> None:
    async with db.transaction() as connection:
        ana = await users.add(connection, TESTER, "ana", "", PASSWORD, "admin")
        sql = "insert into web_session (sid_hash, user_id, data, expires_at) values ('x', $1, '{}', now() + $2)"
        await connection.execute(sql, ana, timedelta(hours=1))
    told = await milha("user", "password", "ana", typed="girassol lento e torto\n")
    assert told.status == 0 and "user ana has the new password" in told.out
    assert await users.check("ana", "girassol lento e torto") and await users.check("ana", PASSWORD) is None
    assert await db.fetchval("select count(*) from web_session") == 0
    assert (await milha("user", "password", "ana", typed="short\n")).status == 1
    assert (await milha("user", "password", "nobody", typed="girassol lento e torto\n")).status == 1


async def test_an_empty_installation_gives_a_link_to_its_first_user(milha: Milha, database: str) -> None:
    told = await milha("setup-link", MILHA_PUBLIC_URL="https://isp.example")
    assert told.status == 0 and re.fullmatch(r"https://isp\.example/setup/[\w-]{32}\n", told.out)
    async with db.transaction() as connection:
        assert await connection.fetchval("select count(*) from setup_link") == 1
        await users.add(connection, TESTER, "ana", "", PASSWORD, "admin")
    told = await milha("setup-link")
    assert told.status == 1 and "already" in told.out


# ------------------------------------------------------------ keys and backups


async def test_a_new_key_seals_every_secret_again(milha: Milha, database: str, settings: Config) -> None:
    before = await open_sealer(settings, database)
    async with db.transaction() as connection:
        await small_provider(connection, before, count=2)
        ana = await users.add(connection, TESTER, "ana", "", PASSWORD, "admin")
        kept = [await one_time.begin(connection, before, ana)]
        kept.append(await router_password.renew(connection, before, TESTER, ana))
        await users.add(connection, TESTER, "bea", "", PASSWORD, "admin")
    told = await milha("key", "rotate")
    assert told.status == 0 and told.out.startswith("5 secrets sealed again")
    sealer = secrets.load(settings.data_dir)
    places = ((accounts.TABLE, "select id, password_sealed from access_account"),)
    places += ((nas.TABLE, "select id, secret_sealed from nas"),)
    places += ((one_time.TABLE, "select id, totp_sealed from staff_radius"),)
    places += ((router_password.TABLE, "select id, password_sealed from staff_radius"),)
    opened = []
    for place, sql in places:
        for row_id, sealed in await db.fetch(sql):
            assert sealer.is_current(sealed)
            opened.append(sealer.open(sealed, f"{place}/{row_id}"))
    assert sorted(opened) == sorted([b"pw1", b"pw2", b"testing123", *(one.encode() for one in kept)])
    assert (await open_sealer(settings, database)).current == sealer.current != before.current


async def test_the_keys_are_shown_by_name_and_use_and_a_new_one_is_printed(
    milha: Milha, database: str, settings: Config
) -> None:
    sealer = await open_sealer(settings, database)
    async with db.transaction() as connection:
        await small_provider(connection, sealer, count=2)
    told = await milha("key", "show")
    assert told.status == 0 and re.search(rf"^{sealer.current} +seals +3 values$", told.out, re.M), told
    new = (await milha("key", "new")).out
    assert secrets.from_text(new).current != sealer.current
    await db.execute("update nas set secret_sealed = 'v1:00000000:x:y'")
    lost = await milha("key", "show")
    assert lost.status == 1 and re.search(r"^00000000 +MISSING +1 values$", lost.out, re.M), lost
    refused = await milha("key", "rotate")
    assert refused.status == 1 and "nas/secret_sealed/" in refused.err and sealer.current not in refused.out


async def test_new_passwords_are_kept_as_the_operator_says(milha: Milha, database: str, settings: Config) -> None:
    sealer = await open_sealer(settings, database)
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, count=2)
    told = await milha("accounts", "passwords", "--keep", "hashed")
    assert told.status == 0 and re.search(r"^hashed +0 logins +PAP +new passwords$", told.out, re.M), told
    async with db.transaction() as connection:
        await accounts.add(connection, sealer, TESTER, seed.contracts[0], "nova", "segredo")
    assert re.search(r"^hashed +1 logins", (await milha("accounts", "passwords")).out, re.M)
    exported = await milha("accounts", "export", str(settings.data_dir / "all.csv"), "--with-passwords")
    assert exported.status == 0
    text = (settings.data_dir / "all.csv").read_text()
    assert "nova,," in text and "cli1,pw1," in text, "a hash is of no use to another system"


async def test_a_backup_is_brought_back_elsewhere(
    milha: Milha, database: str, settings: Config, empty: str, tmp_path: Path
) -> None:
    sealer = await open_sealer(settings, database)
    async with db.transaction() as connection:
        await small_provider(connection, sealer, count=3)
    file = tmp_path / "milha.backup"
    told = await milha("backup", str(file), MILHA_BACKUP_PASSPHRASE=PASSPHRASE)
    assert told.status == 0 and str(file) in told.out, told.err
    elsewhere = dataclasses.replace(settings, data_dir=tmp_path / "elsewhere", database_url=empty)
    other = Milha({"MILHA_DATA_DIR": str(elsewhere.data_dir), "MILHA_DATABASE_URL": empty})
    refused = await other("restore", str(file), typed="a wrong passphrase\n")
    assert refused.status == 1 and refused.err.startswith("milha: ")
    told = await other("restore", str(file), typed=PASSPHRASE + "\n")
    assert told.status == 0, told.err
    told = await other("check")
    assert told.status == 0 and "3 logins, 1 NAS" in told.out


async def test_a_short_passphrase_is_refused(milha: Milha, tmp_path: Path) -> None:
    told = await milha("backup", str(tmp_path / "x"), typed="short\n")
    assert told.status == 1 and "at least 8 characters" in told.err and not (tmp_path / "x").exists()


# ------------------------------------------------------------ purge


async def test_a_dry_run_tells_and_a_purge_takes_what_is_old(milha: Milha, database: str) -> None:
    await db.execute("insert into nas_knock values ('old', 1, now(), now() - interval '40 days'), "
                     "('young', 1, now(), now())")  # fmt: skip
    dry = await milha("purge", "--dry-run")
    assert dry.status == 0 and re.search(r"^nas_knock +2 .* 30 days +1 rows", dry.out, re.M), dry
    assert re.search(r"^session_history +0 .* 400 days +nothing", dry.out, re.M)
    assert await db.fetchval("select count(*) from nas_knock") == 2
    done = await milha("purge", "--subject", "nas_knock")
    assert done.status == 0 and re.search(r"^nas_knock +[\d-]{10} +1$", done.out, re.M), done
    assert "auth_log" not in done.out
    assert await db.fetchval("select ip from nas_knock") == "young"
    assert (await db.fetchval("select actor from audit where action = 'retention.purged'")).startswith("cli:")


async def test_a_purge_of_what_is_never_purged_is_refused(milha: Milha, dsn: str) -> None:
    told = await milha("purge", "--subject", "audit")
    assert told.status == 1 and "no kind of record audit" in told.err and "auth_log" in told.err
