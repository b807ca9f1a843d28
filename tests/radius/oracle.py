"""pyrad as the second opinion on a datagram, and where it is known to be laxer than the RFCs."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from pyrad.dictionary import Dictionary
from pyrad.packet import AcctPacket, AuthPacket, PacketError

import radius
from radius import attributes as a
from radius.server import Kind, Peer

DICTIONARY = Dictionary(str(Path(radius.__file__).with_name("dictionary.milha")))
TAKEN = {"auth": (a.ACCESS_REQUEST, a.STATUS_SERVER), "acct": (a.ACCOUNTING_REQUEST, a.STATUS_SERVER)}


def decode(datagram: bytes, secret: bytes, kind: Kind = "auth") -> Any | None:
    """pyrad's packet, None where it or RFC 2865 refuses the datagram.

    pyrad is laxer than RFC 2865 in two places:

    - section 3: "The maximum length is 4096"; pyrad takes up to 8192.
    - section 5: an attribute that runs past the end; pyrad cuts its value short. So a second question is put to it:
      the same packet with one octet more. If the attributes end where the packet ends, that octet is half an attribute
      header, which pyrad refuses; if the last attribute is too long, it swallows the octet.
    """
    packet = _decode(datagram, secret, kind)
    if packet is None:
        return None
    length = len(packet.raw_packet)
    longer = datagram[:2] + (length + 1).to_bytes(2, "big") + packet.raw_packet[4:] + b"\0"
    if length > 4096 or _decode(longer, secret, kind) is not None:
        return None
    return packet


def _decode(datagram: bytes, secret: bytes, kind: Kind) -> Any | None:
    try:
        return (AuthPacket if kind == "auth" else AcctPacket)(secret=secret, dict=DICTIONARY, packet=datagram)
    except PacketError:
        return None


def raw(packet: Any, key: int) -> list[bytes]:
    """The undecoded values of an attribute."""
    values: list[bytes] = OrderedDict.get(packet, key, [])
    return values


def answers(kind: Kind, datagram: bytes, peer: Peer) -> bool:
    """Whether a server should answer this first sight of a datagram from this peer, as it is known before."""
    packet = decode(datagram, peer.secret.value, kind)
    if packet is None or packet.code not in TAKEN[kind]:
        return False
    signatures = raw(packet, a.MESSAGE_AUTHENTICATOR)
    if not signatures:
        # pyrad leaves an unsigned Status-Server to the caller; RFC 5997 section 3 discards it.
        return packet.code != a.STATUS_SERVER and _may_be_unsigned(kind, packet, peer)
    # pyrad is laxer than RFC 3579 section 3.3 ("0-1"): of several Message-Authenticators it verifies the first.
    if len(signatures) > 1 or not packet.verify_message_authenticator():
        return False
    return kind == "auth" or bool(packet.VerifyAcctRequest())


def _may_be_unsigned(kind: Kind, packet: Any, peer: Peer) -> bool:
    if kind == "acct":
        return bool(packet.VerifyAcctRequest())
    # pyrad knows only "always" and "never" (enforce_ma); RFC 3579 section 3.1 and the policy of Milha are these:
    if raw(packet, a.EAP_MESSAGE):
        return False
    if peer.ma_policy == "auto":
        return not peer.signs and not raw(packet, a.PROXY_STATE)
    return peer.ma_policy == "off"
