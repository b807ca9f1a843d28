"""FreeRADIUS 3 with EAP, for ``bench-eap``: its lean configuration with what TTLS and PEAP need, and nothing else.

The outer conversation touches no database (``eap { ok = return }``, as its own documentation advises); the inner
tunnel asks SQL (or has the subscribers in memory), and each login is logged to SQL as in ``bench-radius``. TLS sessions
are cached in files, as its documentation demands (its cache in memory "has been permanently disabled"), on a tmpfs
where there is one. RSA key, TLS versions and fragment size are ours.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from bench import freeradius
from bench.freeradius import Ports
from bench.packages import FREERADIUS

Backend = Literal["sql", "files"]

EAP = """eap {{
\tdefault_eap_type = {default}
\ttimer_expire = 60
\tignore_unknown_eap_types = no
\tmax_sessions = 16384
\ttls-config tls-common {{
\t\tprivate_key_file = {certs}/server.key
\t\tcertificate_file = {certs}/server.pem
\t\tca_file = {certs}/ca.pem
\t\tcipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES"
\t\tcipher_server_preference = yes
\t\tecdh_curve = ""
\t\ttls_min_version = "1.2"
\t\ttls_max_version = "1.3"
\t\tfragment_size = 1360
\t\tcache {{
\t\t\tenable = yes
\t\t\tlifetime = 8
\t\t\tname = "bench"
\t\t\tpersist_dir = {cache}
\t\t}}
\t}}
\tttls {{
\t\ttls = tls-common
\t\tdefault_eap_type = md5
\t\tvirtual_server = "inner"
\t}}
\tpeap {{
\t\ttls = tls-common
\t\tdefault_eap_type = mschapv2
\t\tvirtual_server = "inner"
\t}}
\tmschapv2 {{
\t}}
}}
"""

SITES = """server default {{
\tlisten {{
\t\ttype = auth
\t\tipaddr = 127.0.0.1
\t\tport = {auth}
\t\trecv_buff = {octets}
\t}}
\tauthorize {{
\t\teap {{
\t\t\tok = return
\t\t}}
\t\t{backend}
\t\tpap
\t}}
\tauthenticate {{
\t\tAuth-Type PAP {{
\t\t\tpap
\t\t}}
\t\teap
\t}}
\tpost-auth {{
\t\t{log}
\t\tPost-Auth-Type REJECT {{
\t\t\t{log}
\t\t}}
\t}}
}}
server inner {{
\tauthorize {{
\t\tmschap
\t\teap {{
\t\t\tok = return
\t\t}}
\t\t{backend}
\t\tpap
\t}}
\tauthenticate {{
\t\tAuth-Type PAP {{
\t\t\tpap
\t\t}}
\t\tAuth-Type MS-CHAP {{
\t\t\tmschap
\t\t}}
\t\teap
\t}}
\tsession {{
\t}}
\tpost-auth {{
\t\tupdate outer.session-state {{
\t\t\tUser-Name := &User-Name
\t\t}}
\t}}
}}
"""


def write(folder: Path, ports: Ports, dsn: str, count: int, certs: Path, default: str, backend: Backend) -> None:
    """A fresh configuration in ``folder`` that proposes ``default`` (ttls, peap) first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    flavour: Literal["lean", "files"] = "lean" if backend == "sql" else "files"
    freeradius.write_lean(folder, flavour, ports, freeradius.THREADS["auth"], dsn, count)
    shutil.copy(FREERADIUS / "mods-available/mschap", folder / "mods/mschap")
    forget(folder)
    cache = _cache(folder)
    cache.mkdir(mode=0o700)
    (folder / "mods/eap").write_text(EAP.format(default=default, certs=certs, cache=cache))
    text = (folder / "radiusd.conf").read_text()
    sites = SITES.format(
        auth=ports.auth, octets=freeradius.RECEIVE_OCTETS, backend=backend, log="sql" if backend == "sql" else "ok"
    )
    (folder / "radiusd.conf").write_text(text[: text.index("server default {")] + sites)
    (folder / "log" / "radacct").mkdir(parents=True)
    (folder / "run").mkdir(exist_ok=True)


def _cache(folder: Path) -> Path:
    """Where the sessions lie."""
    return (Path("/dev/shm") if Path("/dev/shm").is_dir() else folder) / f"{folder.parent.name}-tlscache"


def forget(folder: Path) -> None:
    """Remove the sessions of a configuration."""
    shutil.rmtree(_cache(folder), ignore_errors=True)
