"""TLS towards routers: no authority signed their certificates, so the one that is known by its hash is believed.

RouterOS without a certificate offers anonymous key exchange only (ADH), which proves nothing of who is there: such a
router has no pin. Once a pin is known, a router that offers no certificate any more is another one.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from typing import Final

from oss.drivers.problems import KeyChanged
from oss.drivers.reach import Reach

CERTIFIED: Final = "DEFAULT:@SECLEVEL=0"  # routers have 1024-bit keys and SHA-1 signatures of their own
NONE: Final = "no certificate"
ANONYMOUS: Final = "aNULL:@SECLEVEL=0"


def pin_of(certificate: bytes) -> str:
    """How a certificate (DER) is named in a row."""
    return "sha256:" + hashlib.sha256(certificate).hexdigest()


def _context(ciphers: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    if ciphers is ANONYMOUS:
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 has no anonymous suites
    return context


async def connected(reach: Reach, believe: Callable[[str], None]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The certificate is compared before anything is said. Raises KeyChanged, OSError."""
    try:
        reader, writer = await asyncio.open_connection(reach.host, reach.port, ssl=_context(CERTIFIED))
    except (ssl.SSLError, ConnectionResetError):  # it has no certificate: some say so, some hang up
        reader, writer = await asyncio.open_connection(reach.host, reach.port, ssl=_context(ANONYMOUS))
        if reach.tls_pin is not None:
            writer.transport.abort()
            raise KeyChanged(name=reach.name, seen=NONE, key=NONE) from None
        return reader, writer
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
    seen = pin_of(certificate)
    if reach.tls_pin is not None and seen != reach.tls_pin:
        writer.transport.abort()
        raise KeyChanged(name=reach.name, seen=seen, key=seen)
    believe(seen)
    return reader, writer
