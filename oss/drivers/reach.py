"""How one device is reached, in clear: for who logs in to it, never for a screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Protocol = Literal["ssh", "telnet", "api", "api-tls"]
PORTS: Final[dict[str, int]] = {"ssh": 22, "telnet": 23, "api": 8728, "api-tls": 8729}


@dataclass(frozen=True, slots=True)
class Reach:
    """``protocol``: how its command line (or RouterOS API) is spoken to; ``port``: where.

    ``ssh_port``: where a RouterOS that is spoken to by API also answers SSH, for ``/export``.
    ``ssh_key``, ``tls_pin``: the only key that is to be believed, ``type base64`` as in known_hosts, and
    ``sha256:hex`` of the certificate (DER); None: believed on first use, and told by `Link.keys`.
    ``legacy``: algorithms that OpenSSH has dropped are offered (group1, ssh-rsa with SHA-1, CBC), because this device
    has no others. ``encoding``: of its texts; RouterOS keeps whatever octets it was given.
    """

    device_id: int
    name: str
    host: str
    protocol: Protocol
    port: int
    user: str
    password: str = field(default="", repr=False)
    enable_password: str = field(default="", repr=False)
    ssh_port: int = 22
    ssh_key: str | None = None
    tls_pin: str | None = None
    legacy: bool = False
    encoding: str = "latin-1"
    snmp_port: int = 161
    snmp_community: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not stand in a transcript."""
        return tuple(one for one in (self.password, self.enable_password, self.snmp_community) if one)
