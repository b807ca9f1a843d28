"""Tables that a router is asked for while somebody looks: which, in which columns, in whose words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from oss.drivers.links import Link
from oss.drivers.router import Interface, Lease, Limit, ListedAddress, NatRule, Neighbour, Queue, Rate, Router
from web import formats
from web.catalogues import N_
from web.render import RenderContext, translate

MOST = 500
Cell = str


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of a router. ``read`` asks for it; ``cells`` are a row's, one for each of ``heads``.

    ``of_customers``: it tells of customers, whoever they are: for whom all sessions may be seen.
    """

    label: str
    heads: tuple[str, ...]
    read: Callable[[Router, Link], Awaitable[Sequence[Any]]]
    cells: Callable[[RenderContext, Any], tuple[Cell, ...]]
    none: str
    watch: bool = False
    of_customers: bool = False


def _rate(rc: RenderContext, bps: int | None) -> str:
    return "–" if bps is None else formats.rate(bps / 1000, rc.language)


def _both(rc: RenderContext, limit: Limit | Rate | None) -> str:
    """Down and up."""
    if limit is None:
        return "–"
    return f"{_rate(rc, limit.down_bps)} / {_rate(rc, limit.up_bps)}"


def _lasts(seconds: int | None) -> str:
    return "–" if seconds is None else formats.duration(seconds)


def _yes(rc: RenderContext, value: bool) -> str:
    return translate(rc.language, N_("yes") if value else N_("no"))


def _queue(rc: RenderContext, one: Queue) -> tuple[str, ...]:
    rate = _both(rc, one.rate) if one.rate is not None else "–"
    return one.name, one.target, _both(rc, one.limit), rate, _yes(rc, one.dynamic), _yes(rc, not one.disabled)


def _listed(rc: RenderContext, one: ListedAddress) -> tuple[str, ...]:
    return one.list, one.address, _lasts(one.timeout_s), _yes(rc, one.dynamic), one.comment


def _neighbour(rc: RenderContext, one: Neighbour) -> tuple[str, ...]:
    return one.address, one.mac or "–", one.interface, _yes(rc, one.dynamic)


def _lease(rc: RenderContext, one: Lease) -> tuple[str, ...]:
    return one.address, one.mac or "–", one.host_name, one.status, _lasts(one.expires_s), one.server


def _nat(rc: RenderContext, one: NatRule) -> tuple[str, ...]:
    to = ":".join(filter(None, (one.to_addresses, one.to_ports)))
    return (
        str(one.number),
        one.chain,
        one.action,
        one.source,
        one.destination,
        one.protocol,
        to,
        one.out_interface,
        _yes(rc, not one.disabled),
        one.comment,
    )


def _interface(rc: RenderContext, one: Interface) -> tuple[str, ...]:
    state = N_("off") if one.disabled else N_("up") if one.up else N_("down")
    return one.name, one.kind, translate(rc.language, state), one.mac or "–", one.comment


TABLES: dict[str, Shown] = {
    "interfaces": Shown(
        N_("Interfaces"),
        (N_("Name"), N_("Kind"), N_("State"), "MAC", N_("Note")),
        lambda router, link: router.interfaces(link),
        _interface,
        N_("It has no interfaces"),
        watch=True,
    ),
    "queues": Shown(
        N_("Queues"),
        (N_("Name"), N_("Target"), N_("Limit"), N_("Now"), N_("Made by itself"), N_("In force")),
        lambda router, link: router.queues(link),
        _queue,
        N_("It shapes nobody"),
        of_customers=True,
    ),
    "lists": Shown(
        N_("Address lists"),
        (N_("List"), N_("Address"), N_("Ends in"), N_("Made by itself"), N_("Note")),
        lambda router, link: router.address_lists(link),
        _listed,
        N_("Nobody is on a list"),
        of_customers=True,
    ),
    "arp": Shown(
        "ARP",
        (N_("Address"), "MAC", N_("Interface"), N_("Learned")),
        lambda router, link: router.neighbours(link),
        _neighbour,
        N_("It knows no neighbour"),
        of_customers=True,
    ),
    "dhcp": Shown(
        "DHCP",
        (N_("Address"), "MAC", N_("Host name"), N_("State"), N_("Ends in"), N_("Server")),
        lambda router, link: router.leases(link),
        _lease,
        N_("It lent no address"),
        of_customers=True,
    ),
    "nat": Shown(
        "NAT",
        (
            N_("Number"),
            N_("Chain"),
            N_("Action"),
            N_("Source"),
            N_("Destination"),
            N_("Protocol"),
            N_("Becomes"),
            N_("Goes out by"),
            N_("In force"),
            N_("Note"),
        ),
        lambda router, link: router.nat_rules(link),
        _nat,
        N_("It translates nothing"),
    ),
}


def rows(rc: RenderContext, shown: Shown, found: Sequence[Any], text: str) -> tuple[list[tuple[Cell, ...]], int]:
    """The cells of those that hold the text, the first of them; and how many hold it."""
    cells = [shown.cells(rc, one) for one in found]
    held = [one for one in cells if not text or any(text.casefold() in cell.casefold() for cell in one)]
    return held[:MOST], len(held)
