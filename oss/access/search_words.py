"""What somebody types into a search of sessions or logins: a part of a MAC, or a customer's name, or a login."""

from __future__ import annotations

import re

from oss.base.listing import Listing
from oss.crm.customers import by_words

_MAC = re.compile(r"[0-9a-fA-F]{2}([:\-][0-9a-fA-F]{2}){1,5}|[0-9a-fA-F]{12}")


def mac_digits(text: str) -> str | None:
    """The hex digits of (a part of) a MAC, upper case; None if the text is none."""
    return re.sub(r"[^0-9A-F]", "", text.upper()) if _MAC.fullmatch(text) else None


def contracts_by_words(text: str) -> tuple[str, list[str]]:
    """A subquery of contract ids (``{}`` for each value): of customers with all these words, or logins with the text.

    Words are found by their beginnings (``customer_words``), logins also inside (``access_account_trigrams``).
    """
    names, words = by_words(text, "w.search_key")
    found = f"""select o.id from contract o join customer w on w.id = o.customer_id where {names}
        union all select a.contract_id from access_account a where a.login like {{}}"""
    return found, [*words, f"%{_literal(text.lower())}%"]


def by_name_or_login(found: Listing, text: str, contract: str, login: str) -> None:
    """Narrow a list to contracts (column ``contract``) by words, or to logins (column ``login``) with the text."""
    contracts, values = contracts_by_words(text)
    found.where(f"({contract} in ({contracts}) or {login} like {{}})", *values, f"%{_literal(text.lower())}%")


def sessions_by_words(found: Listing, text: str) -> None:
    """Narrow open sessions (``s``) to those of such contracts, and to logins of nobody that begin so."""
    contracts, values = contracts_by_words(text)
    # each by its own index, which an OR over both would keep from being used
    theirs = f"select o.uid from session_open o where o.contract_id in ({contracts})"
    others = "select o.uid from session_open o where o.login like {}"
    found.where(f"s.uid in ({theirs} union all {others})", *values, f"{_literal(text.lower())}%")


def _literal(text: str) -> str:
    """No wildcards for LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)
