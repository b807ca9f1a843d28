"""Tables and texts of Cisco's routers."""

from __future__ import annotations

import time

from oss.lab.network import clock
from oss.lab.network.callers import Caller
from oss.lab.network.echoes import took_ms
from oss.lab.network.port import LivePort
from oss.lab.network.state import State

BINDINGS = """Bindings from all pools not associated with VRF:
IP address      Client-ID/ \t\tLease expiration \tType       State      Interface
\t\tHardware address/
\t\tUser name
192.168.88.101  0102.4dbb.0000.01       Nov 30 2026 09:00 PM    Automatic  Active     GigabitEthernet0/0/1
192.168.88.102  0102.4dbb.0000.02       Infinite                Manual     Active     GigabitEthernet0/0/1"""


def mac(colons: str) -> str:
    """``024d.0000.0001``."""
    digits = colons.replace(":", "").lower()
    return ".".join((digits[:4], digits[4:8], digits[8:]))


def virtual(one: Caller) -> str:
    """The interface of a session, in short."""
    return f"Vi2.{one.number}"


def _access(state: State) -> str:
    return "Gi0/0/1.100" if state.ports else "Gi0/0/0.100"


def _up(one: Caller) -> str:
    seconds = int(max(0.0, time.time() - one.since))
    days, rest = divmod(seconds, 86_400)
    return f"{days}d{rest // 3600:02d}h" if days else f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"


def users(some: list[Caller]) -> str:
    """show users."""
    rows = [f"  {virtual(one):<12} {one.login:<18} {'PPPoE':<12} {'-':<8} {one.address}" for one in some]
    return "\n".join(
        [
            "    Line       User       Host(s)              Idle       Location",
            "*  1 vty 0     milha      idle                 00:00:00 10.0.0.5",
            "",
            "  Interface    User               Mode         Idle     Peer Address",
            *rows,
        ]
    )


def pppoe(state: State, some: list[Caller]) -> str:
    """show pppoe session."""
    word = "session " if len(some) == 1 else "sessions"
    lines = [f"     {len(some)} {word} in LOCALLY_TERMINATED (PTA) State", f"     {len(some)} {word} total", ""]
    lines.append("Uniq ID  PPPoE  RemMAC          Port                    VT  VA         State")
    lines.append("           SID  LocMAC                                      VA-st      Type")
    here = mac(state.device.mac(1).hex())
    for one in some:
        lines.append(
            f"{one.number:>7}  {one.number:>5}  {mac(one.mac)}  {_access(state):<23} 1  {virtual(one):<10} {'PTA':<5}"
        )
        lines.append(f"{'':16}{here}  {'VLAN:  100':<26} {'UP':<11}")
    return "\n".join(lines)


def subscribers(some: list[Caller]) -> str:
    """show subscriber session."""
    lines = [
        "Codes: Lterm - Local Term, Fwd - forwarded, unauth - unathenticated, authen -",
        "authenticated, TC Ct. - Number of Traffic Classes on the main session",
        "",
        f"Current Subscriber Information: Total sessions {len(some)}",
        "Uniq ID Interface    State    Service     Up-time  TC Ct. Identifier",
    ]
    return "\n".join(
        lines
        + [
            f"{one.number:<7} {virtual(one):<12} {'authen':<8} {'Lterm':<11} {_up(one):<8} {0:<6} {one.login}"
            for one in some
        ]
    )


def subscriber(one: Caller) -> str:
    """show subscriber session username X detailed."""
    flow = one.flow()
    lines = [
        "Current Subscriber Information: Total sessions 1",
        "--------------------------------------------------",
        f"Type: PPPoE, UID: {one.number}, State: authen, Identity: {one.login}",
        f"IPv4 Address: {one.address} ",
        f"Session Up-time: {_up(one)}, Last Changed: {_up(one)}",
        f"Interface: Virtual-Access{virtual(one)[2:]}",
        "Switch-ID: 4098",
        "",
        "Policy information:",
        "  Authentication status: authen",
        "",
        "Session inbound features:",
        " Feature: QoS Policy Map",
        f"  Traffic: {flow.up_octets // 900} packets, {flow.up_octets} bytes",
        "Session outbound features:",
        " Feature: QoS Policy Map",
        f"  Traffic: {flow.down_octets // 900} packets, {flow.down_octets} bytes",
    ]
    return "\n".join(lines)


