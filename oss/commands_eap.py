"""``milha eap``: which EAP methods are offered to devices, and with which certificate."""

from __future__ import annotations

import argparse

from oss.access.eap_certificate import ServerCertificate
from oss.access.eap_logins import methods_wanted, want_methods
from oss.base import db
from oss.base.config import Config
from oss.commands import CLI, opened
from radius.eap.offers import METHODS, offer
from radius.eap.packet import NAMES


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    parser = sub.add_parser("eap", help="which EAP methods are offered")
    parser.set_defaults(run=show)
    acts = parser.add_subparsers(dest="act")
    wish = acts.add_parser("offer", help="offer these methods, in this order; a running process follows at once")
    wish.add_argument("method", nargs="+", choices=list(METHODS))
    wish.set_defaults(run=want)


async def show(config: Config, options: argparse.Namespace) -> int:
    """Say what is offered, and what is not for want of a certificate."""
    async with opened(config), db.transaction() as connection:
        wanted = await methods_wanted(connection)
    certificate = ServerCertificate(config.data_dir / "certs")
    certificate.renewed()
    offered = offer(wanted, certificate.server).makers
    for name in wanted:
        known = "offered" if METHODS[name] in offered else "not offered: " + _lacks(certificate)
        print(f"{NAMES[METHODS[name]]:10} {known}")
    return 0


def _lacks(certificate: ServerCertificate) -> str:
    if certificate.wrong:
        return f"the certificate cannot be used ({certificate.wrong})"
    if certificate.server is None:
        return f"there is no server.pem and server.key in {certificate.folder}"
    return f"there is no ca.pem in {certificate.folder}"


async def want(config: Config, options: argparse.Namespace) -> int:
    """Change what is offered."""
    async with opened(config), db.transaction() as connection:
        await want_methods(connection, CLI, list(dict.fromkeys(options.method)))
    return await show(config, options)
