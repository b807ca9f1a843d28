"""``milha cert``: the certificates of EAP and RadSec; made, shown, renewed, replaced, handed out and revoked.

A running process sees the files change and serves with the new ones from the next conversation on.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from oss.access import certificate_authority as authority
from oss.access import certificate_checks as checks
from oss.access import certificates as store
from oss.base import audit, clock, db
from oss.base.config import Config
from oss.base.problems import Conflict, NotFound
from oss.commands import CLI, opened

USES = {"server": "EAP, RadSec: what we show", "clients": "EAP-TLS, RadSec: who may sign clients"}
LETTERS = string.ascii_lowercase + string.digits


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    acts = sub.add_parser("cert", help="certificates of EAP and RadSec").add_subparsers(dest="act", required=True)
    made = acts.add_parser("init", help="make our own authority and a server certificate")
    made.add_argument("--name", help="the server's name, as clients compare it: radius.example.net")
    made.add_argument("--force", action="store_true", help="a new authority in place of the old one")
    made.set_defaults(run=init)
    shown = acts.add_parser("show", help="what there is, what for, and until when")
    shown.add_argument("--clients", action="store_true", help="also every certificate that was signed for a client")
    shown.set_defaults(run=show)
    again = acts.add_parser("renew", help="a new server certificate from our own authority")
    again.add_argument("--name", help="under another name")
    again.set_defaults(run=renew)
    for one in (made, again):
        one.add_argument("--days", type=int, default=authority.SERVER_DAYS, help="how long it is good (825)")
    _own_options(acts.add_parser("use", help="serve with your own certificate"))
    _client_options(acts.add_parser("client", help="a certificate for a login (EAP-TLS) or a router (RadSec)"))
    ended = acts.add_parser("revoke", help="refuse a client's certificate from now on")
    ended.add_argument("serial", help="as milha cert show --clients lists it")
    ended.set_defaults(run=revoke)


def _own_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cert", type=Path, required=True, metavar="CHAIN.pem", help="the server's certificate first")
    parser.add_argument("--key", type=Path, required=True, metavar="KEY.pem", help="without a passphrase")
    parser.add_argument("--ca", type=Path, metavar="CA.pem", help="who signs your clients' certificates")
    parser.add_argument("--crl", type=Path, metavar="CRL.pem", help="what that authority has revoked")
    parser.set_defaults(run=use)


def _client_options(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("login", nargs="?", help="for this login")
    who.add_argument("--nas", metavar="NAME", help="for this router")
    out = "a .p12 file for telephones and computers, or a folder for certificate, key and CA as PEM"
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.p12|DIR", help=out)
    parser.add_argument("--days", type=int, default=authority.CLIENT_DAYS, help="how long it is good (825)")
    parser.add_argument("--old-devices", action="store_true", help="a .p12 that Android before 13 and old Windows read")
    parser.set_defaults(run=client)


@asynccontextmanager
async def _audited(config: Config) -> AsyncIterator[tuple[Path, db.Connection]]:
    """The folder, and a transaction for the note: what is not noted is not done."""
    async with opened(config), db.transaction() as connection:
        yield store.folder_of(config.data_dir), connection


async def init(config: Config, options: argparse.Namespace) -> int:
    """Make the authority and the server's certificate."""
    name = options.name or default_name(config)
    async with _audited(config) as (folder, connection):
        await asyncio.to_thread(authority.establish, folder, name, _days(options), options.force)
        await audit.note(connection, CLI, "certificate.made", "certificate", name, days=options.days)
    print("\n".join(lines(store.held(folder), clock.now())))
    print(f"Clients must trust {folder / store.AUTHORITY}, and expect the server name {name}.")
    return 0


def default_name(config: Config) -> str:
    """The name in the console's address, or else this node's."""
    host = urlsplit(config.public_url).hostname or ""
    named = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return host if named else f"radius.{config.node.lower()}"


def _days(options: argparse.Namespace) -> int:
    if not 1 <= options.days <= authority.AUTHORITY_DAYS:
        raise SystemExit(f"milha cert: --days must be between 1 and {authority.AUTHORITY_DAYS}")
    return int(options.days)


async def show(config: Config, options: argparse.Namespace) -> int:
    """Say what there is; exit status 1 when something has ended or is missing."""
    folder, now = store.folder_of(config.data_dir), clock.now()
    found = await asyncio.to_thread(store.held, folder)
    if not any(one.use == "server" for one in found):
        raise store.NoCertificates
    print("\n".join(lines(found, now)))
    clients = authority.issued(folder)
    ended = sum(one.revoked_at is not None for one in clients)
    print(f"{len(clients)} certificates signed for clients, {ended} of them revoked")
    if options.clients:
        print("\n".join(_client_line(one, now) for one in clients))
    return 1 if any(store.alarm(one.expires_at, now) == "expired" for one in found) else 0


