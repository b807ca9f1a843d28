"""What somebody typed into a search, read in every way it could be meant: words, digits, a MAC, an address."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

LONGEST = 100  # characters that are looked at
WORDS = 6  # words that are looked for
# What parts words: the same characters as in the schema's ``search_words``.
_APART = str.maketrans(dict.fromkeys(".,;:!?'\"`-_/\\|()[]{}<>&@#*+=%", " "))
_NUMBER = re.compile(r"(?:\D{0,12}[\s:#º°.]+)?#?(?:(?P<series>[0-9A-Za-z]{1,8})-)?(?P<number>\d{1,15})")
_MAC = re.compile(
    r"[0-9a-f]{1,2}([:\-. ][0-9a-f]{1,2}){1,5}[:\-. ]?|([0-9a-f]{4}[:\-. ]){1,2}[0-9a-f]{1,4}|[0-9a-f]{4,12}"
)
_IPV4_PART = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?\.?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def plain(text: str) -> str:
    """Lower case without accents, single spaces: ``Íris Mourão`` -> ``iris mourao``; the same on every server."""
    parts = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).casefold().split())


@dataclass(frozen=True)
class Typed:
    """One text; each property is None (or empty) where the text cannot be meant so."""

    text: str

    @classmethod
    def of(cls, text: str) -> Typed:
        """The text without what no record holds: control characters, and more than anybody types."""
        shown = "".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST])
        return cls(" ".join(shown.split())[:LONGEST])

    @cached_property
    def key(self) -> str:
        """As names are kept for searching."""
        return plain(self.text)

    @cached_property
    def words(self) -> list[str]:
        """The words of a name, each to be found as a beginning."""
        return [word for word in self.key.translate(_APART).split() if len(word) <= 60][:WORDS]

    @cached_property
    def login(self) -> str:
        """As logins are kept; empty where no login could be so."""
        text = unicodedata.normalize("NFC", self.text.lower())
        return text if len(text) >= 2 and " " not in text else ""

    @cached_property
    def document(self) -> str:
        """A CPF or CNPJ or a part of one, without punctuation and the stars of a masked one."""
        if not re.fullmatch(r"[0-9A-Za-z.\-/* ]+", self.text):
            return ""
        bare = re.sub(r"[^0-9A-Z]", "", self.text.upper())
        whole_word = bare.isdigit() or len(bare) >= 8  # letters stand in a CNPJ since July 2026
        return bare if 3 <= len(bare) <= 14 and whole_word and sum(c.isdigit() for c in bare) >= 3 else ""

    @cached_property
    def phone(self) -> str:
        """The last eight digits of a telephone number."""
        digits = re.sub(r"\D", "", self.text)
        return digits[-8:] if 8 <= len(digits) <= 13 and re.fullmatch(r"[\d\s()+\-.]+", self.text) else ""

    @cached_property
    def mac(self) -> str:
        """The hex digits of a MAC or a part of one, upper case; at least four."""
        text = self.text.lower()
        bare = re.sub(r"[^0-9A-F]", "", text.upper())
        if not _MAC.fullmatch(text) or self.part_of_ipv4 is not None:
            return ""
        return bare if 4 <= len(bare) <= 12 else ""

    @cached_property
    def address(self) -> Address | None:
        """A whole address."""
        try:
            found = ipaddress.ip_address(self.text.strip("[]").split("%")[0])
        except ValueError:
            return None
        return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found

    @cached_property
    def part_of_ipv4(self) -> Network | None:
        """``100.64`` or ``100.64.3.``: the network of all addresses that begin so; a whole address is one of itself."""
        if isinstance(self.address, ipaddress.IPv4Address):
            return ipaddress.ip_network(self.address)
        found = _IPV4_PART.fullmatch(self.text)
        parts = [part for part in found.groups() if part] if found else []
        if not parts or any(int(part) > 255 for part in parts):
            return None
        return ipaddress.ip_network((".".join([*parts, *["0"] * (4 - len(parts))]), 8 * len(parts)))

    @cached_property
    def network(self) -> Network | None:
        """A prefix with its length: ``2001:db8:7::/56``."""
        try:
            return ipaddress.ip_network(self.text, strict=False) if "/" in self.text else None
        except ValueError:
            return None

    @cached_property
    def number(self) -> tuple[str, int] | None:
        """Series ('' for any) and number of an invoice: ``1-123``, ``nº 123``, ``fatura 123``, ``123``."""
        found = _NUMBER.fullmatch(self.text)
        return (found["series"] or "", int(found["number"])) if found else None


def all_of(words: Sequence[str], ending: str = ":*") -> str:
    """A tsquery for the schema's ``search_words``: all these words, as beginnings of words (or whole: no ending)."""
    return " & ".join(f"'{word}'{ending}" for word in words)


def after(prefix: str) -> str:
    """The first text behind all that begin with a prefix, where text is ordered by code points (COLLATE "C")."""
    return prefix + "\U0010ffff"


def anywhere(text: str) -> str:
    """A LIKE pattern that finds a text anywhere; what is a wildcard to LIKE is none here."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
