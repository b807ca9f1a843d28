"""What IOS and IOS XE print, as our shapes. Pure; odd text raises ValueError. Most tables do not tell their end."""

from __future__ import annotations

import re

from oss.drivers.metering import Counted
from oss.drivers.reading import address, consecutive, lines, mac, matched, only, table
from oss.drivers.router import Hop, Interface, Lease, Limit, Neighbour, Ping, RouterSession

PORT = r"\d{0,3}[A-Za-z][\w/.:-]*\w"
USERS_HEAD = ["Interface", "User", "Mode", "Idle", "Peer", "Address"]
USER = re.compile(
    rf"\s+({PORT})\s+([!-~]+)\s+([A-Za-z]\w*)\s+(\d\d:\d\d:\d\d|\d+[wdyh]\d+[dhw]|-)\s+(\d[\d.]*|[0-9a-f:]+)", re.ASCII
)
PPPOE_HEAD = ["Uniq", "ID", "PPPoE", "RemMAC", "Port", "VT", "VA", "State", "SID", "LocMAC", "VA-st", "Type"]
PPPOE_TOTAL = re.compile(r"\s*(\d+) sessions?\s+total", re.ASCII)
PPPOE_KIND = re.compile(r"\s*\d+ sessions?\s+in \S+ \(\S+\) State", re.ASCII)
PPPOE = re.compile(rf"\s+(\d+)\s+(\d+)\s+(\S+)\s+({PORT})\s+(\d+)\s+({PORT}|N/A)\s+(\w+)", re.ASCII)
PPPOE_MORE = re.compile(r"\s+(\S+)(?:\s+VLAN:\s*[\d/]+)?(?:\s+(UP|DOWN))?", re.ASCII)
BRIEF = re.compile(rf"({PORT})\s+(admin down|up|down|deleted)\s+(up|down)(?:\s+(\S+(?: {{1,2}}\S+)*))?", re.ASCII)
CAME = re.compile(r"\s*(\d+) packets input, (\d+) bytes(?:, .*)?", re.ASCII)
LEFT = re.compile(r"\s*(\d+) packets output, (\d+) bytes(?:, .*)?", re.ASCII)
POLICY = re.compile(r"\s*Service-policy (input|output): (\S+)", re.ASCII)
RATE = re.compile(
    r"\s*(?:shape \(average\) |police:? ?)?cir (\d+)(?: bps)?, bc \d+(?: bytes)?(?:, be \d+(?: bytes)?)?", re.ASCII
)
ARP_HEAD = "Protocol Address Age (min) Hardware Addr Type Interface"
ARP = re.compile(rf"Internet\s+(\d[\d.]*)\s+(\d+|-)\s+(\S+)\s+(?:ARPA|SNAP)(?:\s+({PORT}))?", re.ASCII)
LEASE_HEAD = re.compile(
    r"IP address Client-ID/ Lease expiration Type(?: State Interface)? Hardware address/ User name", re.ASCII
)
LEASE = re.compile(
    r"(\d[\d.]*)\s+([0-9a-f.]+)\s+(?:Infinite|[A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d [AP]M)\s+"
    rf"(Automatic|Manual|On-demand)(?:\s+(Active|Selecting|Terminating)\s+({PORT}))?",
    re.ASCII,
)
RESULT = re.compile(
    r"Success rate is (\d+) percent \((\d+)/(\d+)\)(?:, round-trip min/avg/max = (\d+)/(\d+)/(\d+) ms)?", re.ASCII
)
HOP = re.compile(r"\s*(\d+)\s+(?:(\*)(?:\s+\*)*|(\S+) (\d+) msec(?: \d+ msec)*)(?:\s+![A-Z])?\s*", re.ASCII)
TRACE_HEAD = re.compile(r"(?:Type escape sequence to abort\.|Tracing the route to .*|VRF info: .*)")


def sessions(users: str, pppoe: str) -> list[RouterSession]:
    """``show users wide`` has the names, ``show pppoe session`` the MACs and how many there are."""
    by_port = _pppoe(pppoe)
    found = [_session(row, by_port) for row in _users(users)]
    named = {one.interface for one in found}
    if len(named) != len(found) or not {port for port, (_, up) in by_port.items() if up} <= named:
        raise ValueError(f"{len(found)} of {len(by_port)}")
    return found


def _users(answer: str) -> list[re.Match[str]]:
    """The second table: who came by PPP. Above it stand those who sit at the command line."""
    said = lines(answer)
    heads = [at for at, line in enumerate(said) if line.split() == USERS_HEAD]
    if not said or said[0].split()[:2] != ["Line", "User"] or len(heads) > 1:
        raise ValueError(said[0] if said else "")
    return [matched(USER, line) for line in said[heads[0] + 1 :]] if heads else []


