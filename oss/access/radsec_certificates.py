"""The certificates RADIUS over TLS shows and trusts, read from ``<data_dir>/certs`` again whenever they change.

``server.pem`` (our chain) and ``server.key``, ``ca.pem`` (whom we trust to sign), ``crl.pem`` (what is revoked, may be
missing). A new connection uses what is there now; one that stands is cut only if its own certificate went bad.
"""

from __future__ import annotations

import logging
import ssl
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509

from oss.base import clock

log = logging.getLogger(__name__)
FILES = ("server.pem", "server.key", "ca.pem", "crl.pem")
CRL_MARK = b"-----BEGIN X509 CRL-----"

Stamp = tuple[tuple[int, int, int] | None, ...]


class RadsecCertificates:
    """The contexts of the next connection, for both sides; None while there is nothing to show."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: ssl.SSLContext | None = None
        self.client: ssl.SSLContext | None = None
        self.error: str | None = None  # why what lies there cannot be used; the former is used meanwhile
        self._revoked: frozenset[tuple[bytes, int]] = frozenset()
        self._seen: Stamp = ()

    def renew(self) -> bool:
        """Read again if something changed; True if there are new contexts. Cheap enough for every second."""
        stamp = tuple(_stamp(self.folder / name) for name in FILES)
        if stamp == self._seen:
            return False
        self._seen = stamp
        if stamp[0] is None or stamp[1] is None or stamp[2] is None:
            self.server = self.client = None
            return True
        try:
            server, client, revoked = self._context(True), self._context(False), self._lists()
        except (ssl.SSLError, OSError, ValueError) as error:
            self._stay(error)
            return False
        self.server, self.client, self._revoked, self.error = server, client, revoked, None
        log.info("RadSec certificates read", extra={"facts": {"folder": str(self.folder), "revoked": len(revoked)}})
        return True

    def _stay(self, error: Exception) -> None:
        """Half written, or wrong: what was read before stays in use, and the files are looked at again."""
        if self.error != str(error):
            log.error(
                "the RadSec certificates cannot be used, those read before stay: server.key must belong to server.pem",
                extra={"facts": {"folder": str(self.folder), "error": str(error)}},
            )
        self.error, self._seen = str(error), ()

    def _context(self, server: bool) -> ssl.SSLContext:
        """TLS 1.2 or 1.3, a certificate on both sides (RFC 6614 section 2.3)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.folder / FILES[0], self.folder / FILES[1])
        context.load_verify_locations(self.folder / FILES[2])
        if server:
            context.options |= ssl.OP_NO_TICKET  # a resumed session would not be looked at again
            context.num_tickets = 0
        return context

    def _lists(self) -> frozenset[tuple[bytes, int]]:
        """(issuer, serial number) of what is revoked, by lists that somebody trusted has signed (RFC 5280 section 5).

        A list that is out of date still counts: to refuse everybody for it would be an outage.
        """
        path = self.folder / FILES[3]
        if not path.exists():
            return frozenset()
        trusted = x509.load_pem_x509_certificates((self.folder / FILES[2]).read_bytes())
        found: set[tuple[bytes, int]] = set()
        for part in path.read_bytes().split(CRL_MARK)[1:]:
            crl = x509.load_pem_x509_crl(CRL_MARK + part)
            if any(_signed(crl, one) for one in trusted):
                found |= {(crl.issuer.public_bytes(), one.serial_number) for one in crl}
                _complain_if_old(crl)
        return frozenset(found)

    def judge(self, certificate: bytes) -> str | None:
        """Why a certificate (DER) that was trusted is so no more: revoked, expired; None = it still is."""
        who, until = _read(certificate)
        if who in self._revoked:
            return "revoked"
        return "expired" if until < clock.now() else None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _signed(crl: x509.CertificateRevocationList, by: x509.Certificate) -> bool:
    try:
        return crl.issuer == by.subject and crl.is_signature_valid(by.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _complain_if_old(crl: x509.CertificateRevocationList) -> None:
    until = crl.next_update_utc
    if until is not None and until < clock.now():
        log.warning(
            "crl.pem is out of date: what was revoked since is not known. Fetch the new list",
            extra={"facts": {"issuer": crl.issuer.rfc4514_string(), "until": until.isoformat()}},
        )


@lru_cache(maxsize=8192)
def _read(certificate: bytes) -> tuple[tuple[bytes, int], datetime]:
    """(issuer, serial number) and end of a certificate."""
    found = x509.load_der_x509_certificate(certificate)
    return (found.issuer.public_bytes(), found.serial_number), found.not_valid_after_utc
