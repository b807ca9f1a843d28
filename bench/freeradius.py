"""FreeRADIUS 3 beside us: its configurations as text, written into a folder, started and stopped.

lean   tuned by us to be fair: only chap, mschap, sql and pap; accounting to SQL; no detail files; one thread per
       SQL connection; a large receive buffer; Message-Authenticator required; post-auth log to SQL
files  the same with the subscribers in memory (rlm_files): no database, no accounting, no log - its ceiling
stock  Debian's default site with sql switched on, as the usual guides leave it (detail files, radwtmp, eap, ...)
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from bench import children, probe, subscribers
from bench.packages import FREERADIUS

Flavour = Literal["lean", "files", "stock"]
MODULES = ("pap", "chap", "mschap", "preprocess", "attr_filter", "always", "expr", "files")
SCHEMA = FREERADIUS / "mods-config/sql/main/postgresql/schema.sql"
# As large as ours: with the kernel's default it loses datagrams at 512 outstanding, each a wait of seconds.
RECEIVE_OCTETS = 4 << 20
# Best of 8/16/24/32 for logins is 8; accounting is as good or better with 24.
THREADS = {"auth": 8, "acct": 24}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where it listens on loopback; ``inner`` is stock's inner tunnel."""

    auth: int
    acct: int
    inner: int


def sql_module(debian: str, dsn: str, read_clients: bool = False) -> str:
    """Debian's mods-available/sql turned to PostgreSQL at ``dsn``; everything else stays as delivered."""
    url = urlsplit(dsn)
    database = f'server = "{url.hostname}"\n\tport = {url.port}\n\tlogin = "{url.username}"\n'
    database += f'\tpassword = "{url.password}"\n\tradius_db = "{url.path.strip("/")}"'
    text = debian.replace('dialect = "sqlite"', 'dialect = "postgresql"')
    text = text.replace('driver = "rlm_sql_null"', 'driver = "rlm_sql_postgresql"')
    text = re.sub(r'^\tradius_db = ".*"$', "\t" + database, text, flags=re.MULTILINE)
    if read_clients:
        text = re.sub(r"^#?\s*read_clients = yes", "\tread_clients = yes", text, flags=re.MULTILINE)
    return text


def authorize_file(count: int) -> str:
    """The subscribers as rlm_files reads them."""
    lines = []
    for plan in range(subscribers.PLANS):
        pairs = (
            f'{name} := "{value}"' if "/" in value or "pool" in value else f"{name} := {value}"
            for name, value in subscribers.reply_attributes(plan)
        )
        lines.append("\t" + ", ".join(pairs))
    return "".join(
        f'{subscribers.login(n)} Cleartext-Password := "{subscribers.password(n)}"\n{lines[n % subscribers.PLANS]}\n'
        for n in range(count)
    )


def radiusd_conf(folder: Path, flavour: Flavour, ports: Ports, threads: int) -> str:
    """The whole of a lean server's configuration but its modules. Sections have lines of their own: 3.2 wants that."""
    backend, account, log = ("files", "ok", "ok") if flavour == "files" else ("sql", "sql", "sql")
    return LEAN.format(
        folder=folder,
        secret=subscribers.SECRET,
        auth=ports.auth,
        acct=ports.acct,
        threads=threads,
        octets=RECEIVE_OCTETS,
        backend=backend,
        account=account,
        log=log,
    )


LEAN = """prefix = /usr
name = freeradius
confdir = {folder}
raddbdir = {folder}
modconfdir = {folder}/mods-config
logdir = {folder}/log
radacctdir = {folder}/log/radacct
run_dir = {folder}/run
libdir = /usr/lib/freeradius
pidfile = {folder}/run/radiusd.pid
max_request_time = 30
cleanup_delay = 5
max_requests = 131072
hostname_lookups = no
log {{
\tdestination = files
\tfile = {folder}/log/radius.log
\tauth = no
}}
security {{
\tmax_attributes = 200
\treject_delay = 1
\tstatus_server = yes
}}
proxy_requests = no
client nas1 {{
\tipaddr = 127.0.0.1
\tsecret = {secret}
\trequire_message_authenticator = yes
}}
thread pool {{
\tstart_servers = {threads}
\tmax_servers = {threads}
\tmin_spare_servers = {threads}
\tmax_spare_servers = {threads}
\tmax_requests_per_server = 0
\tmax_queue_size = 65536
}}
modules {{
\t$INCLUDE mods/
}}
instantiate {{
}}
policy {{
\t$INCLUDE policy.d/
}}
server default {{
\tlisten {{
\t\ttype = auth
\t\tipaddr = 127.0.0.1
\t\tport = {auth}
\t\trecv_buff = {octets}
\t}}
\tlisten {{
\t\ttype = acct
\t\tipaddr = 127.0.0.1
\t\tport = {acct}
\t\trecv_buff = {octets}
\t}}
\tauthorize {{
\t\tchap
\t\tmschap
\t\t{backend}
\t\tpap
\t}}
\tauthenticate {{
\t\tAuth-Type PAP {{
\t\t\tpap
\t\t}}
\t\tAuth-Type CHAP {{
\t\t\tchap
\t\t}}
\t\tAuth-Type MS-CHAP {{
\t\t\tmschap
\t\t}}
\t}}
\tpreacct {{
\t\tacct_unique
\t}}
\taccounting {{
\t\t{account}
\t}}
\tpost-auth {{
\t\t{log}
\t\tPost-Auth-Type REJECT {{
\t\t\t{log}
\t\t\tattr_filter.access_reject
\t\t}}
\t}}
}}
"""


