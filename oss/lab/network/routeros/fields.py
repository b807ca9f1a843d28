"""What can be set in each menu of RouterOS 7, and what it is where nobody set it. None: not there at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Fields = Mapping[str, str | None]

_KEPT: Final[Fields] = {"disabled": "false", "comment": None}

SECRET: Final[Fields] = {
    "name": None,
    "service": "any",
    "caller-id": "",
    "password": "",
    "profile": "default",
    "local-address": None,
    "remote-address": None,
    "rate-limit": None,
    "routes": "",
    "limit-bytes-in": "0",
    "limit-bytes-out": "0",
    **_KEPT,
}
PROFILE: Final[Fields] = {
    "name": None,
    "local-address": None,
    "remote-address": None,
    "dns-server": None,
    "rate-limit": None,
    "address-list": "",
    "only-one": "default",
    "change-tcp-mss": "default",
    "use-compression": "default",
    "use-encryption": "default",
    "on-up": "",
    "on-down": "",
    "comment": None,
}
AAA: Final[Fields] = {
    "use-radius": "false",
    "accounting": "true",
    "interim-update": "0s",
    "use-circuit-id-in-nas-port-id": "false",
    "enable-ipv6-accounting": "false",
}
QUEUE: Final[Fields] = {
    "name": None,
    "target": "",
    "parent": "none",
    "packet-marks": "",
    "priority": "8/8",
    "queue": "default-small/default-small",
    "limit-at": "0/0",
    "max-limit": "0/0",
    "burst-limit": "0/0",
    "burst-threshold": "0/0",
    "burst-time": "0s/0s",
    "bucket-size": "0.1/0.1",
    **_KEPT,
}
RADIUS: Final[Fields] = {
    "service": "",
    "called-id": "",
    "domain": "",
    "address": "0.0.0.0",  # noqa: S104
    "secret": "",
    "authentication-port": "1812",
    "accounting-port": "1813",
    "timeout": "300ms",
    "accounting-backup": "false",
    "realm": "",
    "protocol": "udp",
    "certificate": "none",
    "src-address": "0.0.0.0",  # noqa: S104
    "require-message-auth": "yes-for-request-resp",
    **_KEPT,
}
INCOMING: Final[Fields] = {"accept": "false", "port": "3799", "vrf": "main"}
SERVER: Final[Fields] = {
    "service-name": "",
    "interface": None,
    "max-mtu": "auto",
    "max-mru": "auto",
    "mrru": "disabled",
    "authentication": "pap,chap,mschap1,mschap2",
    "keepalive-timeout": "10",
    "one-session-per-host": "false",
    "max-sessions": "unlimited",
    "pado-delay": "0",
    "default-profile": "default",
    **_KEPT,
}
ADDRESS: Final[Fields] = {"address": None, "network": None, "interface": None, **_KEPT}
ARP: Final[Fields] = {"address": None, "mac-address": None, "interface": None, "published": "false", **_KEPT}
LEASE: Final[Fields] = {
    "address": None,
    "mac-address": None,
    "client-id": None,
    "address-lists": "",
    "server": "all",
    "dhcp-option": "",
    "rate-limit": None,
    "lease-time": None,
    **_KEPT,
}
LISTED: Final[Fields] = {"list": None, "address": None, "timeout": None, **_KEPT}
NAT: Final[Fields] = {
    "chain": None,
    "action": "accept",
    "to-addresses": None,
    "to-ports": None,
    "src-address": None,
    "dst-address": None,
    "src-address-list": None,
    "dst-address-list": None,
    "protocol": None,
    "src-port": None,
    "dst-port": None,
    "in-interface": None,
    "out-interface": None,
    "log": "false",
    "log-prefix": "",
    **_KEPT,
}
POOL: Final[Fields] = {"name": None, "ranges": None, "next-pool": None, "comment": None}
VLAN: Final[Fields] = {
    "name": None,
    "mtu": "1500",
    "arp": "enabled",
    "vlan-id": None,
    "interface": None,
    "use-service-tag": "false",
    **_KEPT,
}
INTERFACE: Final[Fields] = {"name": None, "mtu": "1500", **_KEPT}
NTP: Final[Fields] = {"enabled": "false", "mode": "unicast", "servers": "", "vrf": "main"}
CLOCK: Final[Fields] = {"time-zone-autodetect": "true", "time-zone-name": "manual"}
SERVICE: Final[Fields] = {"name": None, "port": None, "address": "", "certificate": None, "disabled": "false"}
DNS: Final[Fields] = {"servers": "", "allow-remote-requests": "false", "cache-size": "2048"}
