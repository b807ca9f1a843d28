"""RADIUS over TLS without a socket (RFC 6614, RFC 6613): octets of a stream to packets, TLS in memory, names of a peer.

Nothing here waits or knows an address. What arrives goes in, what is to be sent comes out.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from typing import Any, Final

from radius.errors import Malformed, RadiusError
from radius.integrity import Secret
from radius.packet import MAX_PACKET, MIN_PACKET

__all__ = ["PORT", "SECRET", "Deframer", "Tls", "Untrusted", "certificate_names", "fingerprint_of", "spelled"]

PORT: Final = 2083
"""TCP (RFC 6614 section 2.1)."""

SECRET: Final = Secret(b"radsec")
"""The shared secret inside TLS, the same for all (RFC 6614 section 2.3)."""

FINGERPRINT: Final = "sha256:"
_CHUNK: Final = 65536
_LENGTH: Final = 4  # octets up to the end of the Length field

# X509_V_ERR_... of OpenSSL to what an operator must do something about
_CAUSES: Final = {
    **dict.fromkeys((2, 18, 19, 20, 21), "issuer_unknown"),
    9: "not_yet_valid",
    10: "expired",
    23: "revoked",
    **dict.fromkeys((3, 11, 12), "crl_out_of_date"),
    26: "purpose",
    **dict.fromkeys((62, 63, 64), "name"),
}
_ALERTS: Final = {
    "ALERT_CERTIFICATE_EXPIRED": "told_expired",
    "ALERT_CERTIFICATE_REVOKED": "told_revoked",
    "ALERT_UNKNOWN_CA": "told_unknown_ca",
    "ALERT_BAD_CERTIFICATE": "told_bad_certificate",
    "ALERT_CERTIFICATE_UNKNOWN": "told_bad_certificate",
    "CERTIFICATE_REQUIRED": "told_no_certificate",
}


class Untrusted(RadiusError):
    """TLS did not come about. ``cause``: expired, not_yet_valid, revoked, issuer_unknown, crl_out_of_date, purpose,
    name (of a server), no_certificate, old_tls, told_... (the other side refused ours), or protocol.
    """

    def __init__(self, cause: str, said: str) -> None:
        super().__init__(said)
        self.cause = cause


class Deframer:
    """Octets of a stream to packets: each is as long as its Length field says (RFC 6613 section 2.6.4)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> list[bytes]:
        """The packets now complete; raises Malformed for a length below 20 or above 4096.

        After that nothing of the stream can be read any more: the connection must be closed.
        """
        data = self._rest + octets if self._rest else octets
        found, at, end = [], 0, len(data)
        while end - at >= _LENGTH:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if not MIN_PACKET <= length <= MAX_PACKET:
                raise Malformed(f"length field {length} in a stream")
            if end - at < length:
                break
            found.append(data[at : at + length])
            at += length
        self._rest = data[at:]
        return found


class Tls:
    """One side of a TLS connection in memory: what came from the wire goes in, what goes to the wire comes out."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool, server_name: str | None = None) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=server_side, server_hostname=server_name)
        self.ready = False
        self.ended = False

    def start(self) -> bytes:
        """What the client says first."""
        self._shake()
        return self.outgoing()

    def receive(self, octets: bytes) -> bytes:
        """What the other side said in clear; raises Untrusted when it cannot be trusted or speaks no TLS."""
        self._in.write(octets)
        if not self.ready:
            self._shake()
        return self._read() if self.ready else b""

    def send(self, octets: bytes) -> None:
        """Encrypt; take the result with `outgoing`."""
        self._tls.write(octets)

    def outgoing(self) -> bytes:
        """What is to go to the wire now."""
        return self._out.read()

    def end(self) -> None:
        """Say that nothing more comes; the other side's word of that is not waited for."""
        try:
            self._tls.unwrap()
        except (ssl.SSLError, ValueError, OSError):
            return

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise _untrusted(error) from None
        self.ready = True

    def _read(self) -> bytes:
        found = []
        try:
            while data := self._tls.read(_CHUNK):
                found.append(data)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            raise _untrusted(error) from None
        return b"".join(found)

    # Who is there

    def names(self) -> tuple[str, ...]:
        """The other side's certificate by all its names, the most certain first."""
        octets = self._tls.getpeercert(binary_form=True)
        return certificate_names(self._tls.getpeercert() or {}, octets) if octets else ()

    def certificate(self) -> bytes:
        """The other side's certificate (DER)."""
        return self._tls.getpeercert(binary_form=True) or b""

    def described(self) -> str:
        """Version and cipher, e.g. ``TLSv1.3 TLS_AES_256_GCM_SHA384``."""
        cipher = self._tls.cipher()
        return f"{self._tls.version()} {cipher[0] if cipher else ''}"


def _untrusted(error: ssl.SSLError) -> Untrusted:
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(_CAUSES.get(error.verify_code, "issuer_unknown"), error.verify_message)
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return Untrusted("no_certificate", "it showed no certificate")
    if reason in ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW"):
        return Untrusted("old_tls", "it speaks nothing newer than TLS 1.1")
    told = next((cause for name, cause in _ALERTS.items() if name in reason), "protocol")
    return Untrusted(told, reason.replace("_", " ").lower() or str(error))


def certificate_names(certificate: Mapping[str, Any], octets: bytes) -> tuple[str, ...]:
    """Fingerprint, subjectAltName:DNS entries, subject CN: by these a peer may be configured (RFC 6614 section 2.3).

    ``certificate`` is laid out as Python's `ssl` lays it out, ``octets`` are its DER form.
    """
    alternative = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    common = [value for part in certificate.get("subject", ()) for kind, value in part if kind == "commonName"]
    found = [fingerprint_of(octets), *(spelled(name) for name in (*alternative, *common))]
    return tuple(dict.fromkeys(found))


def fingerprint_of(octets: bytes) -> str:
    """A certificate's SHA-256 fingerprint as it stands in a NAS's row."""
    return FINGERPRINT + hashlib.sha256(octets).hexdigest()


def spelled(name: str) -> str:
    """One spelling for a certificate's name, whoever typed it: lower case; a fingerprint as sha256: and 64 digits."""
    text = name.strip().lower()
    digits = text.removeprefix("sha-256:").removeprefix(FINGERPRINT).replace(":", "")
    return FINGERPRINT + digits if len(digits) == 64 and not set(digits) - set("0123456789abcdef") else text