def policy(one: Caller, name: str, way: str) -> str:
    """show policy-map interface: what polices one way; nothing where nothing does."""
    limits, flow = one.limits_bps, one.flow()
    if limits is None or way not in ("input", "output"):
        return ""
    down = way == "output"
    bps, octets = (limits[1], flow.down_octets) if down else (limits[0], flow.up_octets)
    now = int(flow.down_bps if down else flow.up_bps)
    return "\n".join(
        [
            f" Virtual-Access{virtual(one)[2:]} ",
            "",
            f"  Service-policy {way}: PLANO-{bps // 1000}K",
            "",
            "    Class-map: class-default (match-any)  ",
            f"      {octets // 900} packets, {octets} bytes",
            f"      30 second offered rate {now} bps, drop rate 0000 bps",
            "      Match: any ",
            "      police:",
            f"          cir {bps} bps, bc {bps // 32} bytes, be {bps // 32} bytes",
            f"        conformed {octets // 900} packets, {octets} bytes; actions:",
            "          transmit ",
            "        exceeded 0 packets, 0 bytes; actions:",
            "          drop ",
            "        violated 0 packets, 0 bytes; actions:",
            "          drop ",
            f"        conformed {now} bps, exceeded 0000 bps, violated 0000 bps",
        ]
    )


def descriptions(state: State, some: list[Caller]) -> str:
    """show interfaces description."""
    lines = ["Interface                      Status         Protocol Description"]
    for port in state.ports:
        word = "up" if port.up else "down"
        lines.append(f"{port.name:<30} {word:<14} {word:<8} {port.alias}".rstrip())
    return "\n".join(lines + [f"{virtual(one):<30} {'up':<14} {'up':<8}".rstrip() for one in some])


