"""Configuration from the environment: one typed tree, all mistakes reported at once.

Every variable has a ``_FILE`` twin that names a file holding the value (for container secrets).
What an operator changes while Milha runs (plans, NAS, grace days) is rows, not configuration.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from oss.base import faults, secrets
from oss.base.problems import Problem

T = TypeVar("T")
ROLES = ("aaa", "web", "worker", "poller", "acs")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
KNOWN = [
    "DATA_DIR",
    "DATABASE_URL",
    "WEB_HOST",
    "WEB_PORT",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "CORS_ORIGINS",
    "API_RATE",
    "PUBLIC_RATE",
    "WEB_TLS_CERT",
    "WEB_TLS_KEY",
    "RADIUS_HOST",
    "RADIUS_AUTH_PORT",
    "RADIUS_ACCT_PORT",
    "RADSEC_PORT",
    "TRAP_HOST",
    "TRAP_PORT",
    "ACS_PORT",
    "LAB_COA_PORT",
    "LAB_SNMP_PORT",
    "LAB_CLI_PORT",
    "LAB_CONTROL_PORT",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "SENTRY_DSN",
    "METRICS_TOKEN",
    "MAP_TILES",
    "MAP_CREDIT",
    "DURABLE",
    "SEALING_KEY",
    "SEALING_KEYS_OLD",
    "NODE",
    "ZONE",
    "SOAK",
    "FAULT",
    "BACKUP_PASSPHRASE",
    "SMTP_URL",
    "MAIL_FROM",
    "BREACHED_PASSWORDS",
    "TEST_DATABASE_URL",
]
SECRET = (
    "DATABASE_URL",
    "SEALING_KEY",
    "SEALING_KEYS_OLD",
    "METRICS_TOKEN",
    "SENTRY_DSN",
    "BACKUP_PASSPHRASE",
    "SMTP_URL",
)  # never shown, not even wrong ones


class WrongConfiguration(Exception):
    """The environment holds mistakes; ``mistakes`` lists every one of them."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Config:
    """What a process is told at its start. Ports are UDP for RADIUS and traps, TCP else.
    ``radsec_port`` 0: no RADIUS over TLS; ``trap_port`` 0: no traps. ``smtp_url`` None: no e-mail.
    ``breached_passwords``: a file of SHA-1 hashes in order (oss.staff.breached). ``allowed_hosts`` None: any;
    ``api_rate`` (a token) and ``public_rate`` (an address) are requests a second, 0: no limit. ``map_tiles``: where
    pictures for the map come from, with {z}, {x} and {y}; None: nowhere. ``map_credit``: whom it thanks for them."""

    data_dir: Path
    database_url: str | None = field(repr=False)
    web_host: str
    web_port: int
    public_url: str
    allowed_hosts: frozenset[str] | None
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    cors_origins: frozenset[str]
    api_rate: int
    public_rate: int
    web_tls_cert: Path | None
    web_tls_key: Path | None
    radius_host: str
    radius_auth_port: int
    radius_acct_port: int
    radsec_port: int
    trap_host: str
    trap_port: int
    lab_coa_port: int
    lab_control_port: int
    lab_snmp_port: int
    lab_cli_port: int
    log_level: str
    log_format: str
    sentry_dsn: str | None = field(repr=False)
    metrics_token: str | None = field(repr=False)
    map_tiles: str | None
    map_credit: str
    durable: str
    sealing_key: str | None = field(repr=False)
    sealing_keys_old: str | None = field(repr=False)
    node: str
    zone: str
    fault: tuple[str, int] | None
    smtp_url: str | None = field(repr=False, default=None)
    mail_from: str = ""
    breached_passwords: Path | None = None


