"""The lab's command: ``python -m oss.lab --nas bras1=127.0.0.1,testing123,3799 --auth 127.0.0.1:1812 ...``."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

from oss.lab import network_command
from oss.lab.control import control_port
from oss.lab.lab import Lab
from oss.lab.load import host_and_port
from oss.lab.logins import parse_spans
from oss.lab.network.lab import PORT, network_lab
from oss.lab.network.places import SHAPES
from oss.lab.proofs import METHODS
from oss.lab.settings import ILLNESSES, Illness, NasConfig, Settings

_PR_SET_PDEATHSIG = 1
_NAS = "NAME=ADDRESS,SECRET,COA_PORT[,ILLNESS...]"
_ILL = f"a router; it may be {', '.join(ILLNESSES)}"


def parse_nas(text: str) -> NasConfig:
    """NAME=ADDRESS,SECRET,COA_PORT[,ILLNESS...]. Raises ValueError."""
    name, _, rest = text.partition("=")
    address, secret, port, *ill = rest.split(",")
    if not name or not secret:
        raise ValueError(f"{text!r} is not NAME=ADDRESS,SECRET,COA_PORT")
    unknown = set(ill) - set(ILLNESSES)
    if unknown:
        raise ValueError(f"no illness {', '.join(sorted(unknown))}; there are {', '.join(ILLNESSES)}")
    return NasConfig(name, address, secret.encode(), int(port), frozenset(cast("list[Illness]", ill)))


def parse_dial(text: str) -> tuple[list[tuple[str, str]], list[str] | None]:
    """PREFIX:FROM-TO[,FROM-TO][:NAS,NAS[:SUFFIX]] -> subscribers (password: login + SUFFIX, default pw), NAS names."""
    prefix, spans, *rest = text.split(":")
    names = rest[0].split(",") if rest and rest[0] else None
    suffix = rest[1] if len(rest) > 1 else "pw"
    return [(login, login + suffix) for login in parse_spans(prefix, spans)], names


def parser() -> argparse.ArgumentParser:
    """The command line."""
    lab = argparse.ArgumentParser(prog="milha lab", description="Routers and subscribers that speak real RADIUS.")
    lab.add_argument("--nas", type=parse_nas, action="append", required=True, metavar=_NAS, help=_ILL)
    lab.add_argument("--auth", type=host_and_port, required=True, metavar="HOST:PORT")
    lab.add_argument("--acct", type=host_and_port, required=True, metavar="HOST:PORT")
    lab.add_argument("--control", type=host_and_port, default=("127.0.0.1", 0), metavar="HOST:PORT")
    lab.add_argument("--dial", type=parse_dial, action="append", default=[], metavar="PREFIX:FROM-TO[:NAS,..[:SUFFIX]]")
    lab.add_argument("--dial-rate", type=float, default=200.0, help="logins a second and NAS")
    lab.add_argument("--interim-s", type=float, help="seconds between interims; default: what the server grants")
    lab.add_argument("--method", choices=METHODS, default="pap")
    lab.add_argument("--sign-after-silence", action="store_true", help="unsigned until a login stays unanswered")
    lab.add_argument("--unsigned", action="store_true", help="no Message-Authenticator in Access-Requests")
    lab.add_argument("--no-boot-record", action="store_true", help="no Accounting-On at the start")
    lab.add_argument("--ledger", type=Path, help="file for what was acknowledged, a JSON object a line")
    lab.add_argument("--seed", type=int, default=1)
    lab.add_argument("--network", choices=sorted(SHAPES), help="devices that answer SNMP; orders: milha lab network")
    lab.add_argument("--snmp-port", type=int, default=PORT, help="where each of them answers, UDP; TCP for echoes")
    lab.add_argument(
        "--cli-port", type=int, help="from which on they answer SSH, telnet, RouterOS API, the same by TLS"
    )
    lab.add_argument("--cli-latency", type=float, default=0.0, help="seconds that each command of an OLT takes")
    lab.add_argument(
        "--behind", default="", metavar="PREFIX:FROM-TO", help="who dials behind the ONUs in boxes, in order"
    )
    lab.add_argument("--traps", type=host_and_port, metavar="HOST:PORT", help="where they send traps")
    lab.add_argument("--die-with-parent", action="store_true")
    return lab


def die_with_parent() -> None:
    """The kernel sends us SIGTERM when our parent ends, however it ends (Linux; elsewhere nothing happens)."""
    parent = os.getppid()
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # It ended before we asked.
        sys.exit(0)


async def run(asked: argparse.Namespace) -> None:
    """Runs the lab until `quit`, SIGTERM or SIGINT."""
    settings = Settings(
        asked.auth,
        asked.acct,
        seed=asked.seed,
        method=asked.method,
        sign=not (asked.unsigned or asked.sign_after_silence),
        sign_after_silence=asked.sign_after_silence,
        interim_s=asked.interim_s,
        dial_per_s=asked.dial_rate,
        boot_record=not asked.no_boot_record,
    )
    async with AsyncExitStack() as stack:
        lab = await stack.enter_async_context(Lab(asked.nas, settings, asked.ledger))
        network = None
        if asked.network:
            shape = SHAPES[asked.network]()
            behind = [login for login, _ in parse_dial(asked.behind)[0]] if asked.behind else []
            network = await stack.enter_async_context(
                network_lab(shape, asked.snmp_port, asked.traps, asked.cli_port, lab.nas, behind)
            )
            for device, face in network.faces.items():
                if shape.device(device).pons:
                    face.whims.latency_s = asked.cli_latency
        host, port = asked.control
        control, address = await stack.enter_async_context(control_port(lab, host, port, network))
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, control.quit_asked.set)
        for subscribers, names in asked.dial:
            lab.dial(subscribers, names)
        ports = {name: f"{nas.config.address}:{nas.orders.port or 'closed'}" for name, nas in lab.nas.items()}
        print(json.dumps({"ready": True, "control": "{}:{}".format(*address), "nas": ports}), flush=True)
        await control.quit_asked.wait()


def main(argv: list[str] | None = None) -> int:
    """The command; 2 when an argument is wrong, 1 when a port cannot be had."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["network"]:
        return network_command.main(words[1:])
    asked = parser().parse_args(words)
    # A full collection over ten thousand sessions would hold up packets, and there are next to no cycles to find.
    gc.set_threshold(100_000, 50, 100)
    if asked.die_with_parent:
        die_with_parent()
    try:
        asyncio.run(run(asked))
    except (OSError, ValueError) as error:
        print(f"the lab cannot run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
