"""What stands in a router's menus by itself: sessions with their interfaces, queues and lists, and what it measures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oss.lab.network import clock
from oss.lab.network.callers import Caller, Flow
from oss.lab.network.port import LivePort
from oss.lab.network.routeros.menus import Row
from oss.lab.network.routeros.spelling import duration, truth

if TYPE_CHECKING:
    from oss.lab.network.routeros.router import RouterOs

GATEWAY = "10.255.0.1"
PACKET_BITS = 8 * 900
DYNAMIC = 0x80000000
"""Numbers of rows that are there by themselves begin far behind those of a person's."""


def number(caller: Caller, kind: int = 0) -> str:
    """A row's id: the same as long as the session lasts."""
    return f"*{DYNAMIC | kind << 24 | caller.number & 0xFFFFFF:X}"


def mac(router: RouterOs, index: int) -> str:
    """Of a port, as RouterOS writes it."""
    return router.state.device.mac(index).hex(":").upper()


def _since(caller: Caller) -> str:
    return duration(max(0.0, time.time() - caller.since))


def active(router: RouterOs) -> Iterator[Row]:
    """/ppp/active."""
    for one in router.callers.all():
        yield {
            ".id": number(one),
            "name": router.raw(one.login),
            "service": one.service,
            "caller-id": one.mac,
            "address": one.address,
            "uptime": _since(one),
            "encoding": "",
            "session-id": f"0x{one.session_id.upper()}",
            "limit-bytes-in": "0",
            "limit-bytes-out": "0",
            "radius": "true",
        }


def kick(router: RouterOs, row: Row) -> None:
    """A row of /ppp/active is removed: the session ends."""
    for one in router.callers.all():
        if row[".id"] == number(one):
            router.note("pppoe,ppp,info", f"{one.interface}: terminating... - administrator request")
            router.callers.kick(one)
            return


def pppoe_interfaces(router: RouterOs) -> Iterator[Row]:
    """/interface/pppoe-server."""
    for one in router.callers.all():
        yield {
            ".id": number(one),
            "name": router.raw(one.interface),
            "user": router.raw(one.login),
            "service": "fibra",
            "remote-address": one.mac,
            "mtu": "1480",
            "mru": "1480",
            "uptime": _since(one),
            "encoding": "",
            "dynamic": "true",
            "running": "true",
        }


# ------------------------------------------------------------ interfaces


def port_facts(router: RouterOs, row: Row) -> Row:
    """What a port of its own tells beside what is set."""
    port = router.state.port(row["name"])
    counted = {name: str(int(one.read())) for name, one in port.counters.items()}
    return {
        "default-name": port.name,
        "type": "ether",
        "actual-mtu": row["mtu"],
        "l2mtu": "1592",
        "mac-address": port.mac.hex(":").upper(),
        "link-downs": "0",
        "rx-byte": counted["in_octets"],
        "tx-byte": counted["out_octets"],
        "rx-drop": counted["in_discards"],
        "tx-drop": counted["out_discards"],
        "rx-error": counted["in_errors"],
        "tx-error": counted["out_errors"],
        "running": truth(port.up and row["disabled"] == "false"),
    }


def interfaces(router: RouterOs) -> Iterator[Row]:
    """VLANs, and one for each session."""
    for one, row in router.menus["/interface/vlan"].rows.items():
        yield {
            ".id": f"*V{one[1:]}",
            "name": row["name"],
            "type": "vlan",
            "mtu": row["mtu"],
            "actual-mtu": row["mtu"],
        } | {
            "mac-address": mac(router, 1),
            "running": truth(row["disabled"] == "false"),
            "disabled": row["disabled"],
        }
    for caller in router.callers.all():
        flow = caller.flow()
        yield {
            ".id": number(caller),
            "name": router.raw(caller.interface),
            "type": "pppoe-in",
            "mtu": "1480",
            "actual-mtu": "1480",
            "last-link-up-time": clock.stamp(caller.since),
            "link-downs": "0",
            "rx-byte": str(flow.up_octets),
            "tx-byte": str(flow.down_octets),
            "dynamic": "true",
            "running": "true",
            "disabled": "false",
        }


def rates(router: RouterOs, name: str) -> tuple[float, float] | None:
    """bit/s in and out of an interface as the router sees it; None: there is none of this name."""
    for caller in router.callers.all():
        if router.raw(caller.interface) == name:
            flow = caller.flow()
            return flow.up_bps, flow.down_bps
    if name in {row["name"] for row in router.menus["/interface/vlan"].rows.values()}:
        flows = [one.flow() for one in router.callers.all()]
        return sum(one.up_bps for one in flows), sum(one.down_bps for one in flows)
    ports = {
        row["name"]: port
        for row, port in zip(router.menus["/interface"].rows.values(), router.state.ports, strict=True)
    }
    return _port_rates(ports[name]) if name in ports else None


def _port_rates(port: LivePort) -> tuple[float, float]:
    came, left = (port.counters[name] for name in ("in_octets", "out_octets"))
    return 8 * came.mean * came.share * _breath(port.index), 8 * left.mean * left.share * _breath(port.index + 1)


def _breath(mark: int) -> float:
    """Traffic is never the same twice."""
    return 0.9 + 0.2 * ((clock.now() * 7 + mark * 3) % 11) / 11


# ------------------------------------------------------------ queues and lists


def queues(router: RouterOs) -> Iterator[Row]:
    """The queue of each session that has a limit."""
    for one in router.callers.all():
        limits = one.limits_bps
        if limits is not None:
            yield _queue(router, one, limits)


