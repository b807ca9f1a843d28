"""What a VRP's configuration says of AAA and time. Pure. Its secrets are ciphered and cannot be compared."""

from __future__ import annotations

import re

from oss.drivers.reading import address, place
from oss.drivers.router import RadiusServer, Settings
from oss.drivers.statements import Statement, parsed

SERVER = r"radius-server (authentication|accounting) (\S+) (\d+)(?: weight \d+)?(?: vpn-instance \S+)?"
COA = r"radius-server authorization ([\d.:a-f]+)(?: destination-port (\d+))?(?: .*)?"
COA_PORT = "3799"
VERSION = re.compile(r"^!Software Version ([\w.]+)$", re.ASCII | re.MULTILINE)


def settings(text: str) -> Settings:
    """Of a whole configuration."""
    root = parsed(text, "#")
    coa = list(root.like(COA))
    everything = [one.text for one in root.all()]
    ntp = [place(one[1]) for one in root.like(r"ntp-service unicast-server (\S+)(?: .*)?")]
    schemes = [scheme for aaa in root.blocks("aaa") for scheme in aaa.blocks(r"accounting-scheme \S+")]
    version = VERSION.search(text)
    return Settings(
        coa_accepted=bool(coa),
        coa_port=int(coa[0][2] or COA_PORT) if coa else None,
        ntp_on=bool(ntp),
        ntp_servers=tuple(ntp),
        radius=tuple(server for group in root.blocks(r"radius-server group \S+") for server in _servers(group)),
        radius_used="authentication-mode radius" in everything,
        accounting=any("accounting-mode radius" in [one.text for one in scheme.below] for scheme in schemes),
        interim_s=_interim(schemes),
        version=version[1] if version else "",
    )


def _servers(group: Statement) -> list[RadiusServer]:
    ports: dict[str, dict[str, int]] = {}
    for one in group.like(SERVER):
        ports.setdefault(address(one[2]), {})[one[1]] = int(one[3])
    return [
        RadiusServer(host, said.get("authentication", 0), said.get("accounting", 0)) for host, said in ports.items()
    ]


def _interim(schemes: list[Statement]) -> int | None:
    """Minutes, or seconds where it says so."""
    for scheme in schemes:
        for one in scheme.like(r"accounting interim interval (\d+)( second)?(?: .*)?"):
            return int(one[1]) * (1 if one[2] else 60)
    return None
