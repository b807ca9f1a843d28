"""Our own processes and the routers' sessions are sampled as devices are, and told to Prometheus."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from oss.base import clock, db
from oss.base.jobs import run_job
from oss.base.supervisor import Health
from oss.monitoring import newest, objects, own_sensors
from oss.monitoring.kinds import NAS, SENSOR, SERVER
from oss.monitoring.own_sensors import Rates, figures
from oss.monitoring.samples import NAN, Sample, write
from oss.monitoring.writer import Writer
from radius.peers import COUNTERS
from tests.conftest import Seed
from tests.waiting import eventually
from tests.web.console.conftest import go_online
from web.keys import CONFIG

AAA = {"accepted": 100, "rejected": 5, "counters": {"requests": 1000, "dropped": 2, "limited": 1, "duplicates": 9}}
AAA |= {"loop_lag_s": 0.002, "lag_records": 7, "p99_us": 1500}


def stats(**more: Any) -> dict[str, Any]:
    return {"main_lag_s": 0.001, "aaa": {**AAA, **more}}


def told(values: list[float]) -> dict[str, float]:
    return {metric.name: value for metric, value in zip(SERVER.metrics, values, strict=True)}


def test_counters_become_rates_with_the_second_look() -> None:
    rates = Rates()
    first = told(figures(rates, 10, stats(), 0))
    assert math.isnan(first["accepts_s"]) and first["journal_lag"] == 7
    assert (first["aaa_lag_ms"], first["p99_ms"]) == (2, 1.5)
    later = {"requests": 1500, "dropped": 22, "limited": 11, "duplicates": 99}
    second = told(figures(rates, 20, stats(accepted=150, counters=later), 40))
    assert (second["accepts_s"], second["rejects_s"], second["requests_s"]) == (5, 0, 50)
    assert (second["drops_s"], second["sample_drops_s"]) == (3, 4)  # a duplicate was answered


def test_a_node_that_began_again_gives_no_spike() -> None:
    rates = Rates()
    figures(rates, 10, stats(), 0)
    restarted = told(figures(rates, 20, stats(accepted=3, counters={"requests": 4}), 0))
    assert math.isnan(restarted["accepts_s"]) and math.isnan(restarted["requests_s"])
    assert told(figures(rates, 30, stats(accepted=13, counters={"requests": 24}), 0))["accepts_s"] == 1


def test_a_process_without_routers_tells_of_itself() -> None:
    found = told(figures(Rates(), 10, {"main_lag_s": 0.5}, 0))
    assert found["main_lag_ms"] == 500 and math.isnan(found["requests_s"])


def test_what_counts_as_dropped_is_counted_somewhere() -> None:
    assert set(own_sensors.DROPS) <= set(COUNTERS)


async def test_a_process_samples_itself_under_its_name(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_sensors, "EVERY_S", 0.01)
    writer, health = Writer(), Health("x")
    reports = [asyncio.create_task(own_sensors.report(name, stats, writer, health)) for name in ("n1", "n2", "n1")]
    await eventually(lambda: len(writer.waiting) >= 9)
    for task in reports:
        task.cancel()
    await asyncio.gather(*reports, return_exceptions=True)
    await writer.flush()
    async with db.pool().acquire() as connection:
        found = await objects.sampled(connection, SERVER)
    assert [one.name for one in found] == ["n1", "n2"] and health.state == "up"


async def test_what_each_router_carries_is_sampled_each_minute(seed: Seed) -> None:
    for index in range(3):
        await go_online(seed, index, bps=40_000_000)
    async with db.transaction() as connection:
        await run_job(connection, f"{own_sensors.__name__}.routers", {})
    row = await db.fetchrow("select owner_id, kind, metrics from sample_raw")
    assert (row["owner_id"], row["kind"], row["metrics"]) == (seed.nas, NAS.number, [3, 12_000_000, 120_000_000])


async def scrape(**more: Any) -> str:
    async with db.pool().acquire() as connection:
        return "".join([part async for part in newest.exposition(connection, **more)])


async def fill(*samples: Sample) -> None:
    async with db.pool().acquire() as connection:
        await write(connection, list(samples))


async def test_prometheus_gets_the_newest_of_each_with_its_name(seed: Seed) -> None:
    now = clock.now().timestamp()
    await db.execute("update nas set name = 'a \"b\\c' where id = $1", seed.nas)
    await fill(*(Sample(now - ago, seed.nas, NAS, (seed.nas,), (ago, 1.5, NAN)) for ago in (60, 30)))
    await fill(Sample(now - 3600, 9, SENSOR, (8,), (1,)))  # too old to be the present
    families = {one.name: one.samples for one in text_string_to_metric_families(await scrape())}
    (sessions,) = families["milha_nas_sessions"]
    assert sessions.labels == {"owner": str(seed.nas), "object": str(seed.nas), "name": 'a "b\\c'}
    assert (sessions.value, float(sessions.timestamp)) == (30, pytest.approx(now - 30, abs=0.01))
    assert families["milha_nas_out_bps"] == [] and families["milha_sensor_value"] == []
    assert {one.split("_")[1] for one in families} >= {"nas", "server", "interface"}
    assert "milha_sensor" not in await scrape(only=NAS)


async def test_a_scrape_is_bounded(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "MOST_VALUES", 5)
    now = clock.now().timestamp()
    await fill(Sample(now, 1, SENSOR, tuple(range(4)), (1,) * 4), Sample(now, 2, SENSOR, (8, 9), (1, 1)))
    text = await scrape(only=SENSOR)
    assert text.count("milha_sensor_value{") == 4 and "# more than 5 values" in text


async def test_it_is_guarded_as_the_other_figures_are(web_app: Any, aiohttp_client: Any) -> None:
    client = await aiohttp_client(web_app)
    async with client.get("/metrics/samples?kind=nas") as answer:
        assert answer.status == 200 and "milha_nas_sessions" in await answer.text()
    async with client.get("/metrics/samples?kind=toaster") as answer:
        assert answer.status == 422
    object.__setattr__(web_app[CONFIG], "metrics_token", "t0ken")
    async with client.get("/metrics/samples") as answer:
        assert answer.status == 403
    async with client.get("/metrics/samples", headers={"Authorization": "Bearer t0ken"}) as answer:
        assert answer.status == 200
