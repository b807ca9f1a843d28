"""The TLS of a tunnel: pyOpenSSL on memory, octets in, octets out (RFC 5216, RFC 9190).

``TlsServer`` is a certificate with all that is made of it once; ``Tunnel`` one session. TLS 1.2 and 1.3 only, and only
with an ephemeral key by elliptic curve: one of a finite field takes milliseconds. Every call here is one of OpenSSL's:
measured, a step takes 0.4 ms with an RSA key of 2048 bits, 0.1 with P-256, 1.9 with RSA of 4096 bits. That is why it is
done in the loop that asks (``turns`` says when), and not in a thread, whose hand-over costs as much.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate
from OpenSSL import SSL
from OpenSSL.crypto import X509

from radius.eap.resumption import LIFETIME_S, Proofs

OCTETS: Final = 65_536
"""About what a session holds in memory until it is over (measured: 62 KiB)."""

MOST_INSIDE: Final = 16_384
"""Octets that a peer may say in a tunnel at once: more than any inner method needs."""

_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL"
_CONTEXT: Final = b"milha"
_READ: Final = 16_384
_ALERTS_ON_OURS: Final = ("unknown ca", "bad certificate", "certificate expired", "certificate unknown", "unsupported")


Revoked = AbstractSet[tuple[bytes, int]]
"""Issuers (DER) and serial numbers of certificates that are let in no more (RFC 5216 section 5.4)."""

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey


class Untrustworthy(Exception):
    """A certificate or key that cannot be used; the message says what OpenSSL says."""


class TlsServer:
    """A certificate chain and its key, the authorities whose clients are let in, and the sessions that may come back.

    Immutable: a renewed certificate makes a new one, whose sessions begin anew. Raises Untrustworthy. To make one takes
    milliseconds, and many with a bundle of authorities: not in a loop that answers.
    """

    def __init__(self, chain: Path, key: Path, authority: Path | None = None, revoked: Revoked = frozenset()) -> None:
        self.proofs = Proofs()
        try:
            for path in filter(None, (chain, key, authority)):
                path.open("rb").close()  # OpenSSL has no words for a file that is not there
            private = _key(key)
            self._contexts = {
                (mutual, resumes): _context(chain, private, authority if mutual else None, resumes, revoked)
                for mutual in ((False, True) if authority is not None else (False,))
                for resumes in (False, True)
            }
        except SSL.Error as error:
            raise Untrustworthy(_words(error)) from None
        except OSError as error:
            raise Untrustworthy(f"{error.filename}: {error.strerror}") from None

    @property
    def asks_clients(self) -> bool:
        """Whether there is an authority for certificates of clients."""
        return (True, True) in self._contexts

    def connection(self, mutual: bool, resumes: bool) -> SSL.Connection:
        """A new session, in which the client proves himself by certificate or does not."""
        made = SSL.Connection(self._contexts[mutual, resumes], None)
        made.set_accept_state()
        return made


def _context(chain: Path, key: PrivateKey, authority: Path | None, resumes: bool, revoked: Revoked) -> SSL.Context:
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    made.set_max_proto_version(SSL.TLS1_3_VERSION)
    made.set_cipher_list(_CIPHERS)
    made.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    # By ticket, or by id for those who take none (wpa_supplicant with TLS 1.2); what one proved is in ``Proofs``.
    made.set_session_cache_mode(SSL.SESS_CACHE_SERVER if resumes else SSL.SESS_CACHE_OFF)
    made.set_session_id(_CONTEXT)
    made.set_timeout(int(LIFETIME_S))
    made.use_certificate_chain_file(str(chain))
    made.use_privatekey(key)
    made.check_privatekey()
    if not resumes:
        made.set_options(SSL.OP_NO_TICKET)
    if authority is not None:
        made.load_verify_locations(str(authority))
        made.load_client_ca(str(authority).encode())
        made.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verifier(revoked))
    return made


def _verifier(revoked: Revoked) -> Callable[[SSL.Connection, X509, int, int, int], bool]:
    """What OpenSSL found, and that none of the chain is revoked: its own check would want a list of each authority."""

    def verify(_: SSL.Connection, certificate: X509, error: int, depth: int, good: int) -> bool:
        one = certificate.to_cryptography()
        return bool(good) and (one.issuer.public_bytes(), one.serial_number) not in revoked

    return verify


def _key(path: Path) -> PrivateKey:
    """Read by hand: OpenSSL would ask at the terminal for the passphrase of a key that has one.

    Its primes are not tested, which takes 80 ms: it is compared with its certificate.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        if isinstance(key, PrivateKey):
            return key
        raise Untrustworthy(f"{path.name}: a key for RSA or an elliptic curve is needed")
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Untrustworthy(f"{path.name}: {error}") from None