def _session(row: re.Match[str], by_port: dict[str, tuple[str, bool]]) -> RouterSession:
    port, service = row[1], row[3].lower()
    if service == "pppoe" and port not in by_port:
        raise ValueError(row[0])
    hardware = by_port[port][0] if port in by_port else None
    return RouterSession(id=port, login=row[2], address=address(row[5]), mac=hardware, service=service, interface=port)


def _pppoe(answer: str) -> dict[str, tuple[str, bool]]:
    """Virtual interface -> the MAC on it, and whether it is up."""
    said = [line for line in lines(answer) if not PPPOE_KIND.fullmatch(line)]
    if not said:
        return {}
    total = int(matched(PPPOE_TOTAL, said[0])[1])
    if " ".join(said[1:3]).split() != PPPOE_HEAD or len(said) != 3 + 2 * total:
        raise ValueError(f"{(len(said) - 3) / 2} of {total}")
    pairs = zip(said[3::2], said[4::2], strict=True)
    rows = [(matched(PPPOE, first), matched(PPPOE_MORE, second)) for first, second in pairs]
    for _, more in rows:
        mac(more[1])
    return {one[6]: (mac(one[3]), more[2] == "UP") for one, more in rows if one[6] != "N/A"}


def policed(answer: str, way: str) -> tuple[int | None, str]:
    """``show policy-map interface X output``: bit/s and the policy's name; nothing said, nothing limits."""
    said = lines(answer)
    if not said:
        return None, ""
    policies = [found for line in said if (found := POLICY.fullmatch(line))]
    rates = [found for line in said if (found := RATE.fullmatch(line))]
    if not policies or policies[0][1] != way or len(rates) != 1:
        raise ValueError(said[0])
    return int(rates[0][1]), policies[0][2]


def limit(down: str, up: str) -> Limit | None:
    """Both ways together; output is to the customer."""
    (down_bps, by), (up_bps, _) = policed(down, "output"), policed(up, "input")
    return None if down_bps is None and up_bps is None else Limit(down_bps, up_bps, by)


def interfaces(answer: str) -> list[Interface]:
    """``show interfaces description``."""
    rows = table(answer, "Interface Status Protocol Description", BRIEF)
    return [
        Interface(
            row[1],
            comment=row[4] or "",
            up=row[2] == row[3] == "up",
            disabled=row[2] == "admin down",
            dynamic=row[1].startswith("Vi"),  # Virtual-Access, one a session
        )
        for row in rows
    ]


def octets(answer: str) -> Counted:
    """``show interfaces X``: what goes out is down."""
    came, left = (only(way, lines(answer)) for way in (CAME, LEFT))
    return Counted(int(left[2]), int(came[2]), int(left[1]), int(came[1]))


def neighbours(answer: str) -> list[Neighbour]:
    """``show ip arp``; an age of ``-`` is the router's own or a written one."""
    return [
        Neighbour(address(row[1]), None if row[3] == "Incomplete" else mac(row[3]), row[4] or "", row[2] != "-")
        for row in table(answer, ARP_HEAD, ARP)
    ]


def leases(answer: str) -> list[Lease]:
    """``show ip dhcp binding``; when one ends is told in the router's own zone, which nobody tells."""
    said = lines(answer)
    if not said or not said[0].startswith("Bindings from"):
        raise ValueError(said[0] if said else "")
    matched(LEASE_HEAD, " ".join(" ".join(said[1:4]).split()))
    rows = [matched(LEASE, line) for line in said[4:]]
    return [Lease(address(row[1]), _client(row[2]), status=row[3].lower()) for row in rows]


def _client(text: str) -> str | None:
    """A client identifier that is a MAC: 01 and its octets (RFC 2132 9.14)."""
    bare = text.replace(".", "")
    if len(bare) == 14 and bare.startswith("01"):
        bare = bare[2:]
    return mac(".".join(bare[at : at + 4] for at in (0, 4, 8))) if len(bare) == 12 else None


def pings(target: str, answer: str) -> Ping:
    """``ping X repeat N``."""
    found = only(RESULT, lines(answer))
    percent, came, sent = (int(found[at]) for at in (1, 2, 3))
    if came > sent or percent != 100 * came // max(1, sent) or (came > 0) != (found[4] is not None):
        raise ValueError(found[0])
    if not came:
        return Ping(target, sent, 0)
    return Ping(target, sent, came, float(found[4]), float(found[5]), float(found[6]))


def hops(target: str, answer: str, first: int, last: int) -> list[Hop]:
    """``traceroute X numeric probe 1``: a line each."""
    rows = [matched(HOP, line) for line in lines(answer) if not TRACE_HEAD.fullmatch(line)]
    found = [
        Hop(int(row[1]), None) if row[2] else Hop(int(row[1]), address(row[3]), float(row[4]), row[3] == target)
        for row in rows
    ]
    return consecutive(found, first, last)