def _queue(router: RouterOs, one: Caller, limits: tuple[int, int]) -> Row:
    name, flow = router.raw(one.interface), one.flow()
    return {
        ".id": number(one, 1),
        "name": name,
        "target": name,
        "parent": "none",
        "packet-marks": "",
        "priority": "8/8",
        "queue": "default-small/default-small",
        "limit-at": "0/0",
        "max-limit": f"{limits[0]}/{limits[1]}",
        "burst-limit": "0/0",
        "burst-threshold": "0/0",
        "burst-time": "0s/0s",
        "bucket-size": "0.1/0.1",
        **_counted(flow),
        "invalid": "false",
        "dynamic": "true",
        "disabled": "false",
    }


def _counted(flow: Flow) -> Row:
    return {
        "bytes": f"{flow.up_octets}/{flow.down_octets}",
        "packets": f"{flow.up_octets // 900}/{flow.down_octets // 900}",
        "dropped": "0/0",
        "rate": f"{int(flow.up_bps)}/{int(flow.down_bps)}",
        "packet-rate": f"{int(flow.up_bps // PACKET_BITS)}/{int(flow.down_bps // PACKET_BITS)}",
        "queued-packets": "0/0",
        "queued-bytes": "0/0",
    }


def queue_counters(row: Row) -> Row:
    """Of a queue that somebody wrote down: nothing goes through it."""
    return _counted(Flow()) | {"invalid": "false", "dynamic": "false"}


def listed(router: RouterOs) -> Iterator[Row]:
    """Whom RADIUS put on a list."""
    for one in router.callers.all():
        if one.address_list:
            yield {
                ".id": number(one, 2),
                "list": router.raw(one.address_list),
                "address": one.address,
                "creation-time": clock.stamp(one.since),
                "dynamic": "true",
                "disabled": "false",
            }


# ------------------------------------------------------------ addresses


def addresses(router: RouterOs) -> Iterator[Row]:
    """This end of each session."""
    for one in router.callers.all():
        name = router.raw(one.interface)
        yield {
            ".id": number(one, 3),
            "address": f"{GATEWAY}/32",
            "network": one.address,
            "interface": name,
            "actual-interface": name,
            "invalid": "false",
            "dynamic": "true",
            "disabled": "false",
        }


def neighbours(router: RouterOs) -> Iterator[Row]:
    """What is beside it on its ports."""
    for place, port in enumerate(router.state.ports, 1):
        yield {
            ".id": f"*{DYNAMIC | place:X}",
            "address": f"10.10.{place}.2",
            "mac-address": f"02:4D:AA:00:00:{place:02X}",
            "interface": port.name,
            "published": "false",
            "status": "reachable" if port.up else "failed",
            "invalid": "false",
            "DHCP": "false",
            "dynamic": "true",
            "complete": truth(port.up),
            "disabled": "false",
        }


def leases(router: RouterOs) -> Iterator[Row]:
    """Two that came by themselves."""
    for place, name in enumerate(("notebook-noc", "sensor-sala"), 1):
        yield {
            ".id": f"*{DYNAMIC | place:X}",
            "address": f"192.168.88.{100 + place}",
            "mac-address": f"02:4D:BB:00:00:{place:02X}",
            "client-id": f"1:2:4d:bb:0:0:{place}",
            "address-lists": "",
            "server": "gerencia",
            "status": "bound",
            "expires-after": f"{9 - place}m5s",
            "last-seen": f"{place}m3s",
            "active-address": f"192.168.88.{100 + place}",
            "active-mac-address": f"02:4D:BB:00:00:{place:02X}",
            "active-server": "gerencia",
            "host-name": name,
            "radius": "false",
            "dynamic": "true",
            "blocked": "false",
            "disabled": "false",
        }


def lease_facts(row: Row) -> Row:
    """Of one that was written down, whose device is away."""
    return {"status": "waiting", "last-seen": "never", "radius": "false", "dynamic": "false", "blocked": "false"}


def used(router: RouterOs) -> Iterator[Row]:
    """Addresses of pools that somebody has."""
    for one in router.callers.all():
        yield {".id": number(one, 4), "pool": "cgnat", "address": one.address, "owner": "PPP", "info": one.login}


# ------------------------------------------------------------ the router itself


def resource(router: RouterOs) -> Row:
    """/system/resource."""
    return {
        "uptime": duration(router.state.uptime.seconds()),
        "version": f"{router.version} (stable)",
        "build-time": "2024-11-26 12:09:40",
        "factory-software": "7.8",
        "free-memory": "15728640000",
        "total-memory": "17179869184",
        "cpu": "ARM64",
        "cpu-count": "16",
        "cpu-frequency": "2000",
        "cpu-load": str(int(router.state.wave(8, 42, 1800))),
        "free-hdd-space": "98304000",
        "total-hdd-space": "134217728",
        "architecture-name": "arm64",
        "board-name": router.state.device.model or "CHR",
        "platform": "MikroTik",
    }


def board(router: RouterOs) -> Row:
    """/system/routerboard."""
    return {
        "routerboard": "true",
        "model": router.state.device.model or "CHR",
        "serial-number": f"HF{router.state.device.seed:08X}",
        "current-firmware": router.version,
        "upgrade-firmware": router.version,
    }


def health(router: RouterOs) -> list[Row]:
    """/system/health of RouterOS 7: a row a value."""
    warm = int(router.state.wave(36, 43, 3600) + router.state.heat)
    return [
        {".id": "*D", "name": "temperature", "value": str(warm), "type": "C"},
        {".id": "*E", "name": "voltage", "value": "24.1", "type": "V"},
    ]


def ntp(row: Row) -> Row:
    """Whether its clock follows another."""
    if row["enabled"] == "false" or not row["servers"]:
        return {"status": "stopped"}
    first = row["servers"].split(",")[0]
    return {"status": "synchronized", "synced-server": first, "synced-stratum": "2", "system-offset": "0.482 ms"}
