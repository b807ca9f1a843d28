"""``milha audit``: the chain proven from the first row to the last, and the rows as a file."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from oss.base import audit, audit_chain, db
from oss.base.audit_chain import Break, Place
from oss.base.config import Config
from oss.base.problems import Problem
from oss.commands import CLI, opened
from oss.staff import audit_list
from oss.staff.audit_list import Row, Wanted

VERIFY = """\
Walks the chain of the audit and compares its end with the hash kept outside the database. Exit status 0: whole;
1: broken, and it says where. After the alarm was looked into, remove the kept file to have sealing go on from there.
"""
EXPORT = """\
Writes one JSON object a line (id, at, actor, action, object, object_id, detail, ip, request_id, seq), the newest first.
Days are the provider's. That it was taken is noted.
"""


class WrongDay(Problem):
    """{option}: {text} is no day; write it as 2026-11-23."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    acts = sub.add_parser("audit", help="who did what").add_subparsers(dest="act", required=True)
    prove = acts.add_parser("verify", help="is the chain whole?", description=VERIFY)
    prove.add_argument("--head", type=Path, metavar="FILE", help="the kept head (audit.head in the data folder)")
    prove.set_defaults(run=verify)
    out = acts.add_parser("export", help="write the rows to a file", description=EXPORT)
    out.add_argument("file", nargs="?", type=Path, help="standard output if not given")
    out.add_argument("--from", dest="since", metavar="DAY", help="the first day: 2026-11-01")
    out.add_argument("--to", dest="until", metavar="DAY", help="the last day")
    out.set_defaults(run=export)


async def verify(config: Config, options: argparse.Namespace) -> int:
    """Walk the chain; how many rows, the hash of the last, and what the file outside says."""
    head_file = options.head or config.data_dir / "audit.head"
    async with opened(config), db.pool().acquire() as connection:
        kept = await audit_chain.kept(head_file)
        found: Place | Break = Place()
        fits = Place()
        async for found in audit_chain.walk(connection):
            fits = found if isinstance(found, Place) else fits
        waiting = await connection.fetchval("select count(*) from audit where seq is null")
        whole = await audit_chain.tail_is_whole(connection, head_file)
    print(f"rows that fit   {fits.seq:,}{f', {waiting:,} not chained yet' if waiting else ''}")
    print(f"head hash       {fits.digest.hex() or 'none'}")
    print(f"kept outside    {f'row {kept[0]:,} {kept[1]} in {head_file}' if kept else f'none in {head_file}'}")
    print(f"chain           {_told(found, whole)}")
    return 0 if isinstance(found, Place) and whole else 1


def _told(found: Place | Break, whole: bool) -> str:
    if isinstance(found, Break):
        at = f", the row of {found.at.isoformat(timespec='seconds')}" if found.at else ""
        what = {"changed": "was changed or put elsewhere", "missing": "is missing"}[found.what]
        return f"BROKEN at {found.seq:,}: it {what}{at}"
    return "whole" if whole else "CUT OFF or forged: the row kept outside is not in it"


def _day(option: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongDay(option=option, text=text) from None


async def export(config: Config, options: argparse.Namespace) -> int:
    """Write the rows; the file is its owner's alone (it holds names, addresses and what customers' data became)."""
    since, until = _day("--from", options.since), _day("--to", options.until)
    zone = ZoneInfo(config.zone)
    wish = Wanted(
        since=datetime.combine(since, time(), zone).astimezone(UTC) if since else None,
        before=datetime.combine(until + timedelta(days=1), time(), zone).astimezone(UTC) if until else None,
    )
    async with opened(config):
        async with db.transaction() as connection:
            days = {"since": options.since, "until": options.until}
            await audit.note(connection, CLI, "audit.exported", "audit", "", narrowed_to=days)
        with await asyncio.to_thread(_opened, options.file) as file:
            count = await _write(file, audit_list.chunks(wish))
    if options.file:
        print(f"{count:,} rows written to {options.file}")
    return 0


def _opened(path: Path | None) -> TextIO:
    if path is None:
        return os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")


async def _write(file: TextIO, chunks: AsyncIterator[list[Row]]) -> int:
    count = 0
    async for rows in chunks:
        file.writelines(json.dumps(_plain(row), ensure_ascii=False, default=str) + "\n" for row in rows)
        count += len(rows)
    return count


def _plain(row: Row) -> dict[str, Any]:
    names = ("id", "at", "actor", "action", "object", "object_id", "detail", "ip", "request_id", "seq")
    return {name: getattr(row, name) for name in names}