def lines(found: list[store.Held], now: datetime) -> list[str]:
    """What there is, three lines each."""
    told = []
    for one in found:
        state, by = store.alarm(one.expires_at, now), "our own authority" if one.ours else "given by the operator"
        told += [f"{one.use:8} {one.subject} ({by})", f"         {USES[one.use]}"]
        told += [f"         until {one.expires_at:%Y-%m-%d %H:%M} UTC" + (f", {store.SAYS[state]}" if state else "")]
        told += [f"         SHA-256 {one.fingerprint}"]
    return told


def _client_line(one: authority.Issued, now: datetime) -> str:
    state = f"until {one.expires_at:%Y-%m-%d}" if one.expires_at > now else "ended"
    state = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else state
    return f"{one.serial:40} {one.kind:5} {one.name:30} {state}"


async def renew(config: Config, options: argparse.Namespace) -> int:
    """A new server certificate from our authority."""
    async with _audited(config) as (folder, connection):
        name = await asyncio.to_thread(authority.renew, folder, options.name, _days(options))
        await audit.note(connection, CLI, "certificate.renewed", "certificate", name, days=options.days)
    print("\n".join(lines(store.held(folder)[:1], clock.now())))
    print("A running Milha serves with it from the next login on.")
    return 0


async def use(config: Config, options: argparse.Namespace) -> int:
    """Serve with the operator's own."""
    given = await asyncio.to_thread(checks.own, options.cert, options.key, options.ca, options.crl, clock.now())
    name = store.subject_of(given.chain[0])
    async with _audited(config) as (folder, connection):
        await asyncio.to_thread(checks.adopt, folder, given)
        mark = store.fingerprint(given.chain[0])
        await audit.note(connection, CLI, "certificate.taken", "certificate", name, fingerprint=mark)
    print("\n".join([*lines(store.held(folder), clock.now()), *(f"Note: {hint}." for hint in given.hints)]))
    return 0


async def client(config: Config, options: argparse.Namespace) -> int:
    """A certificate with its key for one client; the key is written once and kept nowhere here."""
    kind, name = (authority.NAS, options.nas) if options.nas else (authority.LOGIN, options.login)
    async with _audited(config) as (folder, connection):
        await _known(connection, kind, name)
        made = await asyncio.to_thread(authority.issue, folder, kind, name, _days(options))
        serial = f"{made.certificate.serial_number:x}"
        await audit.note(connection, CLI, "certificate.issued", kind, name, serial=serial, days=options.days)
        said = await asyncio.to_thread(hand_out, made, name, options.out, options.old_devices)
    print(f"{said}\nSerial number {serial}: milha cert revoke {serial} ends it.")
    return 0


async def _known(connection: db.Connection, kind: str, name: str) -> None:
    place = "nas where name" if kind == authority.NAS else "access_account where login"
    if await connection.fetchval(f"select 1 from {place} = $1", name) is None:
        raise NotFound(thing="router" if kind == authority.NAS else "login")
    # One authority signs both, and a name is all that tells them apart: nobody's login may pass for a router.
    other = "access_account where login" if kind == authority.NAS else "nas where lower(name)"
    if await connection.fetchval(f"select 1 from {other} = lower($1)", name) is not None:
        raise Conflict(thing="name", value=name)


def hand_out(made: authority.Client, name: str, out: Path, old_devices: bool) -> str:
    """Write what a client needs; returns what to tell of it."""
    if out.suffix.lower() in (".p12", ".pfx"):
        password = "".join(secrets.choice(LETTERS) for _ in range(12))
        _private(out, _p12(made, name, password.encode(), old_devices))
        return f"Written to {out}, password {password} (shown once)"
    out.mkdir(parents=True, exist_ok=True)
    safe = "".join(letter if letter.isalnum() or letter in "-_.@" else "_" for letter in name).lstrip(".")
    (out / f"{safe}.pem").write_bytes(store.pem(made.certificate))
    (out / "ca.pem").write_bytes(store.pem(*made.server_ca))
    _private(out / f"{safe}.key", store.key_pem(made.key))
    return f"Written to {out}: {safe}.pem, {safe}.key, and ca.pem to know the server by"


def _p12(made: authority.Client, name: str, password: bytes, old_devices: bool) -> bytes:
    how: serialization.KeySerializationEncryption = serialization.BestAvailableEncryption(password)
    if old_devices:
        builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(20_000)
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())  # noqa: S303
        how = builder.build(password)
    return pkcs12.serialize_key_and_certificates(name.encode(), made.key, made.certificate, list(made.server_ca), how)


def _private(path: Path, octets: bytes) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(octets)


async def revoke(config: Config, options: argparse.Namespace) -> int:
    """Put a certificate on the list of those that are refused."""
    async with _audited(config) as (folder, connection):
        ended = await asyncio.to_thread(authority.revoke, folder, options.serial)
        await audit.note(connection, CLI, "certificate.revoked", ended.kind, ended.name, serial=ended.serial)
    print(f"The certificate of {ended.kind} {ended.name} is refused from the next login on.")
    return 0
