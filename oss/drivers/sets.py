"""SNMP SETs as text, so that a course of them is shown, kept and taken back like one of commands.

``set 1.3.6.1.4.1.17409.2.8.3.5.1.3.1 i 5``; types as net-snmp names them: i (integer), s (text), x (octets in hex).
"""

from __future__ import annotations

import re

SAID = re.compile(r"set (1(?:\.\d+)+) ([isx]) ?(.*)", re.DOTALL)


def told(oid: str, value: int | str | bytes) -> str:
    """A SET as text."""
    if isinstance(value, int):
        return f"set {oid} i {value}"
    return f"set {oid} x {value.hex()}" if isinstance(value, bytes) else f"set {oid} s {value}"


def read(text: str) -> tuple[str, int | str | bytes]:
    """The OID and the value. Raises ValueError."""
    found = SAID.fullmatch(text)
    if found is None:
        raise ValueError(f"no SET: {text}")
    oid, kind, value = found.groups()
    return oid, int(value) if kind == "i" else bytes.fromhex(value) if kind == "x" else value
