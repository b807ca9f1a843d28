"""Tables and texts of Huawei's routers."""

from __future__ import annotations

import time

from oss.lab.network import clock
from oss.lab.network.callers import Caller
from oss.lab.network.echoes import took_ms
from oss.lab.network.port import LivePort
from oss.lab.network.state import State

RULE = "  ------------------------------------------------------------------------------"
LOW = 1 << 32
NAT = """ NAT Outbound Information:
 --------------------------------------------------------------------------
 Interface                     Acl     Address-group/IP/Interface      Type
 --------------------------------------------------------------------------
 10GE0/1/0                    2000                              1       pat
 --------------------------------------------------------------------------
  Total : 1"""


def mac(colons: str) -> str:
    """``00e0-fc12-3456``."""
    digits = colons.replace(":", "").lower()
    return "-".join((digits[:4], digits[4:8], digits[8:]))


def _access(state: State) -> str:
    """The interface at which subscribers come in."""
    return f"{state.ports[-1].name}.100" if state.ports else "GE0/1/0.100"


def users(state: State, some: list[Caller]) -> str:
    """display access-user: two lines each."""
    rows = []
    for one in some:
        rows.append(f"  {one.number:<7} {one.login:<23} {_access(state):<14} {one.address:<16} {mac(one.mac)}")
        rows.append(f"          {'100/-':<13} {'-':<22} PPPoE")
    counts = {
        "Normal users": len(some),
        "RUI Local users": 0,
        "RUI Remote users": 0,
        "Radius authentication": len(some),
        "No authentication": 0,
        "Total users": len(some),
    }
    return "\n".join(
        [
            RULE,
            "  UserID  Username                Interface      IP address       MAC",
            "          Vlan          IPv6 address             Access type",
            RULE,
            *rows,
            RULE,
            *(f"  {name:<35}: {count}" for name, count in counts.items()),
        ]
    )


