"""Ping and traceroute from the router: see `oss.lab.network.echoes` for who answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING

from oss.lab.network.echoes import reached, took_ms, way
from oss.lab.network.routeros.menus import Row
from oss.lab.network.routeros.spelling import milliseconds
from oss.lab.network.routeros.trap import Trap

if TYPE_CHECKING:
    from oss.lab.network.routeros.router import RouterOs

FOR_EVER = 1 << 30
GATEWAY = "10.255.0.254"


async def ping(router: RouterOs, words: Mapping[str, str]) -> AsyncIterator[Row]:
    """A row for each that was sent, with the sums so far."""
    address = _address(words)
    count, size = _number(words, "count", FOR_EVER), words.get("size", "56")
    times: list[float] = []
    for number in range(count):
        if number:
            await asyncio.sleep(router.tick_s)
        row = {"seq": str(number), "host": address}
        hops = way(router, address, GATEWAY)
        if _number(words, "ttl", len(hops)) < len(hops):
            row |= _died(hops[_number(words, "ttl", 1) - 1], number)
        elif reached(router, address):
            times.append(took_ms(address, number))
            row |= {"size": size, "ttl": "58", "time": milliseconds(times[-1])}
        else:
            row["status"] = "timeout"
        yield row | _sums(number + 1, times)


def _died(hop: str | None, number: int) -> Row:
    """A packet that was not to live as long as the way is: the router at which it ended may say so."""
    if hop is None:
        return {"status": "timeout"}
    time = milliseconds(took_ms(hop, number))
    return {"host": hop, "size": "84", "ttl": "64", "time": time, "status": "TTL exceeded"}


def _sums(sent: int, times: list[float]) -> Row:
    row = {"sent": str(sent), "received": str(len(times)), "packet-loss": str(100 - 100 * len(times) // sent)}
    if times:
        row |= {
            "min-rtt": milliseconds(min(times)),
            "avg-rtt": milliseconds(sum(times) / len(times)),
            "max-rtt": milliseconds(max(times)),
        }
    return row


async def traceroute(router: RouterOs, words: Mapping[str, str]) -> AsyncIterator[Row]:
    """The table of hops, again and again: ``.section`` tells which time it is."""
    address = _address(words)
    for section in range(_number(words, "count", FOR_EVER)):
        if section:
            await asyncio.sleep(router.tick_s)
        for place, hop in enumerate(way(router, address, GATEWAY)):
            yield {".section": str(section), **_hop(hop, section + 1, place)}


def _hop(address: str | None, sent: int, place: int) -> Row:
    if address is None:
        return {"address": "", "loss": "100", "sent": str(sent), "last": "timeout", "status": ""}
    times = [took_ms(address, number) + place for number in range(sent)]
    return {
        "address": address,
        "loss": "0",
        "sent": str(sent),
        "last": f"{times[-1]:.1f}",
        "avg": f"{sum(times) / sent:.1f}",
        "best": f"{min(times):.1f}",
        "worst": f"{max(times):.1f}",
        "std-dev": "0.2",
        "status": "",
    }


def _address(words: Mapping[str, str]) -> str:
    said = words.get("address", "")
    try:
        return str(ip_address(said))
    except ValueError:
        raise Trap(f"invalid value {said} for address, an IP address" if said else "missing address", 1) from None


def _number(words: Mapping[str, str], name: str, default: int) -> int:
    said = words.get(name, "")
    if said and not said.isdecimal():
        raise Trap(f"invalid value {said} for {name}, an integer", 1)
    return int(said) if said else default
