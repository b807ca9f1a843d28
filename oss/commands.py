"""The commands of ``milha`` beside serve and demo: each opens the database, does one thing, and says what it did.

They work beside a running process, on its database; where none runs they start it for the moment.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from oss.access import certificates
from oss.app import register_features
from oss.base import audit, audit_chain, backup, clock, db, migrations, retention, retention_survey, retention_tables
from oss.base import purge as purging
from oss.base.config import Config
from oss.base.postgres import database_for
from oss.base.problems import NotFound
from oss.base.sealing import open_sealer
from oss.staff import passwords, recovery, tokens, users

A_DAY_S = 86_400.0
CLI = audit.Actor(f"cli:{os.environ.get('USER') or os.geteuid()}")


@asynccontextmanager
async def opened(config: Config, name: str = "milha-cli") -> AsyncIterator[str]:
    """The database with its schema up to date and the pool open.

    Open it before the sealing key: a rotation waits for commands that began before it (`oss.base.rotation`).
    """
    async with database_for(config.data_dir, config.database_url) as dsn:
        await migrations.migrate(dsn)
        async with db.database(dsn, pool=2, name=name):
            yield dsn


async def migrate(config: Config, options: argparse.Namespace) -> int:
    """Bring the schema up to date."""
    async with database_for(config.data_dir, config.database_url) as dsn:
        versions = await migrations.migrate(dsn)
    print("schema is up to date" if not versions else "applied " + ", ".join(versions))
    return 0


async def check(config: Config, options: argparse.Namespace) -> int:
    """Say whether configuration, database, schema, key and audit chain are sound."""
    async with opened(config) as dsn:
        await open_sealer(config, dsn)
        async with db.transaction() as connection:
            version = await connection.fetchval("show server_version")
            chain = await audit_chain.verify(connection, config.data_dir / "audit.head")
            counts = await connection.fetchrow(
                "select (select count(*) from access_account) as logins, (select count(*) from nas) as nas, "
                "(select count(*) from job where state = 'dead') as dead"
            )
    print(f"configuration   sound, data in {config.data_dir}")
    print(f"database        PostgreSQL {version}, schema {migrations.shipped()[-1]}")
    print("sealing key     fits the database")
    told, served = certificates.soundness(certificates.folder_of(config.data_dir), clock.now())
    print(f"certificates    {told}")
    broken = isinstance(chain, audit_chain.Break)
    print(f"audit chain     {audit_chain.told(chain)}")
    print(f"contents        {counts['logins']} logins, {counts['nas']} NAS, {counts['dead']} dead jobs")
    return 1 if broken or not served else 0


def _typed_password(config: Config) -> str:
    """Asked for, or read from standard input."""
    passwords.look_in(config.breached_passwords)
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


async def user_add(config: Config, options: argparse.Namespace) -> int:
    """Create a staff user."""
    password = _typed_password(config)
    async with opened(config), db.transaction() as connection:
        await passwords.demand(password, [options.login, options.name or ""])
        await users.add(connection, CLI, options.login, options.name or options.login, password, options.role)
    print(f"user {options.login} may sign in as {options.role}")
    return 0


async def user_password(config: Config, options: argparse.Namespace) -> int:
    """Another password for a user whom no letter reaches; all sessions of theirs end."""
    password = _typed_password(config)
    async with opened(config):
        user = await users.find(options.login)
        if user is None:
            raise NotFound(thing="user")
        async with db.transaction() as connection:
            await passwords.demand(password, await passwords.known_of(connection, user.id))
            await recovery.replace(connection, CLI, user.id, users.hash_password(password), None)
    print(f"user {user.login} has the new password")
    return 0


async def token_add(config: Config, options: argparse.Namespace) -> int:
    """Print a new API token; it is not shown again."""
    async with opened(config), db.transaction() as connection:
        print(await tokens.add(connection, CLI, options.name, options.role, options.days))
    return 0


async def token_list(config: Config, options: argparse.Namespace) -> int:
    """List the tokens."""
    async with opened(config):
        rows = await db.fetch("select * from api_token order by id")
    for row in rows:
        state = "revoked" if row["revoked_at"] else "until " + str(row["expires_at"] or "revoked")
        print(f"{row['id']:4} {row['name']:24} {row['role']:10} {state}, last used {row['last_used_at'] or 'never'}")
    return 0


async def token_revoke(config: Config, options: argparse.Namespace) -> int:
    """End a token at once."""
    async with opened(config), db.transaction() as connection:
        await tokens.revoke(connection, CLI, options.id)
    print(f"token {options.id} is revoked")
    return 0


async def setup_link(config: Config, options: argparse.Namespace) -> int:
    """Print a one-time link with which the first administrator is created."""
    async with opened(config):
        link = await make_setup_link(config)
    print(link or "there is an administrator already: milha user add makes more")
    return 0 if link else 1


async def make_setup_link(config: Config) -> str | None:
    """A link good for one use and 24 hours, None where somebody can sign in already."""
    async with db.transaction() as connection:
        if await connection.fetchval("select 1 from staff_user limit 1"):
            return None
        token = secrets.token_urlsafe(24)
        await connection.execute(
            "insert into setup_link (token_hash, expires_at) values ($1, $2)",
            hashlib.sha256(token.encode()).hexdigest(),  # here: the server may log what it is given
            clock.now() + timedelta(hours=24),
        )
    return f"{config.public_url}/setup/{token}"


def _passphrase() -> bytes:
    given = os.environ.get("MILHA_BACKUP_PASSPHRASE")
    if given is None and sys.stdin.isatty():
        given = getpass.getpass("Passphrase of the backup: ")
    elif given is None:
        given = sys.stdin.readline().rstrip("\n")
    if not given or len(given) < 8:
        raise SystemExit("a passphrase of at least 8 characters is needed (MILHA_BACKUP_PASSPHRASE or typed)")
    return given.encode()


async def back_up(config: Config, options: argparse.Namespace) -> int:
    """Write database, sealing key and files into one encrypted file."""
    out = Path(options.path or f"milha-{clock.now():%Y%m%d-%H%M%S}.backup")
    passphrase = _passphrase()
    async with database_for(config.data_dir, config.database_url) as dsn:
        manifest = await backup.backup(
            dsn, config.data_dir, out, passphrase, sealing_key=config.sealing_key, old=config.sealing_keys_old
        )
    print(f"written to {out}")
    if manifest.keys:
        print(f"with the sealing keys its secrets need: {', '.join(manifest.keys)}")
    return 0


async def restore(config: Config, options: argparse.Namespace) -> int:
    """Bring a backup back into an empty installation."""
    passphrase = _passphrase()
    async with database_for(config.data_dir, config.database_url) as dsn:
        manifest = await backup.restore(Path(options.path), dsn, config.data_dir, passphrase, force=options.force)
    # Both tell of another database now; the next start makes them anew.
    for name in ("audit.head", "index.sealed"):
        (config.data_dir / name).unlink(missing_ok=True)
    if manifest.keys:
        print(f"its sealing keys are in sealing.key: {', '.join(manifest.keys)}")
    print("restored; milha serve brings the schema up to date")
    return 0


async def purge(config: Config, options: argparse.Namespace) -> int:
    """Delete what is older than its policy; ``--dry-run`` says what that would be."""
    register_features()
    chosen = [_kind_of_record(options.subject)] if options.subject else retention.policies()
    async with opened(config):
        if options.dry_run:
            async with db.pool().acquire() as connection:
                print(retention_tables.dry_run(await retention_survey.survey(connection, chosen)))
            return 0
        async with purging.alone() as connection:
            found = await purging.purge(connection, CLI, chosen, A_DAY_S)
    print(retention_tables.done(found))
    return 1 if any(one.left for one in found) else 0


def _kind_of_record(name: str) -> retention.Subject:
    try:
        return retention.subject(name)
    except NotFound:
        known = ", ".join(one.name for one in retention.policies())
        raise SystemExit(f"milha purge: no kind of record {name}; there are {known}") from None
