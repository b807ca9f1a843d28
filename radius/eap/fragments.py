"""TLS in EAP: messages cut to what a packet may carry, and put together again (RFC 5216 section 2.1.5).

The same in EAP-TTLS (RFC 5281 section 9.2) and PEAP version 0, whose version is in bits that are zero.
"""

from __future__ import annotations

from typing import Final

from radius.errors import Malformed

LENGTH: Final = 0x80
MORE: Final = 0x40
START: Final = 0x20

MOST: Final = 65_536
"""Octets of a message that is put together; a peer's chain of certificates is a tenth of it."""

_HEAD: Final = 1 + 4 + 5  # flags, length, and the header of EAP
LEAST: Final = 64


class Fragments:
    """What is still to be sent, and what has come so far. ``size``: octets that one EAP packet may have."""

    __slots__ = ("_coming", "_going", "_sent", "_wanted", "size")

    def __init__(self, size: int) -> None:
        self.size = max(size, LEAST) - _HEAD
        self._going, self._sent = b"", 0
        self._coming, self._wanted = bytearray(), 0

    @property
    def octets(self) -> int:
        """Octets held."""
        return len(self._going) + len(self._coming)

    @property
    def sending(self) -> bool:
        """Whether there is more to send, which waits for the peer's word."""
        return self._sent < len(self._going)

    def send(self, message: bytes) -> bytes:
        """The type data of a message's first fragment; of the whole message if it is short, or empty."""
        self._going, self._sent = message, 0
        return self.next()

    def next(self) -> bytes:
        """The next fragment's type data; the first of several tells the length of all."""
        start, end = self._sent, min(self._sent + self.size, len(self._going))
        self._sent = end
        flags = MORE if end < len(self._going) else 0
        if start or not flags:
            data = bytes((flags,)) + self._going[start:end]
        else:
            data = bytes((flags | LENGTH,)) + len(self._going).to_bytes(4, "big") + self._going[start:end]
        if not flags:
            self._going, self._sent = b"", 0
        return data

    def take(self, data: bytes) -> bytes | None:
        """A fragment of the peer: the whole message with the last one, None while more is due; raises Malformed."""
        if not data:
            raise Malformed("no flags")
        flags, body = data[0], data[1:]
        if flags & LENGTH:
            if len(body) < 4:
                raise Malformed("the length is cut off")
            self._tell(int.from_bytes(body[:4], "big"))
            body = body[4:]
        self._coming += body
        if len(self._coming) > (self._wanted or MOST):
            raise Malformed(f"more than the {self._wanted or MOST} octets told")
        if flags & MORE:
            if not body:
                raise Malformed("a fragment of nothing")
            return None
        return self._whole()

    def _tell(self, length: int) -> None:
        if length > MOST or (self._wanted and length != self._wanted):
            raise Malformed(f"a message of {length} octets")
        self._wanted = length

    def _whole(self) -> bytes:
        whole, wanted = bytes(self._coming), self._wanted
        self._coming, self._wanted = bytearray(), 0
        if wanted and len(whole) != wanted:
            raise Malformed(f"{len(whole)} octets of {wanted}")
        return whole