def user(state: State, one: Caller) -> str:
    """display access-user ... verbose."""
    flow, limits = one.flow(), one.limits_bps
    seconds = int(max(0.0, time.time() - one.since))
    lasting = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    up, down = (f"{bps // 1000}(kbps)" for bps in limits) if limits else ("-", "-")
    parts: dict[str, dict[str, object]] = {
        "Basic": {
            "User access index": one.number,
            "State": "Used",
            "User name": one.login,
            "Domain name": "default1",
            "User backup state": "No",
            "User access interface": _access(state),
            "User access PeVlan/CeVlan": "100/-",
            "User MAC": mac(one.mac),
            "User IP address": one.address,
            "User IP netmask": "255.255.255.255",
            "User gateway address": "10.255.0.1",
            "User access type": "PPPoE",
            "User authentication type": "PPP authentication",
            "Access start time": clock.stamp(one.since),
            "User-Group": one.address_list or "-",
        },
        "AAA": {
            "Current authen method": "RADIUS authentication",
            "Authen result": "Success",
            "Current accounting method": "RADIUS accounting",
            "Realtime-accounting-interval(sec)": 300,
            "Accounting start time": clock.stamp(one.since),
            "Online time (h:min:sec)": lasting,
            "Accounting state": "Accounting",
            "Acct session id": one.session_id,
        },
        "QoS": {
            "UpPriority": "Unchangeable",
            "DownPriority": "Unchangeable",
            "Inbound cir": up,
            "Inbound pir": up,
            "Outbound cir": down,
            "Outbound pir": down,
        },
        "Flow Statistic": {
            "If flow info contain l2-head": "Yes",
            "Flow-Statistic-Up": "Yes",
            "Flow-Statistic-Down": "Yes",
            "Up packets number(high,low)": _halves(flow.up_octets // 900),
            "Up bytes number(high,low)": _halves(flow.up_octets),
            "Down packets number(high,low)": _halves(flow.down_octets // 900),
            "Down bytes number(high,low)": _halves(flow.down_octets),
        },
    }
    lines = [RULE]
    for part, rows in parts.items():
        lines += [f"  {part}:", *(f"    {name:<38}: {value}" for name, value in rows.items())]
    return "\n".join([*lines, RULE])


def _halves(value: int) -> str:
    """A count of 64 bits, in two."""
    return f"({value // LOW},{value % LOW})"


def _rates(port: LivePort) -> tuple[int, int]:
    came, left = (port.counters[name] for name in ("in_octets", "out_octets"))
    return int(8 * came.mean * came.share), int(8 * left.mean * left.share)


def brief(state: State) -> str:
    """display interface brief."""
    rows = []
    for port in state.ports:
        came, left = (100 * bps / port.speed_bps for bps in _rates(port))
        word = "up" if port.up else "down"
        rows.append(f"{port.name:<26} {word:<8} {word:<9} {came:5.2f}% {left:5.2f}% {0:>10} {0:>10}")
    return "\n".join(
        [
            "PHY: Physical",
            "*down: administratively down",
            "^down: standby",
            "(l): loopback",
            "(s): spoofing",
            "InUti/OutUti: input utility rate/output utility rate",
            "Interface                  PHY      Protocol  InUti OutUti   inErrors  outErrors",
            *rows,
            f"{'LoopBack0':<26} {'up':<8} {'up(s)':<9} {0:5.2f}% {0:5.2f}% {0:>10} {0:>10}",
        ]
    )


def interface(port: LivePort) -> str:
    """display interface X."""
    came, left = _rates(port)
    counted = {name: int(one.read()) for name, one in port.counters.items()}
    word = "UP" if port.up else "DOWN"
    return "\n".join(
        [
            f"{port.name} current state : {word} (ifindex: {port.index})",
            f"Line protocol current state : {word}",
            f"Last line protocol up time : {clock.stamp()}",
            f"Description:{port.alias}",
            "Route Port,The Maximum Transmit Unit is 1500",
            "Internet protocol processing : enabled",
            f"IP Sending Frames' Format is PKTFMT_ETHNT_2, Hardware address is {mac(port.mac.hex())}",
            f"Port BW: {port.speed_bps // 10**9}G, Transceiver max BW: {port.speed_bps // 10**9}G",
            f"Current system time: {clock.stamp()}-03:00",
            "Statistics last cleared:never",
            f"    Last 300 seconds input rate: {came} bits/sec, {came // 7200} packets/sec",
            f"    Last 300 seconds output rate: {left} bits/sec, {left // 7200} packets/sec",
            f"    Input: {counted['in_octets']} bytes, {counted['in_octets'] // 900} packets",
            f"    Output: {counted['out_octets']} bytes, {counted['out_octets'] // 900} packets",
            "    Input:",
            f"      Unicast: {counted['in_octets'] // 900} packets, Multicast: 0 packets",
            f"      Discard: {counted['in_discards']} packets, Total Error: {counted['in_errors']} packets",
            "    Output:",
            f"      Unicast: {counted['out_octets'] // 900} packets, Multicast: 0 packets",
            f"      Discard: {counted['out_discards']} packets, Total Error: {counted['out_errors']} packets",
        ]
    )


def arp(state: State) -> str:
    """display arp all."""
    rows = []
    for place, port in enumerate(state.ports, 1):
        rows.append(f"10.10.{place}.1       {mac(port.mac.hex())}            I -         {port.name}")
        rows.append(f"10.10.{place}.2       024d-aa00-00{place:02x}  18        D-0         {port.name}")
    count = len(state.ports)
    return "\n".join(
        [
            "IP ADDRESS      MAC ADDRESS     EXPIRE(M) TYPE        INTERFACE      VPN-INSTANCE ",
            "                                          VLAN/CEVLAN(SIP/DIP)     PVC",
            "------------------------------------------------------------------------------",
            *rows,
            "------------------------------------------------------------------------------",
            f"Total:{2 * count:<9} Dynamic:{count:<7} Static:0     Interface:{count}",
        ]
    )


def ping(address: str, times: list[float | None]) -> str:
    """Replies and their sums; None: none came."""
    lines = [f"  PING {address}: 56  data bytes, press CTRL_C to break"]
    for number, took in enumerate(times, 1):
        if took is None:
            lines.append("    Request time out")
        else:
            lines.append(f"    Reply from {address}: bytes=56 Sequence={number} ttl=58 time={round(took)} ms")
    came = [round(took) for took in times if took is not None]
    lines += ["", f"  --- {address} ping statistics ---", f"    {len(times)} packet(s) transmitted"]
    lines.append(f"    {len(came)} packet(s) received")
    lines.append(f"    {100 * (len(times) - len(came)) / max(1, len(times)):.2f}% packet loss")
    if came:
        lines.append(f"    round-trip min/avg/max = {min(came)}/{sum(came) // len(came)}/{max(came)} ms")
    return "\n".join([*lines, ""])


def tracert(address: str, hops: list[str | None], tries: int) -> str:
    """A line a hop."""
    lines = [f" traceroute to  {address}({address}), max hops: 30 ,packet length: 40,press CTRL_C to break"]
    for number, hop in enumerate(hops, 1):
        if hop is None:
            lines.append(f" {number} " + " * " * tries)
        else:
            lines.append(f" {number} {hop} " + " ".join(f"{round(took_ms(hop, one))} ms " for one in range(tries)))
    return "\n".join(lines)


def version(state: State) -> str:
    """display version."""
    days, rest = divmod(int(state.uptime.seconds()), 86_400)
    model = state.device.model or "NE8000 M1A"
    return "\n".join(
        [
            "Huawei Versatile Routing Platform Software",
            f"VRP (R) software, Version 8.210 ({model.split()[0]} V800R021C10SPC500)",
            "Copyright (C) 2012-2021 Huawei Technologies Co., Ltd.",
            f"HUAWEI {model} uptime is {days} days, {rest // 3600} hours, {rest % 3600 // 60} minutes",
        ]
    )


def configuration(state: State, added: list[str], changed: tuple[float, str]) -> str:
    """display current-configuration; what was added stands at the end of what it belongs to, else at the end."""
    lines = [
        "!Software Version V800R021C10SPC500",
        f"!Last configuration was updated at {clock.stamp(changed[0])}-03:00 by {changed[1]}",
    ]
    lines += ["#", _last(added, "sysname", f"sysname {state.device.name}"), "#"]
    lines += ["radius-server group rd1", " radius-server shared-key-cipher %^%#testing123%^%#"]
    lines += [
        " radius-server authentication 127.0.0.1 1812 weight 0",
        " radius-server accounting 127.0.0.1 1813 weight 0",
    ]
    lines += [" radius-server source interface LoopBack0", "#"]
    lines += ["radius-server authorization 127.0.0.1 shared-key-cipher %^%#testing123%^%# server-group rd1", "#"]
    lines += ["aaa", " authentication-scheme auth1", "  authentication-mode radius", " accounting-scheme acct1"]
    lines += ["  accounting interim interval 5", "  accounting-mode radius", " domain default1"]
    lines += ["  authentication-scheme auth1", "  accounting-scheme acct1", "  radius-server group rd1", "#"]
    lines += ["ntp-service unicast-server 200.160.0.8", "#"]
    for port in state.ports:
        lines += [
            f"interface {port.name}",
            *([f" description {port.alias}"] if port.alias else []),
            " undo shutdown",
            "#",
        ]
    lines += [line for line in added if not line.startswith("sysname ")]
    return "\n".join([*lines, "#", "return"])


def _last(added: list[str], first: str, begun: str) -> str:
    return next((line for line in reversed(added) if line.startswith(f"{first} ")), begun)