class _Reader:
    """Reads variables one by one and gathers what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env, self.mistakes = env, list[str]()

    def raw(self, name: str) -> str | None:
        value, path = self.env.get(f"MILHA_{name}"), self.env.get(f"MILHA_{name}_FILE")
        if value and path:
            self.mistakes.append(f"MILHA_{name} and MILHA_{name}_FILE are both set: keep one")
        if path:
            try:
                return Path(path).read_text().strip() or None
            except OSError as error:
                self.mistakes.append(f"MILHA_{name}_FILE={path}: {error.strerror}")
            except UnicodeDecodeError:
                self.mistakes.append(f"MILHA_{name}_FILE={path}: not a text file")
            return None
        return value or None

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self.raw(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            shown = "" if name in SECRET else f"={text!r}"
            self.mistakes.append(f"MILHA_{name}{shown}: {error}")
            return default

    def unknown(self) -> None:
        known = {f"MILHA_{n}{s}" for n in KNOWN for s in ("", "_FILE")}
        for name in sorted(self.env):
            if name.startswith("MILHA_") and name not in known:
                self.mistakes.append(f"{name}: no such setting")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise ValueError("a port is a number from 1 to 65535")
    return int(text)


def _port_or_none(text: str) -> int:
    return 0 if text == "0" else _port(text)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("not an IP address") from None


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("must be one of " + ", ".join(allowed))
        return text

    return parse


def _database_url(text: str) -> str:
    wrong = ValueError("must look like postgresql://user:password@host:5432/name")
    try:
        parts = urlsplit(text)
        port = parts.port  # raises for what is no port; the library's own words would show the password
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/") or port == 0:
        raise wrong
    return text


def _smtp_url(text: str) -> str:
    wrong = ValueError("must look like smtp://user:password@host:587?starttls or smtps://user:password@host")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme == "file" and parts.path.startswith("/"):
        return text
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        raise wrong
    return text


def _mailbox(text: str) -> str:
    name, address = parseaddr(text)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or not text.isprintable() or (name == "" and text.strip() != address):
        raise ValueError("must look like console@example.net or Provider <console@example.net>")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must look like https://console.example.net")
    return text.rstrip("/")


def _hosts(text: str) -> frozenset[str]:
    names = frozenset(part.strip().lower() for part in text.split(","))
    if any(name != "*" and not re.fullmatch(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", name) for name in names):
        raise ValueError("names without port, with commas: console.example.net, 192.0.2.10; * for any")
    return names


def _origins(text: str) -> frozenset[str]:
    found = frozenset(part.strip() for part in text.split(","))
    for one in found:
        parts = urlsplit(one)
        if parts.scheme not in ("http", "https") or not parts.hostname or one != f"{parts.scheme}://{parts.netloc}":
            raise ValueError("must be origins such as https://app.example.net, with commas")
    return found


def _rate(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 100_000:
        raise ValueError("requests a second, 0 to 100000 (0: no limit)")
    return int(text)


def _sentry_dsn(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.username or not parts.path.strip("/"):
        raise ValueError("must look like https://key@sentry.example.net/1")
    return text


def _own_hosts(public_url: str, more: frozenset[str], given: bool) -> frozenset[str] | None:
    """The names we answer to: the public one, those added, and this machine's; any (None) where none is set."""
    public = (urlsplit(public_url).hostname or "").lower()
    if "*" in more or not (more or (given and public not in LOOPBACK)):
        return None
    return more | LOOPBACK | {f"[{public}]" if ":" in public else public}


def _tiles(text: str) -> str:
    parts = urlsplit(text)
    whole = all(name in parts.path for name in ("{z}", "{x}", "{y}"))
    named = re.fullmatch(r"(\{s\}\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?", parts.netloc)  # it goes into a policy: nothing else
    if parts.scheme not in ("http", "https") or not named or not whole:
        raise ValueError("must look like https://tiles.example.net/{z}/{x}/{y}.png")
    return text


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError("no such time zone") from None


