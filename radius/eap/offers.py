"""Which methods there are, by the names an operator knows them by, and how each is made."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from radius.eap import packet
from radius.eap.certificate import ByCertificate
from radius.eap.conversation import Offer
from radius.eap.md5 import Md5
from radius.eap.method import Maker, Method
from radius.eap.mschapv2 import MsChapV2
from radius.eap.peap import Eap
from radius.eap.tls import TlsServer
from radius.eap.ttls import Attributes
from radius.eap.tunnelled import TlsMethod

METHODS: Final = {
    "peap": packet.PEAP,
    "ttls": packet.TTLS,
    "tls": packet.TLS,
    "mschapv2": packet.MSCHAPV2,
    "md5": packet.MD5,
}
"""In the order they are offered unless told otherwise: what most clients do first, what proves least last."""

_IN_PEAP: Final = Offer({packet.MSCHAPV2: MsChapV2})
_IN_TTLS: Final = Offer({packet.MSCHAPV2: MsChapV2, packet.MD5: Md5})


def offer(names: Iterable[str], server: TlsServer | None) -> Offer:
    """These methods in this order, but those for which there is no certificate. Names that are none are passed over."""
    makers: dict[int, Maker] = {packet.MSCHAPV2: MsChapV2, packet.MD5: Md5}
    if server is not None:
        makers |= {packet.PEAP: partial(_peap, server), packet.TTLS: partial(_ttls, server)}
        if server.asks_clients:
            makers[packet.TLS] = partial(_tls, server)
    return Offer.of([METHODS[name] for name in names if name in METHODS], makers)


def _peap(server: TlsServer, identity: bytes, size: int) -> Method:
    return TlsMethod(packet.PEAP, server, Eap(_IN_PEAP), identity, size)


def _ttls(server: TlsServer, identity: bytes, size: int) -> Method:
    return TlsMethod(packet.TTLS, server, Attributes(_IN_TTLS), identity, size)


def _tls(server: TlsServer, identity: bytes, size: int) -> Method:
    return TlsMethod(packet.TLS, server, ByCertificate(), identity, size)
