"""Which account a request is about, in whatever spelling a router or a customer writes it.

Most requests name their account as it is kept, and one look into the table of logins settles it. What follows is for
the others: a realm of our own behind the name, a MAC in another maker's spelling, and requests that only their line
tells apart (the circuit that a DSLAM, an OLT or a switch wrote into them).

The applier, in a process of its own, goes by the same rule: `also` is pure, and the order of its answers counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

from radius import attributes as a
from radius.packet import Packet, vendor_attributes

CLASS_MARK: Final = b"milha1:"  # of the Class in our Access-Accepts; the profile key, and a login where one is needed
UID_MARK: Final = b"milha-uid:"  # of the Class in records that we write ourselves; 16 octets follow
LONGEST = 128  # characters of a login
EDGES: Final = "\0" + "".join(filter(str.isspace, map(chr, range(0x3001))))  # what is trimmed; some send C's strings

# One MAC: six groups of one or two digits behind one kind of separator, with the hardware type that DHCP's client
# identifier and option 61 put before it (MikroTik's "1:0:c:42:a:b:c"); three groups of four; twelve digits.
_GROUPS = re.compile(r"(?:0?1([:\-. ]))?([0-9a-f]{1,2})([:\-. ])(?:[0-9a-f]{1,2}\3){4}[0-9a-f]{1,2}")
_QUADS = re.compile(r"[0-9a-f]{4}([:\-. ])[0-9a-f]{4}\1[0-9a-f]{4}")
_BARE = re.compile(r"(?:01)?[0-9a-f]{12}")
_APART = re.compile(r"[:\-. ]")
_HEX = re.compile(r"(?:0x)?((?:[0-9a-f]{2}){4,})")

# (vendor, its circuit, its remote id): RFC 4679 sections 3.3.1 and 3.3.2, and Redback's, which MikroTik speaks too
AGENTS: Final = ((3561, 1, 2), (2352, 97, 96))
CISCO, AVPAIR = 9, 1
TAGS: Final = (b"circuit-id-tag=", b"remote-id-tag=")


def plain(name: bytes) -> str:
    """User-Name as it is compared: trimmed, lower case, composed (NFC)."""
    text = name.decode("utf-8", "replace").strip().lower()
    return text if text.isascii() and "\0" not in text else typed(text.strip(EDGES))


def typed(text: str) -> str:
    """The same of a login that a person types or a file brings."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().lower())


def mac(text: str) -> str | None:
    """A MAC as we keep it, ``aa:bb:cc:dd:ee:ff``; None: the text is none."""
    text = text.strip(EDGES).lower()
    if not 11 <= len(text) <= 25:
        return None
    if _BARE.fullmatch(text):
        digits = text[-12:]
    elif _QUADS.fullmatch(text):
        digits = _APART.sub("", text)
    elif found := _GROUPS.fullmatch(text):
        if found[1] not in (None, found[3]):
            return None
        digits = "".join(group.zfill(2) for group in _APART.split(text)[-6:])
    else:
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def calling(packet: Packet) -> str | None:
    """The MAC in Calling-Station-Id (RFC 3580 section 3.21 and what makers put there); None: it has none."""
    value = packet.get(a.CALLING_STATION_ID)
    return mac(value.decode("latin-1")) if value else None


def circuit(value: bytes | str) -> str:
    """A circuit or remote id as we keep it: text in lower case with _ for spaces, octets that are no text as hex.

    Cisco sends the octets as hex digits already, others put 0x before them: all three are the same line.
    """
    if isinstance(value, bytes):
        value = _text(value.strip(b"\0")) or value.hex()
    text = "_".join(typed(value).split())
    found = _HEX.fullmatch(text)
    return (found[1] if found else text)[:LONGEST]


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def circuits(packet: Packet) -> tuple[str, str]:
    """(circuit id, remote id) of DHCP's option 82 or PPPoE's intermediate agent; empty where there is none."""
    found = ["", ""]
    if a.VENDOR_SPECIFIC not in packet.at:
        return "", ""
    for value in packet.get_all(a.VENDOR_SPECIFIC):
        vendor = int.from_bytes(value[:4], "big")
        for kind, data in vendor_attributes(value):
            for which in (0, 1):
                if not found[which]:
                    found[which] = _of_agent(vendor, kind, data, which)
    return found[0], found[1]


