"""RouterOS's tables as our shapes. Pure; an odd row raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oss.drivers.mikrotik_words import Row, flag, host, milliseconds, pair, port, said, seconds, session_id
from oss.drivers.reading import address, mac, matched, place, whole
from oss.drivers.router import (
    Hop,
    Interface,
    Lease,
    Limit,
    ListedAddress,
    NatRule,
    Neighbour,
    Ping,
    Queue,
    RadiusServer,
    Rate,
    RouterSession,
    Settings,
)

SESSION = (".id", "name", "service", "caller-id", "address", "uptime", "session-id")
SERVICE = re.compile(r"[a-z0-9-]+")
CHANGED = re.compile(r"(?:changed|added|removed|moved) by (\S+)")
NO_SERVER = "0.0.0.0"  # noqa: S104 - how RouterOS 6 says that there is none
RATE = ("rx-bits-per-second", "tx-bits-per-second", "rx-packets-per-second", "tx-packets-per-second")


def session(row: Row) -> RouterSession:
    """A row of /ppp/active. Its interface has no column, but always this name."""
    login, service = said(row, "name"), matched(SERVICE, said(row, "service"))[0]
    caller = row.get("caller-id", "")
    return RouterSession(
        id=said(row, ".id"),
        login=login,
        address=host(row),
        mac=mac(caller) if service == "pppoe" and caller else None,
        service=service,
        interface=f"<{service}-{login}>",
        session_id=session_id(row["session-id"]) if row.get("session-id") else None,
        uptime_s=seconds(row.get("uptime", "")),
    )


def of_login(session: RouterSession, login: str) -> RouterSession:
    """The session, if it is this login's."""
    if session.login != login:
        raise ValueError(session.login)
    return session


def rate(row: Row) -> Rate:
    """What monitor-traffic says: transmitted is to the customer."""
    up, down, up_packets, down_packets = (whole(said(row, name)) for name in RATE)
    return Rate(down, up, down_packets, up_packets)


def limit(row: Row) -> Limit:
    """max-limit of a simple queue; 0 is none."""
    up, down = pair(said(row, "max-limit"))
    return Limit(down or None, up or None, said(row, "name"))


def queue(row: Row) -> Queue:
    """A row of /queue/simple."""
    return Queue(
        said(row, "name"),
        row.get("target", ""),
        limit(row),
        _queue_rate(row),
        flag(row, "disabled"),
        flag(row, "dynamic", "false"),
    )


def _queue_rate(row: Row) -> Rate | None:
    if "rate" not in row:
        return None
    up, down = pair(row["rate"])
    up_packets, down_packets = pair(row["packet-rate"]) if "packet-rate" in row else (None, None)
    return Rate(down, up, down_packets, up_packets)


def interface(row: Row) -> Interface:
    """A row of /interface."""
    hardware = row.get("mac-address")
    return Interface(
        said(row, "name"),
        row.get("type", ""),
        row.get("comment", ""),
        flag(row, "running"),
        flag(row, "disabled"),
        mac(hardware) if hardware else None,
        flag(row, "dynamic", "false") or row.get("type", "").endswith("-in"),  # "-in": somebody dials into it
    )


def listed(row: Row) -> ListedAddress:
    """A row of /ip/firewall/address-list."""
    return ListedAddress(
        said(row, "list"),
        place(said(row, "address")),
        seconds(row.get("timeout", "")),
        flag(row, "dynamic", "false"),
        row.get("comment", ""),
    )


def neighbour(row: Row) -> Neighbour:
    """A row of /ip/arp."""
    hardware = row.get("mac-address")
    return Neighbour(
        address(said(row, "address")),
        mac(hardware) if hardware else None,
        row.get("interface", ""),
        flag(row, "dynamic", "false"),
    )


def lease(row: Row) -> Lease:
    """A row of /ip/dhcp-server/lease; what is active counts before what is reserved."""
    hardware = row.get("active-mac-address") or row.get("mac-address")
    return Lease(
        host(row, "active-address") or address(said(row, "address")),
        mac(hardware) if hardware else None,
        row.get("host-name", ""),
        row.get("status", ""),
        seconds(row.get("expires-after", "")),
        row.get("server", ""),
    )


