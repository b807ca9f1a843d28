"""Serial numbers of ONUs in one spelling, however an OLT prints them."""

from __future__ import annotations

import re


def spelled(serial: str) -> str:
    """A serial in one spelling: upper case; a GPON serial in hex is written with its maker in letters.

    Of the 8 octets of ITU-T G.984.3 9.2.4.2 the first four are letters: ``485754431A2B3C4D`` is ``HWTC1A2B3C4D``.
    Empty where the text is no serial.
    """
    bare = re.sub(r"[\s:.\-]", "", serial).upper()
    if not re.fullmatch(r"[0-9A-Z]{4,24}", bare):
        return ""
    if re.fullmatch(r"[0-9A-F]{16}", bare):
        maker = bytes.fromhex(bare[:8])
        if all(0x41 <= one <= 0x5A for one in maker):
            return maker.decode("ascii") + bare[8:]
    return bare


def in_hex(serial: str) -> str:
    """A serial as 16 hexadecimal digits; one that is no GPON serial stays as it is."""
    known = spelled(serial)
    if re.fullmatch(r"[A-Z]{4}[0-9A-F]{8}", known):
        return known[:4].encode("ascii").hex().upper() + known[4:]
    return known
