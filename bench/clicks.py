"""A signed-in browser's part of a measurement: console pages at a fixed rate, the live stream, exports in a row.

Open loop: a page's time begins when its click was due. A page that fails, or is not there in time, is infinitely late.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import itertools
import math
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

PATIENCE_S = 10.0
LISTS = ("/console/subscribers", "/console/sessions", "/console/rejects", "/console/holds")
PLACES = (
    *("/console/", *LISTS, "/console/plans", "/console/enforcement", "/console/nas"),
    *("/console/health", "/console/retention", "/console/staff", "/console/router-logins"),
    *("/console/names", "/console/addresses", "/console/realms", "/console/board"),
    *("/console/roles", "/console/audit", "/console/invoices", "/console/tokens"),
    *("/console/network", "/console/devices", "/console/onus", "/console/pons", "/console/incidents"),
    *("/console/graphs", "/console/alert-rules", "/console/sla", "/console/provisioning", "/console/bandwidth"),
)
NARROWED = (
    *("/console/sessions?sort=-down", "/console/sessions?q=user0012", "/console/sessions?view=fresh"),
    *(
        "/console/subscribers?status=overdue",
        "/console/subscribers?status=offline",
        "/console/subscribers?q=cliente+77",
    ),
    *("/console/rejects?range=7d", "/console/rejects?by=nas&range=1h", "/console/holds?reason=manual"),
)
EXPORTS = ("/console/subscribers.csv", "/console/sessions.csv")
NEXT = re.compile(r'href="([^"]*[?&](?:amp;)?after=[^"]*)"')


@dataclass(slots=True)
class Clicked:
    """What came of it: seconds of each page with its address, failures by address, events heard, files and lines."""

    pages: list[tuple[float, str]] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    exports: int = 0
    export_lines: int = 0
    heard: int = 0


class Browser:
    """One signed-in person with a page open live, clicking around; ``people``: numbers of customers' pages."""

    def __init__(self, web: aiohttp.ClientSession, people: Sequence[int], seed: int = 1) -> None:
        self.web, self.people, self.random = web, people, random.Random(seed)
        self.further: dict[str, str] = {}
        self.done = Clicked()

    def addresses(self) -> Iterator[str]:
        """Every place, then lists further on, searches and people, over and over."""
        for place in itertools.cycle(PLACES):
            person = self.random.choice(self.people)
            yield place
            yield f"/console/subscribers/{person}"
            yield f"/console/search?q={self.random.choice(('cliente', 'user'))}{person % 1000}"
            yield self.random.choice(NARROWED)
            here = self.random.choice(LISTS)
            yield self.further.get(here, here)

    async def click(self, per_s: float, until: float) -> None:
        """Ask for pages at their due times until the monotonic ``until``, and wait for those still on their way."""
        began, endless = time.monotonic(), self.addresses()
        async with asyncio.TaskGroup() as tasks:
            for number in itertools.count():
                due = began + number / per_s
                if due >= until:
                    return
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                tasks.create_task(self._open(next(endless), due))

    async def _open(self, address: str, due: float) -> None:
        try:
            async with asyncio.timeout_at(due + PATIENCE_S), self.web.get(URL(address, encoded=True)) as answer:
                text = await answer.text()
            fine = answer.status == 200 and answer.url.path != "/login"
        except (aiohttp.ClientError, TimeoutError):
            fine, text = False, ""
        self.done.pages.append((time.monotonic() - due if fine else math.inf, address))
        if not fine:
            self.done.failed[address] += 1
        self.remember(address, text)

    def remember(self, address: str, text: str) -> None:
        """The next page of a list is one click away; after the last comes the first again."""
        path = address.partition("?")[0]
        if path in LISTS:
            links = NEXT.findall(text)
            self.further[path] = html.unescape(links[-1]) if links else path

    async def listen(self) -> None:
        """The open page's stream, opened again when it ends, until cancelled."""
        while True:
            async with self.web.get("/console/live", timeout=aiohttp.ClientTimeout(total=None)) as answer:
                async for line in answer.content:
                    self.done.heard += line.startswith(b"event:")

    async def export(self, until: float) -> None:
        """One file after the other, as fast as they come; the one on its way at the end is cut off."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                for address in itertools.cycle(EXPORTS):
                    async with self.web.get(address, timeout=aiohttp.ClientTimeout(total=None)) as answer:
                        answer.raise_for_status()
                        async for chunk, _ in answer.content.iter_chunks():
                            self.done.export_lines += chunk.count(b"\n")
                    self.done.exports += 1