def nat_rule(number: int, row: Row) -> NatRule:
    """A row of /ip/firewall/nat; ``number`` as the router prints it, from 0."""
    return NatRule(
        number=number,
        chain=said(row, "chain"),
        action=said(row, "action"),
        source=_place(row, "src-address"),
        destination=_place(row, "dst-address"),
        protocol=row.get("protocol", ""),
        to_addresses=_place(row, "to-addresses"),
        to_ports=_place(row, "to-ports"),
        out_interface=row.get("out-interface") or row.get("out-interface-list", ""),
        disabled=flag(row, "disabled"),
        comment=row.get("comment", ""),
    )


def _place(row: Row, name: str) -> str:
    return place(row[name]) if row.get(name) else ""


def pings(target: str, rows: Sequence[Row]) -> Ping:
    """What /ping said, a row a packet; the last one has the sums."""
    if not rows:
        raise ValueError("")
    last = rows[-1]
    sent, received = whole(said(last, "sent")), whole(said(last, "received"))
    if received > sent or sent != len(rows):
        raise ValueError(f"{received} of {sent}")
    lowest, mean, highest = (milliseconds(last[n]) if n in last else None for n in ("min-rtt", "avg-rtt", "max-rtt"))
    return Ping(target, sent, received, lowest, mean, highest)


def hop(number: int, row: Row) -> Hop:
    """One /ping with this TTL: who answered, the target or a router that threw it away."""
    status = row.get("status", "")
    if status == "timeout":
        return Hop(number, None)
    if status not in ("", "TTL exceeded") and not status.endswith(" unreachable"):
        raise ValueError(status)
    reached = whole(said(row, "received")) == 1
    if reached == bool(status):
        raise ValueError(f"received={row['received']} {status}")
    milli = milliseconds(said(row, "time")) if reached or "time" in row else None
    return Hop(number, address(said(row, "host")), milli, reached)


def radius_server(row: Row) -> RadiusServer:
    """A row of /radius."""
    services = tuple(matched(SERVICE, one)[0] for one in said(row, "service").split(",") if one)
    auth, acct = port(row, "authentication-port"), port(row, "accounting-port")
    return RadiusServer(address(said(row, "address")), auth, acct, services, flag(row, "disabled"), row.get("secret"))


def settings(servers: Sequence[Row], incoming: Row, aaa: Row, ntp: Row, resource: Row) -> Settings:
    """/radius, /radius/incoming, /ppp/aaa, /system/ntp/client and /system/resource together.

    ``interim_s`` 0: as each login's answer says.
    """
    return Settings(
        coa_accepted=flag(incoming, "accept"),
        coa_port=port(incoming, "port"),
        ntp_on=flag(ntp, "enabled"),
        ntp_servers=_ntp_servers(ntp),
        radius=tuple(radius_server(row) for row in servers),
        radius_used=flag(aaa, "use-radius"),
        accounting=flag(aaa, "accounting"),
        interim_s=seconds(aaa["interim-update"]) if aaa.get("interim-update") else None,
        version=said(resource, "version"),
    )


def _ntp_servers(ntp: Row) -> tuple[str, ...]:
    """RouterOS 7 has one list, 6 had two addresses and a list of names."""
    named = [ntp.get(name, "") for name in ("servers", "primary-ntp", "secondary-ntp", "server-dns-names")]
    return tuple(place(one) for text in named for one in text.split(",") if one and one != NO_SERVER)


def last_change(log: Sequence[Row]) -> str:
    """The newest line of the log about a change, as a remark; nothing where there is none."""
    found = [(said(row, "time"), CHANGED.search(said(row, "message"))) for row in log]
    told = [f"# last change: {at} by {change[1]}\n" for at, change in found if change]
    return told[-1] if told else ""


def one_row(rows: Sequence[Row]) -> Row:
    """Of a menu that has one row."""
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} rows")
    return rows[0]
