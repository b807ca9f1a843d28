"""A load that is driven by lines on stdin: each is a command, answered by a line of JSON when it is done."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from oss.lab.exchanges import Exchanges, Router
from oss.lab.load import host_and_port
from oss.lab.records import nas_identity
from radius.integrity import Secret

Condition = Callable[[], bool]
Command = Callable[[str], Condition]


def drive(exchanges: Exchanges, commands: Mapping[str, Command], figures: Callable[[], dict[str, Any]]) -> None:
    """Obey one command after another until the end of stdin; the load goes on meanwhile.

    A command begins its work and returns what tells that it is done.
    """
    lines: deque[str] = deque()
    descriptor, rest, over = sys.stdin.fileno(), b"", False

    def read() -> None:
        nonlocal rest, over
        found = os.read(descriptor, 65_536)
        over = over or not found
        *whole, rest = (rest + found).split(b"\n")
        lines.extend(line.decode() for line in whole)

    exchanges.watch(descriptor, read)
    done: Condition | None = None
    while not over:
        if done is None and lines:
            name, _, argument = lines.popleft().partition(" ")
            done = commands[name](argument)
        if done is not None and done():
            print(json.dumps(figures()), flush=True)
            done = None
        exchanges.turn()


def parse_router(text: str) -> Router:
    """ADDRESS,SECRET. Raises ValueError."""
    address, secret = text.split(",")
    return Router(address, Secret(secret.encode()), nas_identity(f"nas-{address}", address))


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """A command line with what every load must know."""
    made = argparse.ArgumentParser(prog=f"oss.lab.{name}", description=description)
    made.add_argument("--auth", type=host_and_port, default=("127.0.0.1", 1812), metavar="HOST:PORT")
    made.add_argument("--acct", type=host_and_port, required=True, metavar="HOST:PORT")
    made.add_argument("--nas", type=parse_router, action="append", required=True, metavar="ADDRESS,SECRET")
    made.add_argument("--resend-s", type=float, default=3.0)
    return made
