"""Telnet's options (RFC 854, 857, 858) on a server that echoes and sends no go-aheads. Octets in, octets out."""

from __future__ import annotations

from typing import Final

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
ECHO, GO_AHEAD = 1, 3
OURS: Final = (ECHO, GO_AHEAD)


class Options:
    """Of one connection; holds what is not whole yet."""

    def __init__(self) -> None:
        self._rest = b""

    def offer(self) -> bytes:
        """What a device says first: it echoes itself."""
        return b"".join(bytes((IAC, WILL, one)) for one in OURS)

    def quoted(self, octets: bytes) -> bytes:
        """Data as it goes out."""
        return octets.replace(b"\xff", b"\xff\xff")

    def heard(self, octets: bytes) -> tuple[bytes, bytes]:
        """The data in what came, and what is to be answered."""
        octets, self._rest = self._rest + octets, b""
        keys, answer, at = bytearray(), bytearray(), 0
        while at < len(octets):
            if octets[at] != IAC:
                keys.append(octets[at])
                at += 1
                continue
            length = _command(octets, at)
            if length == 0:
                self._rest = octets[at:]
                break
            if octets[at + 1] == IAC:
                keys.append(IAC)
            answer += _answer(octets[at : at + length])
            at += length
        return bytes(keys), bytes(answer)


def _command(octets: bytes, at: int) -> int:
    """Octets of the command that begins here; 0: it is not whole."""
    if at + 1 >= len(octets):
        return 0
    if octets[at + 1] == SB:
        end = octets.find(bytes((IAC, SE)), at)
        return 0 if end < 0 else end + 2 - at
    length = 3 if octets[at + 1] in (DO, DONT, WILL, WONT) else 2
    return length if at + length <= len(octets) else 0


def _answer(command: bytes) -> bytes:
    """No to all that we did not offer."""
    kind, option = command[1], command[-1]
    if kind == DO and option not in OURS:
        return bytes((IAC, WONT, option))
    if kind == WILL:
        return bytes((IAC, DONT, option))
    return b""
