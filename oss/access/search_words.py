"""What somebody types into a search of sessions or logins: a part of a MAC, or a customer's name, or a login."""

from __future__ import annotations

import re

from oss.base.listing import Listing
from oss.crm.customers import search_key

_MAC = re.compile(r"[0-9a-fA-F]{2}([:\-][0-9a-fA-F]{2}){1,5}|[0-9a-fA-F]{12}")


def mac_digits(text: str) -> str | None:
    """The hex digits of (a part of) a MAC, upper case; None if the text is none."""
    return re.sub(r"[^0-9A-F]", "", text.upper()) if _MAC.fullmatch(text) else None


def by_name_or_login(found: Listing, text: str, login: str) -> None:
    """Narrow a list to customers (``c.search_key``) with all these words, or to logins (column ``login``) with this."""
    words = [_literal(word) for word in search_key(text).split()]
    names = " and ".join(["c.search_key like {}"] * len(words)) or "false"
    values = [f"%{word}%" for word in words]
    found.where(f"(({names}) or {login} like {{}})", *values, f"%{_literal(text.lower())}%")


def _literal(text: str) -> str:
    """No wildcards for LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)
