"""A console to ask: pages with their status and text, posts that carry the page's token, and rows the pages show."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest_asyncio

from oss.base import clock, db
from tests.conftest import Seed

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers, and the page as text with its entities resolved."""

    status: int
    headers: Any
    raw: str

    @property
    def text(self) -> str:
        """Words alone: tags gone, spaces single."""
        without = re.sub(r"<(script|style|template)\b.*?</\1>", " ", self.raw, flags=re.S)
        plain = html.unescape(re.sub(r"<[^>]+>", " ", without)).replace("\u00a0", " ")
        return " ".join(plain.split())

    @property
    def place(self) -> str:
        """Where a redirect leads."""
        return str(self.headers.get("Location") or self.headers.get("HX-Redirect") or "")


class Console:
    """A signed-in browser without scripts."""

    def __init__(self, client: Any) -> None:
        self.client, self.token = client, ""

    async def get(self, path: str, **headers: str) -> Answer:
        async with self.client.get(path, headers=headers, allow_redirects=False) as answer:
            text = await answer.text()
            found = TOKEN.search(text)
            self.token = found[1] if found and found[1] else self.token
            return Answer(answer.status, answer.headers, text)

    async def post(self, path: str, data: Any = None, **headers: str) -> Answer:
        if not self.token:
            await self.get("/console/plans")
        fields = [*(data.items() if isinstance(data, dict) else data or []), ("csrf_token", self.token)]
        async with self.client.post(path, data=fields, headers=headers, allow_redirects=False) as answer:
            return Answer(answer.status, answer.headers, await answer.text())


@pytest_asyncio.fixture(loop_scope="session")
async def console(client: Any) -> Console:
    """Signed in as the administrator, in Portuguese."""
    return Console(client)


SESSION = """insert into session_open (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  last_seen_at, framed_ip, calling_station_id, output_bps, input_bps, desired, applied, drift_since, drift_cause)
select $1::uuid, $2, left($1::uuid::text, 8), a.login, a.id, a.contract_id, $3, $4, $5::text::inet, $6, $7::bigint,
  $7::bigint / 10, $8, $9, $10, $11 from access_account a where a.contract_id = $12"""


async def go_online(seed: Seed, index: int, **more: Any) -> uuid.UUID:
    """A live session of one of the seed's contracts; ``more``: age_s, ip, mac, bps, desired, applied, drift, cause."""
    uid, now = uuid.uuid4(), clock.now()
    desired = more.get("desired", "full:500000/250000")
    drift = more.get("drift")
    await db.execute(
        SESSION,
        uid,
        seed.nas,
        now - timedelta(seconds=more.get("age_s", 3600)),
        now,
        more.get("ip", f"100.64.0.{index + 1}"),
        more.get("mac", f"AA:BB:CC:00:00:{index:02X}"),
        more.get("bps", 42_000_000),
        desired,
        more.get("applied", desired),
        now - timedelta(seconds=drift) if drift else None,
        more.get("cause"),
        seed.contracts[index],
    )
    return uid


async def audited(action: str) -> list[Any]:
    """The audit's rows of one action, newest first."""
    return list(await db.fetch("select * from audit where action = $1 order by id desc", action))


Online = Callable[..., Awaitable[uuid.UUID]]
