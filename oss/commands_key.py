"""``milha key``: the sealing key changed beside a running process, and which keys are in use."""

from __future__ import annotations

import argparse
import asyncio
import sys

from oss.app import register_features
from oss.base import resealing, rotation, sealing, secrets
from oss.base.config import Config
from oss.commands import CLI, opened

ROTATE = """\
Adds a key, waits until every running node has it, seals every secret again with it, and drops the old keys when
nothing needs them any more. Nothing has to stop meanwhile. Cut short, it goes on when it is run again. Where the
key is in the environment (MILHA_SEALING_KEY) it says what to change there first.
"""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    acts = sub.add_parser("key", help="the sealing key").add_subparsers(dest="act", required=True)
    change = acts.add_parser("rotate", help="seal everything with a new key", description=ROTATE)
    change.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="how long to wait for a node (60)")
    change.set_defaults(run=rotate)
    acts.add_parser("show", help="which keys there are, and who uses them").set_defaults(run=show)
    acts.add_parser("new", help="print a new key for MILHA_SEALING_KEY").set_defaults(run=new)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def rotate(config: Config, options: argparse.Namespace) -> int:
    """Change the key; the process that runs goes on."""
    register_features()
    async with opened(config, rotation.COMMAND) as dsn:
        await sealing.open_sealer(config, dsn)
        done = await rotation.rotate(config, dsn, CLI, _say, options.wait)
    print(f"{done.resealed} secrets sealed again; key {done.current} is in use")
    if done.retired:
        print(f"gone: {', '.join(done.retired)}; older backups bring their own key along")
    if done.spare:
        print(f"no row needs {', '.join(done.spare)} any more: take it out of MILHA_SEALING_KEYS_OLD or sealing.key")
    if done.away:
        print(f"away meanwhile: {', '.join(done.away)}; one with a data directory of its own needs the new sealing.key")
    return 0


async def show(config: Config, options: argparse.Namespace) -> int:
    """Key ids, how many values each has sealed, and what the nodes say; no key itself."""
    async with opened(config, rotation.COMMAND) as dsn:
        sealer = await sealing.open_sealer(config, dsn)
        async with rotation.looking(dsn) as connection:
            used = await resealing.in_use(connection)
            nodes = await rotation.told_by(connection)
    for name in sorted(sealer.keys.keys() | used.keys()):
        state = "seals" if name == sealer.current else "opens" if name in sealer.keys else "MISSING"
        print(f"{name:10} {state:8} {used[name]:9,} values")
    for node, told in nodes:
        print(f"{node:20} {'keys ' + ', '.join(told['keys']) if told else 'does not say: an older version'}")
    return 0 if all(name in sealer.keys for name in used) else 1


async def new(config: Config, options: argparse.Namespace) -> int:
    """Print a key."""
    print(await asyncio.to_thread(secrets.new_key))
    return 0
