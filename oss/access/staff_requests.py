"""Which requests are an administrator's login on the router itself, and which are a subscriber's.

The rule, for a router whose administrators log in through us (``nas.staff_logins``):

- Framed-Protocol, or an EAP-Message, is a subscriber's, and so is every Service-Type but three.
- Service-Type Administrative and NAS-Prompt ask for a prompt of the NAS (RFC 2865 section 5.6): an administrator's.
- Service-Type Login is an administrator's: RouterOS says it for console, SSH, WinBox and API (MikroTik manual, "RADIUS
  client", service login), IOS for exec, Junos and VRP for SSH and Telnet. Hotspots say it of their customers, too (RFC
  2865 section 5.6: "The user should be connected to a host"), and then with where the customer's device is: RouterOS's
  Mikrotik-Host-IP, or Framed-IP-Address and Called-Station-Id. Of those two the name decides.
- No Service-Type at all (some OLTs): the name decides.

Where the name decides, it is an administrator's if it is a member of staff's and no subscriber's.

Where the name does not decide, a subscriber's password must not open a router: a login without Framed-Protocol that is
accepted is a login on the router, with its default group.
"""

from __future__ import annotations

from collections.abc import Container

from radius import attributes as a
from radius.packet import Packet

CLASS_MARK = b"milhastaff1:"
MIKROTIK, HOST_IP = 14988, 10
PROMPTS = (a.SERVICE_ADMINISTRATIVE, a.SERVICE_NAS_PROMPT)


def is_administrators(packet: Packet, login: str, staff: Container[str], subscribers: Container[str]) -> bool:
    """Whether a request of such a router (login or accounting) is an administrator's."""
    at = packet.at
    if a.FRAMED_PROTOCOL in at or a.EAP_MESSAGE in at:
        return False
    kind = packet.integer(a.SERVICE_TYPE)
    if kind in PROMPTS:
        return True
    if a.SERVICE_TYPE in at and kind != a.SERVICE_LOGIN:
        return False
    if kind is None or is_hotspots(packet):
        return login in staff and login not in subscribers
    return True


def is_hotspots(packet: Packet) -> bool:
    """Whether a Service-Type Login says where a customer's device is."""
    at = packet.at
    placed = a.FRAMED_IP_ADDRESS in at and a.CALLED_STATION_ID in at
    return placed or packet.vsa(MIKROTIK, HOST_IP) is not None
