"""A load in a process of its own, and what the database has of what it was promised."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from bench.stack import close_pipes
from oss.base import db

SESSIONS = """select acct_session_id, login, host(nas_ip) as nas, false as ended, input_octets, output_octets,
  session_s, host(framed_ip) as framed_ip, started_at, last_seen_at as last_at, null as cause from session_open
union all select acct_session_id, login, host(nas_ip), true, input_octets, output_octets,
  session_s, host(framed_ip), started_at, ended_at, terminate_cause from session_history"""
Key = tuple[str, str]


class Load:
    """A running herd or storm."""

    def __init__(self, process: asyncio.subprocess.Process, words: Path) -> None:
        self._process, self._path = process, words

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, command: Sequence[str], env: dict[str, str], words: Path) -> AsyncIterator[Load]:
        """From its start until its stdin is closed; then it ends by itself."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, env=env, stdin=pipe, stdout=pipe)
        try:
            yield cls(process, words)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
            close_pipes(process)

    def tell(self, command: str) -> None:
        """Begin something; `done` waits for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")

    async def done(self, within_s: float) -> dict[str, Any]:
        """The figures, once the oldest command that was told is done."""
        assert self._process.stdout is not None
        async with asyncio.timeout(within_s):
            figures: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return figures

    async def do(self, command: str, within_s: float = 60) -> dict[str, Any]:
        """A command and its figures."""
        self.tell(command)
        return await self.done(within_s)

    async def words(self) -> dict[Key, dict[str, Any]]:
        """The last acknowledged record of each session, as of now."""
        await self.do(f"ledger {self._path}")
        lines = map(json.loads, self._path.read_text().splitlines())
        return {(line["acct_session_id"], line["user"]): line for line in lines}


async def stored() -> dict[Key, Any]:
    """All sessions of the database at one instant; none stands twice, none ended before it began."""
    found: dict[Key, Any] = {}
    for row in await db.fetch(SESSIONS):
        key = row["acct_session_id"], row["login"]
        assert key not in found, f"{key} stands twice: {dict(row)} and {dict(found[key])}"
        assert row["started_at"] <= row["last_at"], key
        found[key] = row
    return found


async def rows_if_any_answer() -> dict[Key, Any] | None:
    """What is stored; None while the pool still finds connections of the dead."""
    try:
        return await stored()
    except db.AWAY:
        return None


def missing(words: dict[Key, dict[str, Any]], rows: dict[Key, Any]) -> list[str]:
    """What was acknowledged and is not there, with at least what was told; for a person to read."""
    lost = []
    for key, word in words.items():
        row = rows.get(key)
        if row is None:
            lost.append(f"{key}: acknowledged {word['status']}, no row")
        elif word["status"] == "stop" and not row["ended"]:
            lost.append(f"{key}: its Stop was acknowledged, it is open")
        elif any(has < told for has, told in zip(_totals(row), _told(word), strict=True)):
            lost.append(f"{key}: acknowledged {_told(word)}, stored {_totals(row)}")
    return lost


def differing(words: dict[Key, dict[str, Any]], rows: dict[Key, Any]) -> list[str]:
    """Where the database and a NAS that told all do not agree to the octet."""
    odd = [f"{key}: no NAS told of it" for key in rows.keys() - words.keys()]
    odd += [f"{key}: no row" for key in words.keys() - rows.keys()]
    for key in words.keys() & rows.keys():
        word, row = words[key], rows[key]
        told = (*_told(word), word["framed_ip"], word["nas"])
        has = (*_totals(row), row["framed_ip"], row["nas"])
        if told != has or row["cause"] not in _causes(word):
            odd.append(f"{key}: told {told}, stored {has}, {row['cause'] or 'open'}")
    return odd


def _causes(word: dict[str, Any]) -> tuple[str | None, ...]:
    """Why it may have ended."""
    if word["status"] == "stop":
        return ("User-Request",)
    return ("Superseded", "NAS-Reboot") if word["vanished"] else (None,)


def _told(word: dict[str, Any]) -> tuple[int, int, int]:
    return word["in_octets"], word["out_octets"], word["session_time"]


def _totals(row: Any) -> tuple[int, int, int]:
    return row["input_octets"], row["output_octets"], row["session_s"]