Known = Callable[[bytes], bool]
"""Whether a session with this secret may be resumed."""


class Tunnel:
    """One session. ``output`` is what waits to be sent, ``failure`` what ended it, ``blames_us`` that it was our
    certificate which the peer did not like, ``tls13`` that TLS 1.3 is spoken.
    """

    __slots__ = (
        *("_connection", "_heard", "_mutual", "_sent", "_server", "_settled"),
        *("blames_us", "established", "failure", "output", "resumed", "tls13"),
    )

    def __init__(self, server: TlsServer, mutual: bool) -> None:
        self._server, self._mutual = server, mutual
        self._connection = server.connection(mutual, resumes=True)
        self._heard, self._sent, self._settled = b"", 0, False
        self.output, self.failure = b"", ""
        self.established = self.resumed = self.blames_us = self.tls13 = False

    def feed(self, octets: bytes, known: Known) -> bytes:
        """What the peer sent; gives back what he says inside. A session nobody knows is made anew, from its start."""
        if octets:
            self._connection.bio_write(octets)
        if not self.established:
            self._shake(octets, known)
        return self._read() if self.established and not self.failure else b""

    def say(self, inside: bytes) -> None:
        """Encrypt for the peer."""
        self._connection.send(inside)
        self._drain()

    def export(self, label: bytes, size: int, context: bytes | None) -> bytes:
        """Keying material (RFC 5705)."""
        return self._connection.export_keying_material(label, size, context)

    def secret(self) -> bytes | None:
        """What the session is known by; none before it has one.

        Of a session resumed by TLS 1.3 it is another one after the handshake, with the new ticket.
        """
        try:
            return self._connection.master_key()
        except SSL.Error:
            return None

    def keep(self) -> None:
        """Nothing more is said, and all went well: OpenSSL drops a session from its cache that ends otherwise."""
        self._connection.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)

    def peer(self) -> Certificate | None:
        """The client's certificate, of a resumed session too."""
        return self._connection.get_peer_certificate(as_cryptography=True)

    def _shake(self, octets: bytes, known: Known) -> None:
        self._handshake()
        if not self._settled and not self.failure:
            self._heard += octets
            self._settle(known)
        if self.established:
            self._heard = b""

    def _handshake(self) -> None:
        try:
            self._connection.do_handshake()
            self.established = True
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._fail(error)
        self._drain()

    def _settle(self, known: Known) -> None:
        """Whether this is a session resumed: only such a one has a secret after the client's hello.

        One that may not be resumed is begun again without: the same hello, to an end that opens no ticket.
        """
        self.tls13 = self._connection.get_protocol_version_name() == "TLSv1.3"
        secret = None if self.established else self.secret()
        self.resumed = secret is not None and known(secret)
        if secret is not None and not self.resumed:
            self._begin_again()
        # In TLS 1.3 the first hello may have been answered by the wish for another one (RFC 8446 section 4.1.4).
        self._settled = secret is not None or self.established or not self.tls13

    def _begin_again(self) -> None:
        said = self._sent - len(self.output)
        self._connection = self._server.connection(self._mutual, resumes=False)
        self._sent, self.output = 0, b""
        self._connection.bio_write(self._heard)
        self._handshake()
        self.output = self.output[said:]

    def _read(self) -> bytes:
        inside = b""
        while len(inside) <= MOST_INSIDE and not self.failure:
            try:
                inside += self._connection.recv(_READ)
            except SSL.WantReadError:
                return inside
            except SSL.ZeroReturnError:
                self.failure = "closed by the peer"
            except SSL.Error as error:
                self._fail(error)
                self._drain()
        self.failure = self.failure or "too much inside"
        return b""

    def _fail(self, error: SSL.Error) -> None:
        self.failure = _words(error)
        self.blames_us = "alert" in self.failure and any(word in self.failure for word in _ALERTS_ON_OURS)

    def _drain(self) -> None:
        try:
            while True:
                piece = self._connection.bio_read(_READ)
                self.output += piece
                self._sent += len(piece)
                if len(piece) < _READ:
                    return
        except SSL.Error:  # nothing there
            return


def _words(error: SSL.Error) -> str:
    """OpenSSL's own words for what went wrong."""
    found = [parts[-1] for parts in error.args[0] if parts] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(one) for one in found if one) or str(error) or type(error).__name__
