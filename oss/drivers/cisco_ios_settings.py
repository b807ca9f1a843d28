"""What an IOS configuration says of AAA, time and NAT. Pure.

A key of type 7 is no cipher: its table has been public since 1995, and with it a secret can be compared with ours.
"""

from __future__ import annotations

import re

from oss.drivers.reading import address, place, whole
from oss.drivers.router import NatRule, RadiusServer, Settings
from oss.drivers.statements import Statement, parsed

TYPE_7 = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
KEY = r"(?:(?P<kind>[067]) )?(?P<key>\S+)"
SERVER = r"address ipv[46] (\S+) auth-port (\d+) acct-port (\d+)"
OLD_SERVER = rf"radius-server host (\S+) auth-port (\d+) acct-port (\d+)(?: key {KEY})?"
UPDATE = r"aaa accounting update (?:newinfo )?periodic (\d+)"
NTP = r"ntp server (?:vrf \S+ )?(\S+)(?: .*)?"
STATIC = r"ip nat inside source static (?:(tcp|udp) (\S+) (\d+) (\S+) (\d+)|(\S+) (\S+))(?: extendable)?"
DYNAMIC = r"ip nat inside source (?:list|route-map) (\S+) (?:interface (\S+)|pool (\S+))(?: (overload))?"


def settings(text: str) -> Settings:
    """Of a whole running configuration. ``coa_port`` None: not written there, which is 1700 in most releases."""
    root = parsed(text, "!")
    coa = [one for one in root.blocks(r"aaa server radius dynamic-author") if any(one.like(r"client .*"))]
    ports = [whole(port[1]) for one in coa for port in one.like(r"port (\d+)")]
    ntp = tuple(place(one[1]) for one in root.like(NTP))
    version = next(root.like(r"version ([\d.]+)"), None)
    interim = next(root.like(UPDATE), None)
    return Settings(
        coa_accepted=bool(coa),
        coa_port=next(iter(ports), None),
        ntp_on=bool(ntp),
        ntp_servers=ntp,
        radius=(*_servers(root), *_old_servers(root)),
        radius_used=any(root.like(r"aaa authentication ppp \S+ .*group .*")),
        accounting=any(root.like(r"aaa accounting network \S+(?: start-stop group \S+.*)?")),
        interim_s=60 * int(interim[1]) if interim else None,
        version=version[1] if version else "",
    )


def _servers(root: Statement) -> list[RadiusServer]:
    found = []
    for block in root.blocks(r"radius server \S+"):
        key = next(block.like(rf"key {KEY}"), None)
        for one in block.like(SERVER):
            found.append(RadiusServer(address(one[1]), int(one[2]), int(one[3]), secret=key and _secret(key)))
    return found


def _old_servers(root: Statement) -> list[RadiusServer]:
    return [
        RadiusServer(address(one[1]), int(one[2]), int(one[3]), secret=_secret(one) if one["key"] else None)
        for one in root.like(OLD_SERVER)
    ]


def _secret(key: re.Match[str]) -> str | None:
    """In clear where it can be: as it stands, or by the table of type 7."""
    if key["kind"] == "6":
        return None
    return revealed(key["key"]) if key["kind"] == "7" else key["key"]


def revealed(text: str) -> str:
    """A key of type 7: two digits say where in the table it begins."""
    if not re.fullmatch(r"\d\d(?:[0-9A-F]{2})+", text, re.ASCII):
        raise ValueError("a key of type 7")
    at = int(text[:2])
    octets = bytes.fromhex(text[2:])
    return bytes(one ^ TYPE_7[(at + place) % len(TYPE_7)] for place, one in enumerate(octets)).decode("latin-1")


def nat_rules(text: str) -> list[NatRule]:
    """The statements that translate sources, in their order."""
    statements = [one.text for one in parsed(text, "!").below if one.text.startswith("ip nat inside source ")]
    return [_nat_rule(number, statement) for number, statement in enumerate(statements)]


def _nat_rule(number: int, text: str) -> NatRule:
    static, dynamic = re.fullmatch(STATIC, text), re.fullmatch(DYNAMIC, text)
    if static and static[1]:
        source, ports = f"{address(static[2])}:{static[3]}", static[5]
        return NatRule(number, "inside", "static", source, "", static[1], address(static[4]), ports)
    if static:
        return NatRule(number, "inside", "static", address(static[6]), to_addresses=address(static[7]))
    if dynamic:
        action = "overload" if dynamic[4] else "dynamic"
        return NatRule(
            number, "inside", action, f"list {dynamic[1]}", "", "", dynamic[3] or "", out_interface=dynamic[2] or ""
        )
    raise ValueError(text)
