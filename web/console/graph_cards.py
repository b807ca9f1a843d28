"""Graphs beside other things: of a device, a site, an ONU, a customer's line; and the small curves of interfaces.

A card has no stream of its own: a browser has six connections to a server, and a page of cards would take them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from oss.base import clock, db
from oss.monitoring import objects, series
from oss.monitoring.kinds import DEVICE, INTERFACE, ONU, PING, Kind
from oss.monitoring.permissions import MonitoringPermission
from oss.monitoring.series import MOST_OBJECTS, Request
from web import formats
from web.catalogues import N_
from web.console import graph_words
from web.pages import context
from web.render import translate

SPARKED = timedelta(hours=3)
SPARK_POINTS = 36
MOST_SPARKED = 4 * MOST_OBJECTS
MOST_LINES = 6  # of one card: the charts have so many colours


@dataclass(frozen=True, slots=True)
class Card:
    """What a card is to show, if it is sampled: some metrics of one unit."""

    title: str
    kind: Kind
    objects: Sequence[int]
    metrics: Sequence[str]


def of_device(device_id: int) -> list[Card]:
    """Processor and memory, temperature, echoes."""
    return [
        Card(N_("Processor and memory"), DEVICE, [device_id], ["cpu_pct", "memory_pct"]),
        Card(N_("Ping"), PING, [device_id], ["rtt_ms"]),
        Card(N_("Lost echoes"), PING, [device_id], ["loss_pct"]),
        Card(N_("Temperature"), DEVICE, [device_id], ["temperature_c"]),
    ]


def of_site(device_ids: Sequence[int]) -> list[Card]:
    """Its devices beside each other."""
    some = list(device_ids)[:MOST_LINES]
    return [
        Card(N_("Ping"), PING, some, ["rtt_ms"]),
        Card(N_("Temperature"), DEVICE, some, ["temperature_c"]),
    ]


def of_onu(onu_id: int) -> list[Card]:
    """Light in both directions."""
    return [Card(N_("Optical power"), ONU, [onu_id], ["rx_dbm", "olt_rx_dbm"])]


def of_line(drop: Mapping[str, Any] | None) -> list[Card]:
    """What is sampled where a login's line ends: the port's traffic, the ONU's light, the radio's echoes."""
    if drop is None:
        return []
    found = []
    if drop["interface_id"]:
        found.append(Card(N_("Traffic of the line"), INTERFACE, [drop["interface_id"]], ["in_bps", "out_bps"]))
    if drop["onu_id"]:
        found += of_onu(drop["onu_id"])
    if drop["device_id"]:
        found.append(Card(N_("Ping"), PING, [drop["device_id"]], ["rtt_ms"]))
    return found


async def cards(request: web.Request, wanted: Iterable[Card]) -> list[dict[str, Any]]:
    """Those that are sampled, as ``ui.graph`` takes them with a ``heading``; none for who may see no graphs."""
    rc = context(request)
    if not rc.may(MonitoringPermission.READ):
        return []
    found = []
    async with db.pool().acquire() as connection:
        for one in wanted:
            known = await objects.known(connection, one.kind, one.objects)
            if known:
                named = await objects.named(connection, one.kind, known)
                drawn = graph_words.graph(rc, one.kind, named, one.metrics)
                found.append({**drawn, "live": "", "heading": translate(rc.language, one.title)})
    return found


async def sparks(request: web.Request, interfaces: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The last hours of interfaces: ``in`` and ``out`` as curves, ``page`` of the whole graph; those sampled."""
    rc = context(request)
    if not rc.may(MonitoringPermission.READ):
        return {}
    found: dict[int, dict[str, Any]] = {}
    now = clock.now()
    async with db.pool().acquire() as connection:
        known = await objects.known(connection, INTERFACE, list(interfaces)[:MOST_SPARKED])
        for first in range(0, len(known), MOST_OBJECTS):
            some = known[first : first + MOST_OBJECTS]
            asked = Request(INTERFACE, some, ["in_bps", "out_bps"], now - SPARKED, now, SPARK_POINTS)
            for line in (await series.read(connection, asked)).lines:
                page = graph_words.address(INTERFACE, [line.object_id], ["in_bps", "out_bps"])
                one = found.setdefault(line.object_id, {"page": page})
                last = graph_words.bits(rc.language, line.stats.last)
                told = formats.NBSP.join(last) if last else "–"
                one[line.metric.name.removesuffix("_bps")] = {"values": line.mean, "last": told}
    return found