def stock_site(debian: str, ports: Ports) -> str:
    """Debian's default site on our ports: its listen sections are authentication and accounting by turns."""
    numbers = iter((ports.auth, ports.acct) * 4)
    return re.sub(r"^(\s*)port = 0", lambda m: f"{m[1]}port = {next(numbers)}", debian, flags=re.MULTILINE)


def stock_conf(debian: str, folder: Path) -> str:
    """Debian's radiusd.conf with folders of our own, run by whoever starts it."""
    text = re.sub(r"^(\s*)(user|group) = ", r"\1#\2 = ", debian, flags=re.MULTILINE)
    for name, value in (("raddbdir", folder), ("logdir", folder / "log"), ("run_dir", folder / "run")):
        text = re.sub(rf"^{name} = .*", f"{name} = {value}", text, flags=re.MULTILINE)
    return re.sub(r"^max_requests = .*", "max_requests = 131072", text, flags=re.MULTILINE)


def write_lean(folder: Path, flavour: Flavour, ports: Ports, threads: int, dsn: str, count: int) -> None:
    """A lean or files configuration in ``folder``."""
    for part in ("mods-config", "policy.d"):
        shutil.copytree(FREERADIUS / part, folder / part)
    shutil.copy(FREERADIUS / "dictionary", folder)
    (folder / "mods").mkdir()
    for name in MODULES:
        shutil.copy(FREERADIUS / "mods-available" / name, folder / "mods" / name)
    if flavour == "files":
        (folder / "mods-config/files/authorize").unlink()
        (folder / "mods-config/files/authorize").write_text(authorize_file(count))
    else:
        (folder / "mods/sql").write_text(sql_module((FREERADIUS / "mods-available/sql").read_text(), dsn))
    (folder / "radiusd.conf").write_text(radiusd_conf(folder, flavour, ports, threads))


def write_stock(folder: Path, ports: Ports, dsn: str) -> None:
    """Debian's configuration with sql switched on, in ``folder``."""
    shutil.copytree(FREERADIUS, folder, symlinks=False, dirs_exist_ok=True)
    text = sql_module((FREERADIUS / "mods-available/sql").read_text(), dsn, read_clients=True)
    (folder / "mods-enabled/sql").write_text(text)
    shutil.rmtree(folder / "sites-enabled")
    (folder / "sites-enabled").mkdir()
    inner = (FREERADIUS / "sites-available/inner-tunnel").read_text()
    (folder / "sites-enabled/inner-tunnel").write_text(inner.replace("port = 18120", f"port = {ports.inner}"))
    site = (FREERADIUS / "sites-available/default").read_text()
    (folder / "sites-enabled/default").write_text(stock_site(site, ports))
    client = f"client localhost {{\n\tipaddr = 127.0.0.1\n\tsecret = {subscribers.SECRET}\n"
    (folder / "clients.conf").write_text(client + "\trequire_message_authenticator = no\n}\n")
    (folder / "radiusd.conf").write_text(stock_conf((FREERADIUS / "radiusd.conf").read_text(), folder))


def write(folder: Path, flavour: Flavour, ports: Ports, threads: int, dsn: str, count: int) -> None:
    """The configuration of a flavour in a fresh ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if flavour == "stock":
        write_stock(folder, ports, dsn)
    else:
        write_lean(folder, flavour, ports, threads, dsn, count)
    (folder / "log" / "radacct").mkdir(parents=True)
    (folder / "run").mkdir(exist_ok=True)


@contextlib.asynccontextmanager
async def serving(folder: Path, ports: Ports) -> AsyncIterator[int]:
    """FreeRADIUS on a configuration, from its first Access-Accept on; gives its pid."""
    log = folder / "log" / "freeradius.log"
    command = ["freeradius", "-f", "-d", folder, "-l", folder / "log" / "out.log"]
    async with children.running(command, log) as process:
        login = subscribers.login(0), subscribers.password(0), subscribers.SECRET
        asking = asyncio.to_thread(probe.first_answer, probe.ACCESS_ACCEPT, ports.auth, *login, 30)
        try:
            await asking
        except probe.NoAnswer:
            children.must_live(process, folder / "log" / "out.log")
            raise
        yield process.pid


async def version() -> str:
    """``3.2.1``."""
    said = await children.output_of(["freeradius", "-v"])
    found = re.search(r"Version (\d[\w.]*)", said)
    return found[1] if found else "unknown"
