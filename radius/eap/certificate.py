"""Inside of EAP-TLS there is nothing: the certificate is the proof (RFC 5216, RFC 9190)."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.x509 import (
    Certificate,
    ExtensionNotFound,
    NameOID,
    ObjectIdentifier,
    OtherName,
    RFC822Name,
    SubjectAlternativeName,
)

from radius.eap.method import NOBODY, UNTRUSTED_PEER, Disproven, Look, Proven
from radius.eap.tls import Tunnel
from radius.eap.tunnelled import COMMITMENT, Say, Word

UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""User Principal Name, an OtherName of a subjectAltName."""

_UTF8_STRING = 0x0C


class ByCertificate:
    """The names in the client's certificate, in order; the first that is an account's is who he is."""

    def opened(self, tunnel: Tunnel, look: Look) -> Word:
        """Who the certificate says he is."""
        certificate = tunnel.peer()
        if certificate is None:
            return Disproven(b"", UNTRUSTED_PEER, {"why": "no certificate"})
        names = list(names_of(certificate))
        for name in names:
            account = look(name, guessing=False)
            if account is not None:
                return _end(tunnel, Proven(name, withheld=not account.allowed))
        return Disproven(names[0] if names else b"", NOBODY)

    def resumed(self, tunnel: Tunnel, proven: Proven) -> Word:
        """The same without a look at the certificate."""
        return _end(tunnel, proven)

    def heard(self, tunnel: Tunnel, words: bytes, look: Look) -> Word:
        """Only the peer's word that he has our Finished comes here, of a handshake in which he was the first."""
        return Disproven(b"", UNTRUSTED_PEER, {"why": "words where none are due"})


def _end(tunnel: Tunnel, proven: Proven) -> Word:
    """TLS 1.3 has the server say that it is over (RFC 9190 section 2.1.1); one who is not let in does not hear it."""
    return Say(COMMITMENT, proven) if tunnel.tls13 and not proven.withheld else proven


def names_of(certificate: Certificate) -> Iterator[bytes]:
    """User Principal Names, e-mail addresses, then common names; a certificate that cannot be read has none."""
    try:
        found = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
        yield from (_upn(one) for one in found if isinstance(one, OtherName) and one.type_id == UPN)
        yield from (one.value.encode() for one in found if isinstance(one, RFC822Name))
    except (ExtensionNotFound, ValueError):
        pass
    try:
        for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
            yield one.value.encode() if isinstance(one.value, str) else one.value
    except ValueError:
        return


def _upn(name: OtherName) -> bytes:
    """A UTF8String of less than 128 octets; whatever else is no name of anybody."""
    value = name.value
    plain = len(value) > 2 and value[0] == _UTF8_STRING and value[1] == len(value) - 2
    return value[2:] if plain else b""
