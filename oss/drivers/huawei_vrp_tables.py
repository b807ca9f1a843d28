"""What VRP prints, as our shapes: its tables tell their number of rows. Pure; odd text raises ValueError."""

from __future__ import annotations

import re

from oss.drivers.metering import Counted
from oss.drivers.reading import address, consecutive, counted, facts, lines, mac, matched, only, place, whole
from oss.drivers.router import Hop, Interface, Limit, NatRule, Neighbour, Ping, RouterSession

NOBODY = re.compile(r"Info: No online user[!.]?", re.IGNORECASE)
RULER = re.compile(r"-{20,}")
USER_HEAD = ["UserID", "Username", "Interface", "IP", "address", "MAC", "Vlan", "IPv6", "address", "Access", "type"]
USER = re.compile(r"\s*(\d+)\s+(\S+)\s+(\d{0,3}[A-Za-z][\w/.-]*\w)\s+(\S+)\s+(\S+)", re.ASCII)
USER_MORE = re.compile(r"\s+(\d+/(?:\d+|-)|-|-/-)\s+([0-9A-Fa-f:/]+|-)\s+([A-Za-z]\w*)", re.ASCII)
USER_FOOT = re.compile(r"\s*(?:[A-Z]+|[A-Z][a-z]+)(?: [A-Za-z]+)+\s*: ?(\d+)", re.ASCII)
TOTAL_USERS = re.compile(r"\s*Total users\s*: ?(\d+)", re.ASCII)
ARP_HEAD = re.compile(
    r"IP ADDRESS MAC ADDRESS EXPIRE\(M\) TYPE INTERFACE VPN-INSTANCE VLAN/CEVLAN(?:\(SIP/DIP\))?(?: PVC)?", re.ASCII
)
ARP = re.compile(
    r"(\d[\d.]*)\s+(\S+)\s+(?:(\d+)\s+)?([A-Z])[ -]\S*\s+(\d{0,3}[A-Za-z][\w/.-]*\w)(?:\s+(\S+))?", re.ASCII
)
ARP_VLAN = re.compile(r"\s+\d+/(?:\d+|-)(?:\s+\S+)?", re.ASCII)
ARP_FOOT = re.compile(r"Total:(\d+)\s+Dynamic:(\d+)\s+Static:(\d+)\s+Interface:(\d+)(?:\s+Remote:\d+)?", re.ASCII)
BRIEF_HEAD = ["Interface", "PHY", "Protocol", "InUti", "OutUti", "inErrors", "outErrors"]
BRIEF = re.compile(
    r"(\d{0,3}[A-Za-z][\w/.-]*\w)\s+(\*?up|\*?down|\^down)(?:\([a-z]+\))?\s+(?:up|down)(?:\([a-z]+\))?"
    r"\s+(?:[\d.]+%|--)\s+(?:[\d.]+%|--)\s+\d+\s+\d+",
    re.ASCII,
)
COUNTS = r"\s*{}: (?:(?P<packets>\d+) packets, ?(?P<bytes>\d+) bytes|(?P<octets>\d+) bytes, ?(?P<count>\d+) packets)"
BOTH = re.compile(r"\((\d+), ?(\d+)\)", re.ASCII)
SENT = re.compile(r"\s*(\d+) packet\(s\) transmitted", re.ASCII)
CAME = re.compile(r"\s*(\d+) packet\(s\) received", re.ASCII)
LOST = re.compile(r"\s*([\d.]+)% packet loss", re.ASCII)
TRIP = re.compile(r"\s*round-trip min/avg/max = (\d+)/(\d+)/(\d+) ms", re.ASCII)
HOP = re.compile(r"\s*(\d+)\s+(?:(\*)|(\S+)\s+<?(\d+) ms)\s*", re.ASCII)
NAT_HEAD = ["Interface", "Acl", "Address-group/IP/Interface", "Type"]
NAT = re.compile(r"\s+(\d{0,3}[A-Za-z][\w/.-]*\w)\s+(\d+)\s+(\S+)\s+(pat|no-pat|easyip)", re.ASCII)
NAT_FOOT = re.compile(r"\s+Total : (\d+)", re.ASCII)
RATES = (("Down committed information rate", "Outbound cir"), ("Up committed information rate", "Inbound cir"))
KBPS = re.compile(r"(\d+)(?:\(kbps\))?", re.ASCII)
CLOCK = re.compile(r"(?:(\d+) ?days? )?(\d+):(\d\d):(\d\d)", re.ASCII)


