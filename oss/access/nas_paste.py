"""What to paste into a router so that it asks us: a text for each maker, with our address and the router's values.

The secret is what the caller gives: a placeholder, or (to who may, and noted) the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

FROM_VENDOR: Final = {"mikrotik": "routeros7", "huawei": "huawei", "cisco": "cisco", "juniper": "juniper"}
"""The text shown first for a NAS of this vendor; the table of values for any other."""


@dataclass(frozen=True, slots=True)
class Values:
    """Our address and ports, and the NAS's own values. ``secret``: as it shall stand in the text."""

    host: str
    auth: int
    acct: int
    secret: str = field(repr=False)
    coa_port: int = 3799
    coa_enabled: bool = True
    interim_s: int = 300

    @property
    def minutes(self) -> int:
        """The interim in whole minutes, at least one: what Cisco and Huawei count in."""
        return max(1, round(self.interim_s / 60))


@dataclass(frozen=True, slots=True)
class Paste:
    """One text. ``title`` names maker and system, as they call themselves."""

    key: str
    title: str
    text: str


def _routeros(v: Values, service: str, extra: str) -> str:
    lines = [
        f'/radius add service={service} address={v.host} secret="{_quoted(v.secret)}" authentication-port={v.auth} '
        f"accounting-port={v.acct} timeout=3s{extra} comment=milha",
    ]
    if v.coa_enabled:
        lines += [
            f"/radius incoming set accept=yes port={v.coa_port}",
            f"/ip firewall filter add chain=input action=accept protocol=udp src-address={v.host} "
            f'dst-port={v.coa_port} comment="milha CoA" place-before=0',
        ]
    lines += [
        f"/ppp aaa set use-radius=yes accounting=yes interim-update={v.interim_s}s",
        f"/ip firewall filter add chain=forward action=reject src-address-list=milha-bloqueados "
        f'dst-address=!{v.host} comment="milha notice page"',
    ]
    return "\n".join(lines)


def _routeros7(v: Values) -> str:
    """Version 7.15 and later sign their requests when told to."""
    return _routeros(v, "ppp,hotspot,dhcp,login", " require-message-auth=yes-for-request-resp") + (
        f"\n/system ntp client set enabled=yes\n/system ntp client servers add address={_NTP}"
    )


def _routeros6(v: Values) -> str:
    return _routeros(v, "ppp,hotspot,dhcp,login", "") + f"\n/system ntp client set enabled=yes server-dns-names={_NTP}"


def _huawei(v: Values) -> str:
    """VRP 8, as NE and ME60 speak it; a change counts from its commit on."""
    coa = (
        f"radius-server authorization {v.host} destination-port {v.coa_port} shared-key-cipher {v.secret} "
        "server-group milha\n"
    )
    return f"""radius-server group milha
 radius-server shared-key-cipher {v.secret}
 radius-server authentication {v.host} {v.auth} weight 0
 radius-server accounting {v.host} {v.acct} weight 0
 radius-server retransmit 3 timeout 3
#
{coa if v.coa_enabled else ""}aaa
 authentication-scheme milha
  authentication-mode radius
 accounting-scheme milha
  accounting-mode radius
  accounting interim interval {v.minutes}
  accounting start-fail online
 domain milha
  authentication-scheme milha
  accounting-scheme milha
  radius-server group milha
#
ntp-service unicast-server {_NTP}
commit"""


def _cisco(v: Values) -> str:
    coa = f"""aaa server radius dynamic-author
 client {v.host} server-key {v.secret}
 port {v.coa_port}
 auth-type any
!
"""
    return f"""aaa new-model
radius server milha
 address ipv4 {v.host} auth-port {v.auth} acct-port {v.acct}
 timeout 3
 retransmit 3
 key {v.secret}
!
aaa group server radius milha
 server name milha
!
aaa authentication ppp default group milha
aaa authorization network default group milha
aaa accounting network default start-stop group milha
aaa accounting update newinfo periodic {v.minutes}
aaa session-id common
radius-server attribute 44 include-in-access-req default-vrf
radius-server attribute 55 include-in-acct-req
!
{coa if v.coa_enabled else ""}ntp server {_NTP}"""


def _juniper(v: Values) -> str:
    coa = f"\nset access radius-server {v.host} dynamic-request-port {v.coa_port}" if v.coa_enabled else ""
    return f"""set access radius-server {v.host} port {v.auth}
set access radius-server {v.host} accounting-port {v.acct}
set access radius-server {v.host} secret "{_quoted(v.secret)}"
set access radius-server {v.host} timeout 3
set access radius-server {v.host} retry 3{coa}
set access profile milha authentication-order radius
set access profile milha radius authentication-server {v.host}
set access profile milha radius accounting-server {v.host}
set access profile milha accounting order radius
set access profile milha accounting immediate-update
set access profile milha accounting update-interval {max(10, v.minutes)}
set system ntp server {_NTP}"""


def _accel_ppp(v: Values) -> str:
    coa = f"\ndae-server=0.0.0.0:{v.coa_port},{v.secret}" if v.coa_enabled else ""
    return f"""[modules]
radius

[radius]
server={v.host},{v.secret},auth-port={v.auth},acct-port={v.acct},req-limit=100,fail-timeout=0,max-fail=0
timeout=3
max-try=3
acct-interim-interval={v.interim_s}
acct-timeout=0{coa}

[shaper]
vendor=Mikrotik
attr=Mikrotik-Rate-Limit"""


def _table(v: Values) -> str:
    rows = [
        ("RADIUS server", v.host),
        ("Authentication port (UDP)", str(v.auth)),
        ("Accounting port (UDP)", str(v.acct)),
        ("Shared secret", v.secret),
        ("Timeout, tries", "3 s, 3"),
        ("Accounting", "Start, Interim, Stop"),
        ("Interim interval", f"{v.interim_s} s"),
        ("Message-Authenticator", "send it, require it"),
        ("CoA / Disconnect (UDP)", f"accept from {v.host} at port {v.coa_port}" if v.coa_enabled else "off"),
        ("CoA secret", "the same" if v.coa_enabled else "-"),
        ("Clock", f"by NTP, e.g. {_NTP}"),
    ]
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{wide}}  {value}" for name, value in rows)


_NTP: Final = "a.ntp.br"
_MAKERS: Final[tuple[tuple[str, str, Callable[[Values], str]], ...]] = (
    ("routeros7", "MikroTik RouterOS 7", _routeros7),
    ("routeros6", "MikroTik RouterOS 6", _routeros6),
    ("huawei", "Huawei NE / ME60", _huawei),
    ("cisco", "Cisco IOS-XE", _cisco),
    ("juniper", "Juniper MX", _juniper),
    ("accel", "accel-ppp", _accel_ppp),
    ("table", "RADIUS", _table),
)


def pastes(values: Values) -> list[Paste]:
    """All texts, in the order they are offered."""
    return [Paste(key, title, write(values)) for key, title, write in _MAKERS]


def paste_for(vendor: str, values: Values) -> Paste:
    """The text for a NAS of a vendor; the table of values for one we have no text for."""
    wanted = FROM_VENDOR.get(vendor, "table")
    return next(one for one in pastes(values) if one.key == wanted)


def _quoted(text: str) -> str:
    r"""Inside the quotes of RouterOS and Junos, where a secret may hold what they take for their own."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
