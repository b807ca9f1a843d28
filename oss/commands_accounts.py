"""``milha accounts``: the logins as a CSV file, out and in."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import TextIO

from oss.access import account_csv, account_exchange, passwords
from oss.access.account_csv import Line, Mistake
from oss.access.imports import rates
from oss.base import audit, clock, db
from oss.base.config import Config
from oss.base.sealing import open_sealer
from oss.base.secrets import Sealer
from oss.commands import CLI, opened
from oss.commands_import import WrongOption, add_company, company_of

SHOWN = 50
COLUMNS = f"Columns: {', '.join(account_csv.header(1))} ... (each reply cell is Name=Value)."


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    acts = sub.add_parser("accounts", help="logins as a CSV file").add_subparsers(dest="act", required=True)
    out = acts.add_parser("export", help="write all logins to a CSV file", description=COLUMNS)
    out.add_argument("file", nargs="?", type=Path, help="standard output if not given")
    out.add_argument("--with-passwords", action="store_true", help="passwords in clear; needs FILE, and is noted")
    out.add_argument("--excel", action="store_true", help="with semicolons, as Excel in Portuguese reads it")
    out.set_defaults(run=export)
    kind = acts.add_parser("passwords", help="what is kept of passwords, and what of new ones is to be kept")
    kind.add_argument("--keep", choices=passwords.CHOICES, help="of passwords set from now on")
    kind.set_defaults(run=password_kinds)
    into = acts.add_parser("import", help="read logins from a CSV file", description=COLUMNS)
    into.add_argument("file", type=Path)
    into.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    into.add_argument("--update", action="store_true", help="give logins that exist what the file says of them")
    into.add_argument("--speed", help="make plans that do not exist, at this speed: 300M/150M (down/up)")
    into.add_argument("--due-day", type=int, default=10, help="day of the month of new contracts' invoices (10)")
    add_company(into)
    into.set_defaults(run=take)


async def export(config: Config, options: argparse.Namespace) -> int:
    """Write the accounts; the file is its owner's alone (it holds names and documents, and maybe passwords)."""
    if options.with_passwords and options.file is None:
        raise WrongOption(option="--with-passwords", wrong="name a file: passwords are not for a terminal")
    async with opened(config) as dsn:
        sealer = await open_sealer(config, dsn) if options.with_passwords else None
        async with db.transaction() as connection:
            if options.file is None:
                count = await _write(sys.stdout, connection, options, None)
            else:
                count = await _write_file(options, connection, sealer)
            detail = {"count": count, "with_passwords": options.with_passwords}
            await audit.note(connection, CLI, "accounts.exported", "account", "", **detail)
    if options.file is not None:
        os.replace(_part(options.file), options.file)
        print(f"{count} logins written to {options.file}")
    return 0


def _part(path: Path) -> Path:
    """Where a file is written until it is whole."""
    return path.with_name(f"{path.name}.part")


def _opened(path: Path) -> TextIO:
    path.unlink(missing_ok=True)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="")


async def _write_file(options: argparse.Namespace, connection: db.Connection, sealer: Sealer | None) -> int:
    try:
        with _opened(_part(options.file)) as file:
            return await _write(file, connection, options, sealer)
    except BaseException:
        _part(options.file).unlink(missing_ok=True)
        raise


async def _write(file: TextIO, connection: db.Connection, options: argparse.Namespace, sealer: Sealer | None) -> int:
    mark, count = (";" if options.excel else ","), 0
    file.write("\ufeff" if options.excel else "")
    file.write(account_csv.written([account_csv.header(await account_exchange.most_replies(connection))], mark))
    async for part in account_exchange.exported(connection, sealer):
        file.write(account_csv.written(map(account_csv.cells, part), mark))
        count += len(part)
    file.flush()
    return count


async def password_kinds(config: Config, options: argparse.Namespace) -> int:
    """How many logins are kept in which way; ``--keep`` says what new passwords become."""
    async with opened(config), db.transaction() as connection:
        if options.keep:
            await passwords.set_policy(connection, CLI, options.keep)
        now = await passwords.policy(connection)
        counts = await connection.fetch("select password_kind, count(*) from access_account group by 1")
    found = {row[0]: int(row[1]) for row in counts}
    for kind, methods in passwords.METHODS.items():
        mark = "new passwords" if kind == now else ""
        print(f"{kind:9} {found.get(kind, 0):9,} logins  {', '.join(methods):32} {mark}".rstrip())
    return 0


class _Undo(Exception):
    """Ends the transaction without its changes."""


async def take(config: Config, options: argparse.Namespace) -> int:
    """Read a file in: all of it, or with a mistake in any line nothing (exit status 1)."""
    speed = None
    if options.speed:
        down, _, up = options.speed.partition("/")
        speed = rates.speed(down, up or down)
        if speed is None:
            raise WrongOption(option="--speed", wrong="is written like 300M/150M")
    if not 1 <= options.due_day <= 28:
        raise WrongOption(option="--due-day", wrong="must be between 1 and 28")
    found = await asyncio.to_thread(_read, options.file)
    lines = [one for one in found if isinstance(one, Line)]
    mistakes = [one for one in found if isinstance(one, Mistake)]
    outcome = account_exchange.Outcome()
    async with opened(config) as dsn:
        sealer = await open_sealer(config, dsn)
        try:
            async with db.transaction() as connection:
                company = await company_of(connection, config, options)
                started_on = clock.today(company["zone"])
                wishes = account_exchange.Wishes(company["id"], options.due_day, started_on, options.update, speed)
                outcome = await account_exchange.take(connection, sealer, CLI, lines, wishes)
                mistakes += outcome.mistakes
                if mistakes or options.dry_run:
                    raise _Undo
        except _Undo:
            pass
    return _tell(outcome, sorted(mistakes), options.dry_run)


def _read(path: Path) -> list[Line | Mistake]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return list(account_csv.read(file))
        except UnicodeDecodeError:
            return [Mistake(1, "the file is not UTF-8: save it as CSV UTF-8")]


def _tell(outcome: account_exchange.Outcome, mistakes: list[Mistake], dry_run: bool) -> int:
    for mistake in mistakes[:SHOWN]:
        print(f"line {mistake.number}: {mistake.what}", file=sys.stderr)
    if mistakes:
        more = f", of which {SHOWN} are shown" if len(mistakes) > SHOWN else ""
        print(f"milha: {len(mistakes)} mistakes{more}; nothing was changed", file=sys.stderr)
        return 1
    if dry_run:
        print("Dry run: nothing was changed.")
    for what, count in outcome.taken.items():
        print(f"{count:9,} {what}")
    return 0