def _body(answer: str) -> list[str]:
    """Without rulers."""
    return [line for line in lines(answer) if not RULER.fullmatch(line.strip())]


def sessions(answer: str) -> list[RouterSession]:
    """``display access-user``: two lines each."""
    said = _body(answer)
    if len(said) == 1 and NOBODY.fullmatch(said[0].strip()):
        return []
    if " ".join(said[:2]).split() != USER_HEAD:
        raise ValueError(" ".join(said[:2]))
    foot = [line for line in said[2:] if USER_FOOT.fullmatch(line)]
    rows = said[2 : len(said) - len(foot)]
    if said[len(said) - len(foot) :] != foot or len(rows) % 2:
        raise ValueError(said[-1])
    found = [_session(*pair) for pair in zip(rows[::2], rows[1::2], strict=True)]
    return counted(found, int(only(TOTAL_USERS, foot)[1]))


def _session(first: str, second: str) -> RouterSession:
    one, more = matched(USER, first), matched(USER_MORE, second)
    return RouterSession(
        id=one[1],
        login=one[2],
        address=None if one[4] == "-" else address(one[4]),
        mac=None if one[5] == "-" else mac(one[5]),
        service=more[3].lower(),
        interface=one[3],
    )


def session(answer: str, login: str) -> RouterSession | None:
    """``display access-user username ... verbose``; what it does not say is not known."""
    if NOBODY.fullmatch(answer.strip()):
        return None
    said = facts(_whole(answer))
    if said.get("User name") != login:
        raise ValueError(said.get("User name", answer))
    hardware, host, online = said.get("User MAC", "-"), said.get("User IP address", "-"), said.get("Online time")
    return RouterSession(
        id=str(whole(_fact(said, "User access index"))),
        login=login,
        address=None if host == "-" else address(host),
        mac=None if hardware == "-" else mac(hardware),
        service=_fact(said, "User access type").lower(),
        interface=_fact(said, "User access interface"),
        session_id=said.get("Accounting session ID") or said.get("Acct session id"),
        uptime_s=None if online is None else _clock(online),
    )


def _whole(answer: str) -> str:
    """A block between two rulers."""
    said = lines(answer)
    if len(said) < 3 or not all(RULER.fullmatch(line.strip()) for line in (said[0], said[-1])):
        raise ValueError(said[-1] if said else "")
    return "\n".join(said[1:-1])


def _fact(said: dict[str, str], name: str) -> str:
    if said.get(name, "") in ("", "-"):
        raise ValueError(f"no {name}")
    return said[name]


