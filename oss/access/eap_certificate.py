"""The certificate of the EAP methods with TLS, as files: made by ``milha cert`` or put there by the operator.

``server.pem`` (the chain), ``server.key`` and, for EAP-TLS, ``ca.pem`` (who signs the clients' certificates) and
``crl.pem`` (which of those are revoked; a change of it begins all TLS sessions anew). A renewed file is taken while the
node runs; one that cannot be used leaves the one before in place.
"""

from __future__ import annotations

import logging
from pathlib import Path

from oss.access import certificates
from radius.eap.tls import TlsServer, Untrustworthy

log = logging.getLogger(__name__)
CHAIN, KEY, AUTHORITY, REVOKED = certificates.CHAIN, certificates.KEY, certificates.TRUST, certificates.REVOKED

Stamps = tuple[tuple[int, int, int] | None, ...]
"""Of each file: when it was written (ns), how large it is and which one it is; None where there is none."""


class ServerCertificate:
    """What the files hold, as far as it can be used; ``server`` is None without."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: TlsServer | None = None
        self.wrong = ""  # why the files as they are cannot be used
        self._seen: Stamps | None = None

    def changed(self) -> bool:
        """Whether the files are others than those that were read last; a look takes microseconds."""
        return self._stamps() != self._seen

    def renewed(self) -> bool:
        """Read the files if they changed, which takes milliseconds; whether ``server`` is another one now."""
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._seen = stamps
        chain, key, authority, _ = stamps
        if chain is None and key is None:
            gone, self.server = self.server is not None, None
            return gone
        return self._load(authority is not None)

    def _stamps(self) -> Stamps:
        return tuple(_stamp(self.folder / name) for name in (CHAIN, KEY, AUTHORITY, REVOKED))

    def _load(self, mutual: bool) -> bool:
        folder = self.folder
        try:
            certificates.settle(folder)
            revoked = certificates.revoked(folder)
            self.server = TlsServer(folder / CHAIN, folder / KEY, folder / AUTHORITY if mutual else None, revoked)
        except (Untrustworthy, certificates.CertificatesDamaged) as error:
            self.wrong = str(error)
            facts = {"folder": str(folder), "why": self.wrong}
            log.error("the EAP certificate cannot be used; the one before goes on, if any", extra={"facts": facts})
            return False
        self.wrong = ""
        return True


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