def _of_agent(vendor: int, kind: int, data: bytes, which: int) -> str:
    """The circuit (0) or remote id (1) in one vendor attribute, or nothing."""
    if vendor == CISCO and kind == AVPAIR and data.lower().startswith(TAGS[which]):
        return circuit(data[len(TAGS[which]) :])
    return circuit(data) if any(vendor == one[0] and kind == one[1 + which] for one in AGENTS) else ""


def without_realm(login: str, realms: Collection[str]) -> str | None:
    """The name before (or, after a backslash, behind) a realm of ours; None: it has none."""
    if "@" in login:
        name, _, realm = login.rpartition("@")
        return name if name and realm in realms else None
    if "\\" in login:
        realm, _, name = login.partition("\\")
        return name if name and realm in realms else None
    return None


def also(packet: Packet, login: str, realms: Collection[str]) -> Iterator[str]:
    """The logins that a request for one nobody has may mean, the likeliest first.

    An own realm comes off, a MAC gets our spelling; then its line: remote id and circuit (as one login, for circuits
    that are numbered from one in each switch), circuit alone, remote id alone.
    """
    bare = without_realm(login, realms) if realms else None
    if bare:
        yield bare
    address = mac(bare or login)
    if address:
        yield address
    here, there = circuits(packet)
    if here and there:
        yield f"{there}|{here}"
    yield from filter(None, (here, there))


def class_of(key: str, login: str = "") -> bytes:
    """The Class of an Access-Accept: what the session was given, and whose it is where the name does not tell."""
    return CLASS_MARK + (f"{key}\t{login}" if login else key).encode()


def of_class(packet: Packet) -> tuple[str | None, str]:
    """(profile key, login) that the Class of our Access-Accept brings back; (None, ""): it is none of ours."""
    mark = packet.get(a.CLASS)
    if mark is None or not mark.startswith(CLASS_MARK):
        return None, ""
    key, _, login = mark[len(CLASS_MARK) :].decode("utf-8", "replace").partition("\t")
    return key, login


def uid_mark(uid: bytes) -> bytes:
    """The attribute by which a record of ours names a session: its router's own words may not be known."""
    return a.attr(a.CLASS, UID_MARK + uid)


def uid_of(packet: Packet) -> bytes:
    """The session that a record of ours names; empty where it names none."""
    mark = packet.get(a.CLASS)
    return mark[len(UID_MARK) :] if mark is not None and mark.startswith(UID_MARK) and len(mark) == 26 else b""


class Names:
    """The rule with what it needs to know: the logins there are, and what the operator set."""

    def __init__(self, logins: Collection[str] = ()) -> None:
        self.logins = logins
        self.realms: frozenset[str] = frozenset()
        self.word = b""  # the password that routers send for every MAC, where the operator set one

    def login_of(self, packet: Packet) -> str | None:
        """The login a request is about, as it is kept; the name itself where nobody has it, None without a name."""
        name = packet.get(a.USER_NAME)
        if not name:
            return None
        login = plain(name)
        if login in self.logins:
            return login
        return self.another(packet, login)

    def of_identity(self, identity: bytes) -> str:
        """The login that an EAP identity means: its line tells nothing of who is inside."""
        login = plain(identity)
        bare = without_realm(login, self.realms) if login not in self.logins else None
        return bare if bare and bare in self.logins else login

    def another(self, packet: Packet, login: str) -> str:
        """The first of what the name may mean that is a login."""
        return next((one for one in also(packet, login, self.realms) if one in self.logins), login)

    def of_session(self, packet: Packet) -> str | None:
        """The login of an accounting record: what we told its router, else what its name says."""
        told = b"\t" in (packet.get(a.CLASS) or b"")
        return (of_class(packet)[1] if told else "") or self.login_of(packet)