def _clock(text: str) -> int:
    days, hours, minutes, seconds = (int(part or 0) for part in matched(CLOCK, text).groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def limit(answer: str) -> Limit | None:
    """The committed rates of the same block, kbit/s."""
    said = facts(_whole(answer))
    down, up = (_kbps(said, *names) for names in RATES)
    by = said.get("QoS profile name", "-")
    return None if down is None and up is None else Limit(down, up, "" if by == "-" else by)


def _kbps(said: dict[str, str], *names: str) -> int | None:
    """By the name of this release; that it stands nowhere says nothing of the limit."""
    value = next((said[name] for name in names if name in said), None)
    if value is None:
        raise ValueError(f"no {names[0]}")
    return None if value in ("No limit", "-") else 1000 * int(matched(KBPS, value)[1])


def octets(answer: str) -> Counted:
    """The flow statistics of the same block, as two halves of 32 bits."""
    said = facts(_whole(answer))
    ways = [f"{way} {what} number" for what in ("bytes", "packets") for way in ("Down", "Up")]
    return Counted(*(_halves(_fact(said, way)) for way in ways))


def _halves(text: str) -> int:
    high, low = matched(BOTH, text).groups()
    if int(low) >> 32:
        raise ValueError(text)
    return (int(high) << 32) + int(low)


def interfaces(answer: str) -> list[Interface]:
    """``display interface brief``: legends, a head, and a row each without an end that is told."""
    said = lines(answer)
    heads = [at for at, line in enumerate(said) if line.split() == BRIEF_HEAD]
    if len(heads) != 1 or any(":" not in line for line in said[: heads[0]]):
        raise ValueError(said[0] if said else "")
    rows = [matched(BRIEF, line.strip()) for line in said[heads[0] + 1 :]]
    return [Interface(row[1], up=row[2] == "up", disabled=row[2] == "*down") for row in rows]


def port_octets(answer: str) -> Counted:
    """``display interface X``: what goes out is down."""
    said = lines(answer)
    came, left = (only(re.compile(COUNTS.format(way), re.ASCII), said) for way in ("Input", "Output"))
    octets, packets = [
        [int(one[a] or one[b]) for one in (left, came)] for a, b in (("bytes", "octets"), ("packets", "count"))
    ]
    return Counted(*octets, *packets)


def neighbours(answer: str) -> list[Neighbour]:
    """``display arp all``."""
    said = _body(answer)
    matched(ARP_HEAD, " ".join(" ".join(said[:2]).split()))
    rows = [matched(ARP, line.strip()) for line in said[2:-1] if not ARP_VLAN.fullmatch(line)]
    found = [
        Neighbour(address(one[1]), None if one[2] == "Incomplete" else mac(one[2]), one[5], one[4] == "D")
        for one in rows
    ]
    return counted(found, int(matched(ARP_FOOT, said[-1].strip())[1]))


def nat_rules(answer: str) -> list[NatRule]:
    """``display nat outbound``."""
    said = _body(answer)
    if [one.strip() for one in said[:1]] != ["NAT Outbound Information:"] or said[1].split() != NAT_HEAD:
        raise ValueError(" ".join(said[:2]))
    rows = [matched(NAT, line) for line in said[2:-1]]
    found = [
        NatRule(at, "outbound", one[4], source=f"acl {one[2]}", to_addresses=place(one[3]), out_interface=one[1])
        for at, one in enumerate(rows)
    ]
    return counted(found, int(matched(NAT_FOOT, said[-1])[1]))


def pings(target: str, answer: str) -> Ping:
    """``ping -c``: its four lines of sums."""
    said = lines(answer)
    sent, came = (int(only(one, said)[1]) for one in (SENT, CAME))
    lost = float(only(LOST, said)[1])
    if came > sent or abs(lost - 100 * (sent - came) / max(1, sent)) > 1:
        raise ValueError(f"{came} of {sent}, {lost} %")
    if not came:
        return Ping(target, sent, 0)
    lowest, mean, highest = (float(one) for one in only(TRIP, said).groups())
    return Ping(target, sent, came, lowest, mean, highest)


def hops(target: str, answer: str, first: int, last: int) -> list[Hop]:
    """``tracert -q 1``: a line each."""
    said = lines(answer)
    if not said or "traceroute to" not in said[0]:
        raise ValueError(said[0] if said else "")
    return consecutive([_hop(target, matched(HOP, line)) for line in said[1:]], first, last)


def _hop(target: str, row: re.Match[str]) -> Hop:
    if row[2]:
        return Hop(int(row[1]), None)
    return Hop(int(row[1]), address(row[3]), float(row[4]), row[3] == target)