def _node(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", text):
        raise ValueError("up to 63 letters, digits, dots, dashes and underscores")  # it names a folder, too
    return text


def _sealing_key(text: str) -> str:
    try:
        secrets.from_text(text)
    except Problem as problem:
        raise ValueError(str(problem.facts["wrong"])) from None
    return text


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("no such file")
    return path


def default_data_dir() -> Path:
    """Root keeps data where its unprivileged database user can reach it; a person keeps it at home."""
    if os.geteuid() == 0:
        return Path("/var/lib/milha")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "milha"


def _own_url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def forget_secrets() -> None:
    """Take the secrets out of the environment once they are read: children inherit it, and it stands in their /proc."""
    for name in SECRET:
        if name != "BACKUP_PASSPHRASE":  # its command reads it later, and starts nothing but pg_dump, without it
            os.environ.pop(f"MILHA_{name}", None)


def load(env: Mapping[str, str] | None = None) -> Config:
    """Read the environment; raises WrongConfiguration with every mistake."""
    r = _Reader(os.environ if env is None else env)
    web_host, web_port = r.read("WEB_HOST", _address, "127.0.0.1"), r.read("WEB_PORT", _port, 8080)
    public_url = r.read("PUBLIC_URL", _public_url, _own_url(web_host, web_port))
    more_hosts: frozenset[str] = r.read("ALLOWED_HOSTS", _hosts, frozenset())
    config = Config(
        data_dir=r.read("DATA_DIR", Path, default_data_dir()).absolute(),
        database_url=r.read("DATABASE_URL", _database_url, None),
        web_host=web_host,
        web_port=web_port,
        public_url=public_url,
        allowed_hosts=_own_hosts(public_url, more_hosts, r.raw("PUBLIC_URL") is not None),
        trusted_proxies=r.read("TRUSTED_PROXIES", _networks, ()),
        cors_origins=r.read("CORS_ORIGINS", _origins, frozenset()),
        api_rate=r.read("API_RATE", _rate, 50),
        public_rate=r.read("PUBLIC_RATE", _rate, 20),
        web_tls_cert=r.read("WEB_TLS_CERT", _existing, None),
        web_tls_key=r.read("WEB_TLS_KEY", _existing, None),
        radius_host=r.read("RADIUS_HOST", _address, "127.0.0.1"),
        radius_auth_port=r.read("RADIUS_AUTH_PORT", _port, 1812),
        radius_acct_port=r.read("RADIUS_ACCT_PORT", _port, 1813),
        radsec_port=r.read("RADSEC_PORT", _port_or_none, 2083),
        trap_host=r.read("TRAP_HOST", _address, "127.0.0.1"),
        trap_port=r.read("TRAP_PORT", _port_or_none, 162),
        lab_coa_port=r.read("LAB_COA_PORT", _port, 3799),
        lab_control_port=r.read("LAB_CONTROL_PORT", _port, 3790),
        lab_snmp_port=r.read("LAB_SNMP_PORT", _port, 16161),
        lab_cli_port=r.read("LAB_CLI_PORT", _port, 16022),
        log_level=r.read("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info"),
        log_format=r.read("LOG_FORMAT", _one_of("text", "json"), "text"),
        sentry_dsn=r.read("SENTRY_DSN", _sentry_dsn, None),
        metrics_token=r.raw("METRICS_TOKEN"),
        map_tiles=r.read("MAP_TILES", _tiles, None),
        map_credit=r.raw("MAP_CREDIT") or "",
        durable=r.read("DURABLE", _one_of("journal", "database"), "journal"),
        sealing_key=r.read("SEALING_KEY", _sealing_key, None),
        sealing_keys_old=r.read("SEALING_KEYS_OLD", _sealing_key, None),
        node=r.read("NODE", _node, socket.gethostname().split(".")[0] or "milha"),
        zone=r.read("ZONE", _zone, "America/Sao_Paulo"),
        fault=r.read("FAULT", faults.parse, None),
        smtp_url=r.read("SMTP_URL", _smtp_url, None),
        mail_from=r.read("MAIL_FROM", _mailbox, ""),
        breached_passwords=r.read("BREACHED_PASSWORDS", _existing, None),
    )
    if config.smtp_url and not config.mail_from:
        r.mistakes.append("MILHA_SMTP_URL needs MILHA_MAIL_FROM, the sender's address")
    if (config.web_tls_cert is None) != (config.web_tls_key is None):
        r.mistakes.append("MILHA_WEB_TLS_CERT and MILHA_WEB_TLS_KEY go together: set both or neither")
    if config.radius_auth_port == config.radius_acct_port:
        r.mistakes.append("MILHA_RADIUS_AUTH_PORT and MILHA_RADIUS_ACCT_PORT must differ")
    r.unknown()
    if r.mistakes:
        raise WrongConfiguration(r.mistakes)
    return config
