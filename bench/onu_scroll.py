"""``make bench-onu_scroll``: the list of 3,000 ONUs scrolled from end to end in chromium, and the pages beside it.

The wheel turns as a hand turns it, and rows come while one scrolls. Judged is CPU time by a trace of chromium: of the
compositor's tasks, which move the page under the wheel, and of the main thread's, which bring the rows (one of 50 ms is
"long" and would be felt by who clicks meanwhile). Frames are told too (requestAnimationFrame), but on a busy machine
they say how busy it is. Also: the PON heat map of those ONUs with a fresh poll of each, and a reading of
the wall.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bench.samples import BENCH, console, place
from bench.start import quick, verdict
from bench.table import rows as table
from oss.base import clock, db, secrets
from oss.monitoring import network_now, pon_state
from oss.monitoring.kinds import ONU
from oss.monitoring.samples import NAN, Sample, write
from oss.network import devices, sites
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues

OLTS, PONS, ONUS = 3, 16, 63
ROWS = OLTS * PONS * ONUS
FRAME_MS, LONG_MS = 1000 / 60, 50.0  # "long" by W3C Long Tasks
MOST_LONG = 0.01  # of the frames
READ_MS = 100.0
LINES = list[tuple[str, ...]]
MADE = """insert into onu (serial, pon_id, number, model, state, seen_at)
select 'HWTC' || lpad(to_hex(row_number() over ()), 8, '0'), p.id, n, 'HG8145X6', 'online', now()
from pon_port p cross join generate_series(1, $1::int) n"""
PORTS = """insert into pon_port (device_id, name, sort_key)
select d.id, '0/' || n / 8 + 1 || '/' || n % 8, lpad(n::text, 4, '0') from device d
cross join generate_series(0, $1::int - 1) n"""
# Times between frames while the page is scrolled by the wheel; rows there are by then.
WATCH = """() => { window.gaps = []; let last = performance.now();
  const step = (now) => { window.gaps.push(now - last); last = now; requestAnimationFrame(step); };
  requestAnimationFrame(step); }"""
FOOT = "document.querySelector('#rows .foot span').textContent"
AT_THE_END = "scrollY + innerHeight >= document.documentElement.scrollHeight - 4"


async def seed() -> None:
    """Three OLTs whose ONUs all told their light a moment ago."""
    chance = random.Random(5)
    sealer = secrets.from_text("dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU=")
    async with db.transaction() as connection:
        site = await sites.save(connection, BENCH, SiteValues("Centro", "core", city="Lavras"))
        for number in range(OLTS):
            await devices.save(connection, sealer, BENCH, DeviceValues(f"OLT-{number + 1}", site, "olt"))
        await connection.execute(PORTS, PONS)
        await connection.execute(MADE, ONUS)
        rows = await connection.fetch(
            "select o.id, p.device_id from onu o join pon_port p on p.id = o.pon_id order by 1"
        )
        polls = []
        for olt in sorted({row["device_id"] for row in rows}):
            ids = [row["id"] for row in rows if row["device_id"] == olt]
            metrics = [value for _ in ids for value in (chance.gauss(-20, 2), NAN, chance.gauss(-22, 2), 2e3, 1.0)]
            polls.append(Sample(clock.now().timestamp(), olt, ONU, ids, metrics))
        await write(connection, polls)


async def scrolling(address: str, cookie: str) -> LINES:
    """The whole list, by the wheel."""
    program = shutil.which("chromium")
    if program is None:
        return [("scrolled", "chromium is not installed", "")]
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        pairs = (part.split("=", 1) for part in cookie.split("; "))
        await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in pairs])
        page = await context.new_page()
        await page.goto(f"{address}/console/onus")
        await page.mouse.move(700, 500)
        await page.evaluate(WATCH)
        rows, *found = await _traced(browser, page, "down, rows come", _down)
        _, *again = await _traced(browser, page, "up and down fast", _fast)
        await browser.close()
    return [(f"rows there at the end, of {ROWS}", str(rows), verdict(ROWS - int(rows), 0)), *found, *again]


Act = Callable[[Any], Awaitable[int]]


async def _traced(browser: Any, page: Any, name: str, act: Act) -> list[Any]:
    """What an act returns, then what its frames and the tasks of the main thread took."""
    await page.evaluate("window.gaps.length = 0")
    await browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
    result = await act(page)
    gaps = sorted(await page.evaluate("window.gaps"))
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    moving, tasks = _tasks(events, "Compositor"), _tasks(events, "CrRendererMain")
    long = sum(one > LONG_MS for one in tasks) / len(gaps)
    frames = f"{len(gaps)}, median {statistics.median(gaps):.1f} ms, p99 {gaps[int(len(gaps) * 0.99)]:.0f} ms"
    told = f"{sum(tasks):.0f} ms, {sum(one > FRAME_MS for one in tasks)} over a frame, longest {tasks[-1]:.0f} ms"
    return [
        result,
        (f"{name}: the scrolling itself, longest task", f"{moving[-1]:.1f} ms of CPU", verdict(moving[-1], FRAME_MS)),
        (f"{name}: bringing rows, CPU", told, ""),
        (f"{name}: long tasks by frames", f"{long:.2%}", verdict(long, MOST_LONG)),
        (f"{name}: frames", frames, ""),
    ]


def _tasks(events: list[dict[str, Any]], thread: str) -> list[float]:
    """CPU milliseconds of each task of a kind of thread, the longest last."""
    threads = {(one["pid"], one["tid"]) for one in events
               if one["name"] == "thread_name" and one["args"]["name"] == thread}  # fmt: skip
    return sorted(one.get("tdur", 0) / 1000 for one in events
                  if one["name"] == "RunTask" and (one["pid"], one["tid"]) in threads)  # fmt: skip


async def _down(page: Any) -> int:
    """Down to the last row; returns which it was."""
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        await page.mouse.wheel(0, 360)
        await asyncio.sleep(0.05)
        if await page.evaluate(AT_THE_END) and await _rows(page) >= ROWS:
            break
    return await _rows(page)


async def _rows(page: Any) -> int:
    """Up to which row the list goes by now, as its foot says: ``1 a 3.024 de 3.024``."""
    numbers = re.findall(r"\d[\d.,]*", await page.evaluate(FOOT))
    return int(re.sub(r"\D", "", numbers[1]))


async def _fast(page: Any) -> int:
    """Up and down once more, with all rows there."""
    for way in (-1, 1):
        for _ in range(60):
            await page.mouse.wheel(0, way * 1_600)
            await asyncio.sleep(0.03)
    return 0


async def reading(rounds: int) -> LINES:
    """What the heat map and the wall read."""
    found: LINES = []
    for name, read in (("heat map", pon_state.every), ("wall", network_now.read)):
        took = []
        for _ in range(rounds):
            began = time.perf_counter()
            async with db.pool().acquire() as connection:
                await read(connection)
            took.append(1000 * (time.perf_counter() - began))
        late = sorted(took)[int(len(took) * 0.95)]
        found.append((f"read: {name}", f"{statistics.median(took):.0f} ms, p95 {late:.0f} ms", verdict(late, READ_MS)))
    return found


async def run() -> int:
    """All of it, as a table; the worst verdict is the status."""
    async with place() as (dsn, folder):
        await seed()
        lines: LINES = [("what", "found", "goal"), *await reading(10 if quick() else 40)]
        async with console(dsn, folder) as (address, cookie):
            lines += await scrolling(address, cookie)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores; load average {load:.1f} (above the number of cores, times say little)\n")
    print(table(lines))
    return int(any(line[2].startswith("falls") for line in lines[1:]))


def main() -> int:
    """The measurement; its exit status."""
    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
