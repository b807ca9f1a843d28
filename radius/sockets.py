"""UDP sockets large enough for a herd of routers that all come back at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from typing import Final

Address = tuple[str, int]
"""Host and port; an IPv6 socket's address carries two numbers more, which nobody here looks at."""

BUFFER_OCTETS: Final = 4 * 1024 * 1024

_SNDBUFFORCE, _RCVBUFFORCE = 32, 33  # of Linux (socket(7)); Python's module has no names for them


async def bound_socket(host: str, port: int) -> socket.socket:
    """A non-blocking UDP socket with large buffers; raises OSError that names what could not be bound."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise OSError(error.errno, f"no address for {host!r}: {error.strerror}") from None
    family, _, _, _, address = found[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        _enlarge(sock)
        sock.setblocking(False)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot bind UDP {host} port {port}: {error.strerror}") from None
    return sock


def _enlarge(sock: socket.socket) -> None:
    """As large as the kernel allows: it caps the request at net.core.rmem_max unless we may go beyond."""
    for plain, forced in ((socket.SO_RCVBUF, _RCVBUFFORCE), (socket.SO_SNDBUF, _SNDBUFFORCE)):
        sock.setsockopt(socket.SOL_SOCKET, plain, BUFFER_OCTETS)
        if sys.platform == "linux":
            with contextlib.suppress(PermissionError):
                sock.setsockopt(socket.SOL_SOCKET, forced, BUFFER_OCTETS)
