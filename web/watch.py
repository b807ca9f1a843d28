"""For monitoring: /healthz (alive), /readyz (fit for work), /metrics (Prometheus; guarded)."""

from __future__ import annotations

import hmac
import ipaddress

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest

from oss.access.aaa import Snapshot
from oss.base import db
from oss.base.problems import Forbidden
from web.auth import remote_ip
from web.keys import CONFIG, HEALTH, SNAPSHOT
from web.routing import PUBLIC, Routes

routes = Routes()


@routes.get("/healthz", PUBLIC)
async def healthz(request: web.Request) -> web.Response:
    """The main loop turns."""
    return web.json_response({"status": "alive"})


@routes.get("/readyz", PUBLIC)
async def readyz(request: web.Request) -> web.Response:
    """Every part is up; else 503 and the names of those that are not, without their errors."""
    board, snapshot = request.app[HEALTH], request.app[SNAPSHOT]()
    waiting = [part.name for part in board.parts.values() if not part.good]
    if snapshot is not None:
        waiting += [name for name, state, _, _ in snapshot.parts if state != "up"]
        waiting += [] if snapshot.ready else ["aaa.index"]
    status = 503 if waiting else 200
    return web.json_response({"status": "ready" if not waiting else "waiting", "waiting": waiting}, status=status)


@routes.get("/metrics", PUBLIC)
async def metrics(request: web.Request) -> web.Response:
    """Prometheus text; for loopback, or for who shows MILHA_METRICS_TOKEN as bearer."""
    guard(request)
    registry = CollectorRegistry(auto_describe=False)
    lanes = await db.fetch("select lane, state, count(*) as n from job group by 1, 2")
    registry.register(_Figures(request, [(r["lane"], r["state"], r["n"]) for r in lanes]))
    return web.Response(body=generate_latest(registry), headers={"Content-Type": "text/plain; version=0.0.4"})


def guard(request: web.Request) -> None:
    """Loopback, or who shows the token; with a token set, nobody else."""
    token = request.app[CONFIG].metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return
    if token or not ipaddress.ip_address(remote_ip(request)).is_loopback:
        raise Forbidden()


class _Figures:
    """One scrape's values."""

    def __init__(self, request: web.Request, lanes: list[tuple[str, str, int]]) -> None:
        self.board, self.snapshot, self.lanes = request.app[HEALTH], request.app[SNAPSHOT](), lanes

    def collect(self) -> list[GaugeMetricFamily]:
        up = GaugeMetricFamily("milha_part_up", "1 when a part is up", labels=["part"])
        for part in self.board.parts.values():
            up.add_metric([part.name], float(part.good))
        jobs = GaugeMetricFamily("milha_jobs", "jobs by lane and state", labels=["lane", "state"])
        for lane, state, count in self.lanes:
            jobs.add_metric([lane, state], count)
        return [up, jobs, *(_aaa(self.snapshot) if self.snapshot else [])]


def _aaa(snapshot: Snapshot) -> list[GaugeMetricFamily]:
    plain = {
        "milha_sessions_online": ("open sessions of this node", snapshot.online),
        "milha_sessions_drifting": ("sessions whose NAS does not do what is wanted", snapshot.drifting),
        "milha_radius_accounts": ("logins in the index", snapshot.accounts),
        "milha_radius_accepts_total": ("Access-Accepts", snapshot.accepted),
        "milha_radius_rejects_total": ("Access-Rejects", snapshot.rejected),
        "milha_radius_p99_seconds": ("service time of logins this minute", snapshot.p99_us / 1e6),
        "milha_journal_lag_records": ("accounting records not yet in the database", snapshot.lag_records),
        "milha_aaa_loop_lag_seconds": ("how late the AAA loop wakes", snapshot.loop_lag_s),
    }
    families = [GaugeMetricFamily(name, text, value=value) for name, (text, value) in plain.items()]
    packets = GaugeMetricFamily("milha_radius_packets_total", "packets by what became of them", labels=["what"])
    for name, count in snapshot.counters.items():
        packets.add_metric([name], count)
    reasons = GaugeMetricFamily("milha_radius_reject_reasons_total", "rejects by reason", labels=["reason"])
    for name, count in snapshot.reasons.items():
        reasons.add_metric([name], count)
    return [*families, packets, reasons]