def interface(port: LivePort) -> str:
    """show interfaces X."""
    came, left = (int(8 * port.counters[name].mean * port.counters[name].share) for name in ("in_octets", "out_octets"))
    counted = {name: int(one.read()) for name, one in port.counters.items()}
    word, here = "up" if port.up else "down", mac(port.mac.hex())
    lines = [
        f"{port.name} is {word}, line protocol is {word} ",
        f"  Hardware is BUILT-IN-2T+6X1GE, address is {here} (bia {here})",
    ]
    lines += [f"  Description: {port.alias}"] if port.alias else []
    return "\n".join(
        [*lines, *_counted(port.speed_bps // 1000, came, left, counted["in_octets"], counted["out_octets"])]
    )


def session_interface(one: Caller) -> str:
    """show interfaces Virtual-Access2.1."""
    flow = one.flow()
    lines = [f"Virtual-Access{virtual(one)[2:]} is up, line protocol is up ", "  Hardware is Virtual Access interface"]
    rates = int(flow.up_bps), int(flow.down_bps)
    return "\n".join([*lines, *_counted(56_000, *rates, flow.up_octets, flow.down_octets)])


def _counted(kbps: int, came: int, left: int, octets_in: int, octets_out: int) -> list[str]:
    return [
        f"  MTU 1500 bytes, BW {kbps} Kbit/sec, DLY 10 usec, ",
        "     reliability 255/255, txload 1/255, rxload 1/255",
        "  Encapsulation ARPA, loopback not set",
        "  Keepalive set (10 sec)",
        '  Last clearing of "show interface" counters never',
        "  Input queue: 0/375/0/0 (size/max/drops/flushes); Total output drops: 0",
        f"  5 minute input rate {came} bits/sec, {came // 7200} packets/sec",
        f"  5 minute output rate {left} bits/sec, {left // 7200} packets/sec",
        f"     {octets_in // 900} packets input, {octets_in} bytes, 0 no buffer",
        "     Received 0 broadcasts (0 IP multicasts)",
        "     0 runts, 0 giants, 0 throttles ",
        "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored",
        f"     {octets_out // 900} packets output, {octets_out} bytes, 0 underruns",
        "     0 output errors, 0 collisions, 0 interface resets",
    ]


def arp(state: State) -> str:
    """show ip arp."""
    lines = ["Protocol  Address          Age (min)  Hardware Addr   Type   Interface"]
    for place, port in enumerate(state.ports, 1):
        lines.append(f"Internet  {f'10.10.{place}.1':<17}{'-':>7}   {mac(port.mac.hex())}  ARPA   {port.name}")
        lines.append(f"Internet  {f'10.10.{place}.2':<17}{7:>7}   024d.aa00.00{place:02x}  ARPA   {port.name}")
    return "\n".join(lines)


def ping(address: str, times: list[float | None]) -> str:
    """One mark each, and their sum."""
    came = [max(1, round(took)) for took in times if took is not None]
    rate = 100 * len(came) // max(1, len(times))
    tail = f", round-trip min/avg/max = {min(came)}/{sum(came) // len(came)}/{max(came)} ms" if came else ""
    return "\n".join(
        [
            "Type escape sequence to abort.",
            f"Sending {len(times)}, 100-byte ICMP Echos to {address}, timeout is 2 seconds:",
            "".join("." if took is None else "!" for took in times),
            f"Success rate is {rate} percent ({len(came)}/{len(times)}){tail}",
        ]
    )


def traceroute(address: str, hops: list[str | None]) -> str:
    """A line a hop."""
    lines = ["Type escape sequence to abort.", f"Tracing the route to {address}"]
    lines.append("VRF info: (vrf in name/id, vrf out name/id)")
    for number, hop in enumerate(hops, 1):
        if hop is None:
            lines.append(f"  {number}  *  *  * ")
        else:
            lines.append(f"  {number} {hop} " + " ".join(f"{round(took_ms(hop, one))} msec" for one in range(3)))
    return "\n".join(lines)


def version(state: State) -> str:
    """show version."""
    weeks, rest = divmod(int(state.uptime.seconds()), 604_800)
    return "\n".join(
        [
            "Cisco IOS XE Software, Version 16.09.05",
            "Cisco IOS Software [Fuji], ASR1000 Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.9.5, RELEASE",
            "",
            f"{state.device.name} uptime is {weeks} weeks, {rest // 86_400} days, {rest % 86_400 // 3600} hours",
            f"cisco {state.device.model or 'ASR1001-X'} (1NG) processor with 3753592K bytes of memory.",
        ]
    )


def configuration(state: State, added: list[str], changed: tuple[float, str]) -> str:
    """show running-config; what was added stands at the end."""
    body = [
        "version 16.9",
        "service timestamps log datetime msec",
        f"hostname {_last(added, 'hostname', state.device.name)}",
        "!",
        "aaa new-model",
        "aaa authentication ppp default group radius",
        "aaa accounting update periodic 5",
        "aaa accounting network default start-stop group radius",
        "aaa server radius dynamic-author",
        " client 127.0.0.1 server-key testing123",
        "!",
    ]
    for port in state.ports:
        body += [f"interface {port.name}", *([f" description {port.alias}"] if port.alias else []), "!"]
    body += ["interface Virtual-Template1", " ip unnumbered Loopback0", " ppp authentication pap", "!"]
    body += ["radius server milha", " address ipv4 127.0.0.1 auth-port 1812 acct-port 1813", " key testing123", "!"]
    body += ["ntp server 200.160.0.8", "!", *(line for line in added if not line.startswith("hostname ")), "end"]
    text = "\n".join(body)
    head = f"Building configuration...\n\nCurrent configuration : {len(text)} bytes\n!\n! Last configuration change at "
    return f"{head}{clock.stamp(changed[0], '%H:%M:%S BRT %a %b %d %Y')} by {changed[1]}\n!\n{text}\n"


def _last(added: list[str], first: str, begun: str) -> str:
    return next((line.partition(" ")[2] for line in reversed(added) if line.startswith(f"{first} ")), begun)
