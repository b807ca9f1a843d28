"""The saved corpus: lines of hexadecimal octets, each with a word on why it is kept.

What a run finds is added by hand: a failing test prints the octets.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")


def saved(name: str) -> list[bytes]:
    """The inputs of one file, in order."""
    found = []
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        octets = line.partition("#")[0].strip()
        if octets:
            found.append(bytes.fromhex(octets))
    return found
