"""``milha import``: another system's subscribers, taken over; with a dry run and a report."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from oss.access.imports import freeradius, rates
from oss.access.imports.report import Report
from oss.access.imports.source import CsvTables, Tables, postgres
from oss.base import db, tax_ids
from oss.base.config import Config
from oss.base.problems import Problem
from oss.base.sealing import open_sealer
from oss.commands import CLI, opened
from oss.staff import companies

FREERADIUS = """\
Reads radcheck, radreply, radusergroup, radgroupcheck, radgroupreply, nas and radacct, and daloRADIUS's userinfo and
userbillinfo where they are. Each login becomes a customer with a contract; each group becomes a plan. Logins that
exist already are left alone, so that it can be run again. Try it with --dry-run first: it does everything, tells
what it would have done and what it did not understand, and takes it back.

Only PostgreSQL is read directly. Of MySQL or MariaDB, export each table to a file of its own and name the folder:
    mysql --batch -e 'select * from radcheck' radius > folder/radcheck.csv
"""


class WhichCompany(Problem):
    """Contracts belong to a company. {what}"""


class WrongOption(Problem):
    """{option}: {wrong}."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    kinds = sub.add_parser("import", help="take over another system").add_subparsers(dest="kind", required=True)
    one = kinds.add_parser(
        "freeradius",
        help="from the SQL tables of a FreeRADIUS",
        description=FREERADIUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = one.add_mutually_exclusive_group(required=True)
    source.add_argument("--dsn", help="postgresql://user@host/name of the FreeRADIUS; PGPASSWORD may hold the password")
    source.add_argument("--csv-dir", type=Path, help="a folder with one CSV file a table (radcheck.csv ...)")
    one.add_argument("--dry-run", action="store_true", help="take everything back, and say what would have been done")
    one.add_argument("--report", type=Path, metavar="FILE.json", help="write the report there too")
    add_company(one)
    one.add_argument("--due-day", type=int, default=10, help="day of the month on which invoices fall due (10)")
    one.add_argument("--speed", default="1G/1G", help="down/up of plans whose group says no speed (1G/1G)")
    one.add_argument("--update", action="store_true", help="give logins that exist the password and the plan read here")
    one.add_argument("--no-history", action="store_true", help="leave radacct out")
    one.add_argument("--since", metavar="YYYY-MM-DD", help="only sessions that began on that day (UTC) or later")
    one.set_defaults(run=import_freeradius)


def add_company(parser: argparse.ArgumentParser) -> None:
    """The options that say whose the contracts are."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--company", type=int, metavar="ID", help="whose contracts they are, where there are several")
    which.add_argument("--new-company", nargs=2, metavar=("NAME", "CNPJ"), help="make the company first")


async def company_of(connection: db.Connection, config: Config, options: argparse.Namespace) -> Any:
    """The company's row (id, zone) that the options name; makes the new one, unless its CNPJ is there already."""
    rows = await connection.fetch("select id, name, cnpj, zone from company order by id")
    if options.new_company:
        name, cnpj = options.new_company
        for row in rows:
            if row["cnpj"] == tax_ids.plain(cnpj):
                return row
        made = await companies.add(connection, CLI, companies.NewCompany(name, name, cnpj, config.zone))
        return await connection.fetchrow("select id, name, cnpj, zone from company where id = $1", made)
    if options.company is not None:
        rows = [row for row in rows if row["id"] == options.company]
        if not rows:
            raise WhichCompany(what=f"There is none with the number {options.company}.")
    if not rows:
        raise WhichCompany(what='There is none yet: --new-company "Name" CNPJ makes it.')
    if len(rows) > 1:
        names = ", ".join(f"{row['id']} {row['name']}" for row in rows)
        raise WhichCompany(what=f"Choose one with --company: {names}.")
    return rows[0]


async def import_freeradius(config: Config, options: argparse.Namespace) -> int:
    """Take over a FreeRADIUS; exit status 0 when it is done, also if something was not understood."""
    wanted = _checked(options)
    async with _source(options) as tables, opened(config) as dsn:
        sealer = await open_sealer(config, dsn)
        wishes = freeradius.Wishes(place=_place(options), **wanted)

        # Asked for inside the import's transaction: a dry run makes no company either.
        async def company(connection: db.Connection) -> tuple[int, ZoneInfo]:
            row = await company_of(connection, config, options)
            return row["id"], ZoneInfo(row["zone"])

        report = await freeradius.run(sealer, CLI, tables, company, wishes, say)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    tell(report, options.dry_run)
    if options.report:
        await asyncio.to_thread(_write, options.report, report, options.dry_run)
    return 0


def _checked(options: argparse.Namespace) -> dict[str, Any]:
    """Options as values; raises WrongOption."""
    down, _, up = options.speed.partition("/")
    without = rates.speed(down, up or down)
    if without is None:
        raise WrongOption(option="--speed", wrong="is written like 300M/150M")
    if not 1 <= options.due_day <= 28:
        raise WrongOption(option="--due-day", wrong="must be between 1 and 28")
    since = None
    if options.since:
        try:
            since = datetime.fromisoformat(options.since).replace(tzinfo=UTC)
        except ValueError:
            raise WrongOption(option="--since", wrong="is written like 2026-01-31") from None
    return {
        "due_day": options.due_day,
        "without": without,
        "since": since,
        "update": options.update,
        "history": not options.no_history,
        "dry_run": options.dry_run,
    }


@asynccontextmanager
async def _source(options: argparse.Namespace) -> AsyncIterator[Tables]:
    if options.csv_dir:
        yield CsvTables(options.csv_dir)
    else:
        async with postgres(options.dsn) as tables:
            yield tables


def _place(options: argparse.Namespace) -> str:
    """What was read, without a password."""
    if options.csv_dir:
        return str(options.csv_dir)
    parts = urlsplit(options.dsn)
    return f"{parts.hostname or 'localhost'}{parts.path}"


def say(what: str) -> None:
    """Progress, on standard error: one line that changes on a terminal, lines elsewhere."""
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"{what:60}" if sys.stderr.isatty() else what, end=end, file=sys.stderr, flush=True)


def tell(report: Report, dry_run: bool, also: Sequence[str] = ()) -> None:
    """The report, on standard output."""
    if dry_run:
        print("Dry run: nothing was changed.")
    print("\n".join([*report.lines(), *also]))


def _write(path: Path, report: Report, dry_run: bool) -> None:
    told = {"dry_run": dry_run, **report.as_json()}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
