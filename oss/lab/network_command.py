"""``milha lab network [--control HOST:PORT] ORDER ...``: orders to a lab that runs, or a list of the orders."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from oss.lab.control import ControlClient, Refused
from oss.lab.load import host_and_port
from oss.lab.network import orders
from oss.lab.network.lab import NetworkLab

CONTROL = ("127.0.0.1", 3790)


def parser() -> argparse.ArgumentParser:
    """The command line; its help lists the orders."""
    found = argparse.ArgumentParser(
        prog="milha lab network",
        description="Breaks the lab's network, and repairs it.",
        epilog="orders:\n" + "\n".join(orders.usage(NetworkLab)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--control", type=host_and_port, default=CONTROL, metavar="HOST:PORT")
    found.add_argument("order", nargs="?")
    found.add_argument("words", nargs="*")
    return found


async def _send(control: tuple[str, int], order: str, words: list[str]) -> object:
    async with ControlClient(*control) as lab:
        return await lab.network(order, **orders.from_words(NetworkLab, order, words))


def main(arguments: list[str]) -> int:
    """The command; 1 when the lab refuses, or is not there."""
    asked = parser().parse_args(arguments)
    if asked.order is None:
        parser().print_help()
        return 0
    try:
        told = asyncio.run(_send(asked.control, asked.order.replace("-", "_"), asked.words))
    except (OSError, ValueError, Refused) as problem:
        print(f"milha lab network: {problem}", file=sys.stderr)
        return 1
    if told is not None:
        print(json.dumps(told, indent=1))
    return 0
