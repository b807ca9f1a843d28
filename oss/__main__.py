"""``milha``: the command line. Configuration comes from the environment; mistakes are listed at once, exit status 2."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import hashlib
import os
import resource
import shutil
import stat
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from oss import (
    app,
    commands,
    commands_accounts,
    commands_audit,
    commands_cert,
    commands_doctor,
    commands_eap,
    commands_import,
    commands_key,
    commands_seed,
    demo,
)
from oss.access.thread import new_loop
from oss.base import config as configuration
from oss.base import log, sentry
from oss.base.config import ROLES, Config, WrongConfiguration
from oss.base.problems import Problem

Command = Callable[[Config, argparse.Namespace], Coroutine[Any, Any, int]]


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="milha", description="Runs an internet provider.")
    parser.add_argument("--demo", action="store_true", help="work on the demo's data")
    sub = parser.add_subparsers(dest="command", required=True, metavar="command")
    serve = sub.add_parser("serve", help="run a real provider")
    serve.add_argument("--only", help=f"some roles, by comma: {','.join(ROLES)}")
    serve.set_defaults(run=_serve)
    made = sub.add_parser("demo", help="run a made-up provider on loopback")
    made.add_argument("--reset", action="store_true", help="start over with fresh data")
    made.set_defaults(run=_demo)
    sub.add_parser("migrate", help="bring the schema up to date").set_defaults(run=commands.migrate)
    sub.add_parser("check", help="is this installation sound?").set_defaults(run=commands.check)
    sub.add_parser("setup-link", help="a link to create the first user").set_defaults(run=commands.setup_link)
    _people(sub)
    _data(sub)
    commands_import.add_parser(sub)
    commands_accounts.add_parser(sub)
    commands_audit.add_parser(sub)
    commands_doctor.add_parser(sub)
    commands_key.add_parser(sub)
    commands_cert.add_parser(sub)
    commands_eap.add_parser(sub)
    commands_seed.add_parser(sub)
    sub.add_parser("lab", help="the lab's NAS (python -m oss.lab)", add_help=False).set_defaults(run=None)
    return parser


def _people(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    user = sub.add_parser("user", help="staff users").add_subparsers(dest="act", required=True)
    add = user.add_parser("add", help="create a user; the password is asked for")
    add.add_argument("login")
    add.add_argument("--name")
    add.add_argument("--role", default="admin", help="key of a role, admin if not given")
    add.set_defaults(run=commands.user_add)
    change = user.add_parser("password", help="another password for a user; it is asked for")
    change.add_argument("login")
    change.set_defaults(run=commands.user_password)
    token = sub.add_parser("token", help="API tokens").add_subparsers(dest="act", required=True)
    add = token.add_parser("add", help="print a new token")
    add.add_argument("name")
    add.add_argument("--role", default="reader", help="key of a role, reader if not given")
    add.add_argument("--days", type=int, help="life in days; for ever if not given")
    add.set_defaults(run=commands.token_add)
    token.add_parser("list", help="list the tokens").set_defaults(run=commands.token_list)
    revoke = token.add_parser("revoke", help="end a token")
    revoke.add_argument("id", type=int)
    revoke.set_defaults(run=commands.token_revoke)


def _data(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = sub.add_parser("backup", help="database, sealing key and files, encrypted")
    backup.add_argument("path", nargs="?")
    backup.set_defaults(run=commands.back_up)
    restore = sub.add_parser("restore", help="bring a backup back")
    restore.add_argument("path")
    restore.add_argument("--force", action="store_true", help="replace what is there")
    restore.set_defaults(run=commands.restore)
    purge = sub.add_parser("purge", help="delete what is older than its policy")
    purge.add_argument("--dry-run", action="store_true", help="say what would go, change nothing")
    purge.add_argument("--subject", metavar="NAME", help="one kind of record, such as auth_log")
    purge.set_defaults(run=commands.purge)


async def _serve(config: Config, options: argparse.Namespace) -> int:
    roles = tuple(options.only.split(",")) if options.only else ROLES
    wrong = [role for role in roles if role not in ROLES]
    if wrong:
        print(f"milha: --only: no role {', '.join(wrong)}; there are {', '.join(ROLES)}", file=sys.stderr)
        return 2

    async def ready(process: app.Process) -> None:
        link = await commands.make_setup_link(config)
        if link:
            print(
                f"\n  Nobody can sign in yet. Create the first user here (one use, 24 hours):\n  {link}\n",
                flush=True,
            )

    await app.serve(config, roles, ready)
    return 0


async def _demo(config: Config, options: argparse.Namespace) -> int:
    if options.reset:
        await asyncio.to_thread(shutil.rmtree, config.data_dir, ignore_errors=True)

    await app.serve_demo(demo.for_demo(config), demo)
    return 0


def demo_data_dir() -> Path:
    """A folder of this checkout; for root, where its database user can reach it."""
    checkout = Path(__file__).resolve().parents[1]
    inside = checkout / "data" / "demo"
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in checkout.parents)
    if os.geteuid() == 0 and not (reachable and checkout.stat().st_mode & stat.S_IXOTH):
        return Path("/var/lib/milha-demo") / hashlib.sha256(str(checkout).encode()).hexdigest()[:8]
    if os.access(checkout, os.W_OK):
        return inside
    return configuration.default_data_dir().with_name("milha-demo")


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the command ``milha``."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["lab"]:
        from oss.lab.__main__ import main as lab_main

        return int(lab_main(given[1:]) or 0)
    options = build_parser().parse_args(given)
    try:
        config = configuration.load()
        sentry.start(config.sentry_dsn, app.product_version())
    except WrongConfiguration as wrong:
        print("milha: the configuration has mistakes:", file=sys.stderr)
        for mistake in wrong.mistakes:
            print(f"  {mistake}", file=sys.stderr)
        return 2
    configuration.forget_secrets()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold every password in clear
    if (options.demo or options.command == "demo") and not os.environ.get("MILHA_DATA_DIR"):
        config = dataclasses.replace(config, data_dir=demo_data_dir())
    log.configure(config.log_level, config.log_format)
    return _run(options.run, config, options)


def _run(command: Command, config: Config, options: argparse.Namespace) -> int:
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(command(config, options))
    except Problem as problem:
        print(f"milha: {problem}", file=sys.stderr)
    except OSError as error:
        print(f"milha: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
