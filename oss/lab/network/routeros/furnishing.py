"""The menus of a router that ends PPPoE for a provider, and what stands in them when it is new."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from oss.lab.network import clock
from oss.lab.network.routeros import fields as f
from oss.lab.network.routeros import live
from oss.lab.network.routeros.menus import Menu
from oss.lab.network.routeros.spelling import rates, span, truth

if TYPE_CHECKING:
    from oss.lab.network.routeros.router import RouterOs

RATES = dict.fromkeys(("max-limit", "limit-at", "burst-limit", "burst-threshold"), rates)


def furnish(router: RouterOs) -> list[Menu]:
    """All of them."""
    return [*_ppp(router), *_interfaces(router), *_ip(router), *_system(router)]


def _single(path: str, settable: f.Fields, **set_so: str) -> Menu:
    menu = Menu(path, settable, single=True)
    said = {name.replace("_", "-"): value for name, value in set_so.items()}
    menu.rows["*0"] = {name: value or "" for name, value in settable.items()} | said
    return menu


def _ppp(router: RouterOs) -> Iterator[Menu]:
    yield Menu("/ppp/active", {}, live=partial(live.active, router), ends=partial(live.kick, router))
    yield Menu(
        "/ppp/secret",
        f.SECRET,
        key="name",
        secret=frozenset({"password"}),
        needed=("name",),
        shows=lambda row: {"last-logged-out": "1970-01-01 00:00:00"},
    )
    profiles = Menu("/ppp/profile", f.PROFILE, key="name", needed=("name",))
    for name in ("default", "default-encryption"):
        profiles.add(name=name)
    profiles.add(name="fibra", local_address="10.255.0.1", only_one="yes")
    yield profiles
    yield _single("/ppp/aaa", f.AAA, use_radius="true", interim_update="5m")
    radius = Menu("/radius", f.RADIUS, secret=frozenset({"secret"}), spelled={})
    radius.add(service="ppp", address="127.0.0.1", secret="testing123", timeout="3s")
    yield radius
    yield _single("/radius/incoming", f.INCOMING, accept="true")
    queues = Menu("/queue/simple", f.QUEUE, key="name", spelled=RATES)
    queues.live, queues.shows = partial(live.queues, router), live.queue_counters
    yield queues


def _interfaces(router: RouterOs) -> Iterator[Menu]:
    ports = Menu("/interface", f.INTERFACE, key="name", fixed=True)
    for one in router.state.ports:
        ports.place({"name": one.name, "comment": router.raw(one.alias)} if one.alias else {"name": one.name})
    ports.shows = partial(live.port_facts, router)
    ports.live = partial(live.interfaces, router)
    yield ports
    vlans = Menu("/interface/vlan", f.VLAN, key="name", needed=("interface", "vlan-id"))
    vlans.shows = lambda row: {"mac-address": live.mac(router, 1), "running": "true"}
    yield vlans
    servers = Menu("/interface/pppoe-server/server", f.SERVER, needed=("interface",))
    servers.shows = lambda row: {"invalid": "false"}
    first = router.state.ports[-1].name if router.state.ports else "ether1"
    vlans.add(name="vlan100", interface=first, vlan_id="100")
    servers.add(
        service_name="fibra", interface="vlan100", default_profile="fibra", one_session_per_host="true", max_mtu="1492"
    )
    yield servers
    yield Menu(
        "/interface/pppoe-server", {}, live=partial(live.pppoe_interfaces, router), ends=partial(live.kick, router)
    )


def _ip(router: RouterOs) -> Iterator[Menu]:
    here = router.state.device.address
    addresses = Menu("/ip/address", f.ADDRESS, needed=("address", "interface"))
    addresses.shows = lambda row: {"actual-interface": row.get("interface", ""), "invalid": "false", "dynamic": "false"}
    addresses.live = partial(live.addresses, router)
    first = router.state.ports[0].name if router.state.ports else "ether1"
    addresses.add(address=f"{here}/24", network=f"{here.rsplit('.', 1)[0]}.0", interface=first)
    yield addresses
    arp = Menu("/ip/arp", f.ARP, needed=("address", "mac-address", "interface"))
    arp.shows = lambda row: {"status": "permanent", "dynamic": "false", "complete": "true", "invalid": "false"}
    arp.live = partial(live.neighbours, router)
    yield arp
    leases = Menu("/ip/dhcp-server/lease", f.LEASE, needed=("address",))
    leases.shows, leases.live = live.lease_facts, partial(live.leases, router)
    leases.add(address="192.168.88.10", mac_address="02:4D:00:00:00:10", server="gerencia", comment="camera do POP")
    yield leases
    listed = Menu("/ip/firewall/address-list", f.LISTED, needed=("list", "address"), spelled={"timeout": span})
    listed.shows = lambda row: {"creation-time": clock.stamp(), "dynamic": truth("timeout" in row)}
    listed.live = partial(live.listed, router)
    listed.add(list="gerencia", address="10.0.0.0/8")
    yield listed
    yield _nat()
    pools = Menu("/ip/pool", f.POOL, key="name", needed=("name", "ranges"))
    pools.add(name="cgnat", ranges="100.64.0.2-100.64.255.254")
    yield pools
    yield Menu("/ip/pool/used", {}, live=partial(live.used, router))
    services = Menu("/ip/service", f.SERVICE, fixed=True)
    for name, port in (("ssh", "22"), ("www", "80"), ("winbox", "8291"), ("api", "8728"), ("api-ssl", "8729")):
        services.place({"name": name, "port": port})
    services.shows = lambda row: {"invalid": "false"}
    yield services
    yield _single("/ip/dns", f.DNS, servers="8.8.8.8,1.1.1.1")


def _nat() -> Menu:
    nat = Menu("/ip/firewall/nat", f.NAT, needed=("chain",))
    nat.shows = lambda row: {"bytes": "0", "packets": "0", "invalid": "false", "dynamic": "false"}
    nat.add(
        chain="srcnat",
        action="netmap",
        src_address="100.64.0.0/27",
        to_addresses="203.0.113.1",
        protocol="tcp",
        to_ports="1024-3039",
        comment="CGNAT 1",
    )
    nat.add(chain="srcnat", action="masquerade", src_address="192.168.88.0/24")
    return nat


def _system(router: RouterOs) -> Iterator[Menu]:
    yield _single("/system/identity", {"name": "MikroTik"}, name=router.raw(router.state.device.name))
    yield Menu("/system/resource", {}, live=lambda: [live.resource(router)])
    yield Menu("/system/routerboard", {}, live=lambda: [live.board(router)])
    ntp = _single("/system/ntp/client", f.NTP, enabled="true", servers="200.160.0.8,200.189.40.8")
    ntp.shows = live.ntp
    yield ntp
    zone = _single("/system/clock", f.CLOCK, time_zone_name="America/Sao_Paulo")
    zone.shows = lambda row: (
        {"date": clock.stamp(form="%Y-%m-%d"), "time": clock.stamp(form="%H:%M:%S")}
        | {
            "gmt-offset": "-03:00",
            "dst-active": "false",
        }
    )
    yield zone
    health = Menu("/system/health", {}, live=lambda: live.health(router))
    yield health
    yield Menu("/log", {}, live=lambda: list(router.log))
    yield Menu("/tool/netwatch", {"host": None, "comment": None}, needed=("host",))
