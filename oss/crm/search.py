"""Customers found by name, document and telephone, each by its index."""

from __future__ import annotations

import re
from typing import Any

from oss.base import db
from oss.base.providers import Hit, Narrowing, searches
from oss.base.typed import Typed, after, all_of, anywhere, plain
from oss.crm import within
from oss.crm.permissions import CustomerPermission
from oss.crm.within import sifted

# Whose name begins so stands first, in the order of names; then whoever has all the words, whole or as beginnings.
# These are not sorted: of a frequent word there are thousands, and who reads a few of them types on.
BEGINS = """select id, name, city from customer where search_key >= $1 and search_key < $2 and {inside}
order by search_key, id limit $3"""
WORDS = "select id, name, city from customer where search_words(search_key) @@ $1::tsquery and {inside} limit $2"

DOCUMENT = """select id, name, city, document from customer where document collate "C" >= $1
and document collate "C" < $2 and {inside} order by document collate "C", id limit $3"""
# The inner select reads nothing but the index.
INSIDE = """select id, name, city, document from customer where document = any(array(
  select document from customer where document is not null and document collate "C" like $1 limit $3)) and {inside}
limit $2"""
PHONE = (
    "select id, name, city, phone from customer where right(phone, 8) = $1 and phone is not null and {inside} limit $2"
)


def _is_name(typed: Typed) -> bool:
    """Of a text such as ``iris.mourao`` the reason is the login, although the words are those of the name."""
    return any(len(word) > 1 for word in typed.words) and not re.search(r"[^\s][._@][^\s]", typed.text)


@searches("customer.name", CustomerPermission.READ, wants=_is_name, rank=45)
async def by_name(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """All the words typed are beginnings of words of the name, in any order and any spelling of accents."""
    found = {
        row["id"]: row
        for row in await connection.fetch(*within.narrowed(BEGINS, narrowing, "id", typed.key, after(typed.key), most))
    }
    for ending in ("", ":*"):
        if len(found) < most:
            wanted = all_of(typed.words, ending)
            rows = await connection.fetch(*within.narrowed(WORDS, narrowing, "id", wanted, 2 * most))
            found |= {
                row["id"]: row for row in sorted(rows, key=lambda row: plain(row["name"])) if row["id"] not in found
            }
    return [Hit("customer", row["id"], row["name"], beside=row["city"] or "") for row in list(found.values())[:most]]


@searches("customer.document", CustomerPermission.READ, wants=lambda typed: bool(typed.document), rank=10)
async def by_document(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """The CPF or CNPJ begins so; from four digits on, or has them inside."""
    rows = list(
        await connection.fetch(*within.narrowed(DOCUMENT, narrowing, "id", typed.document, after(typed.document), most))
    )
    if len(rows) < most and 4 <= len(typed.document) < 11 and typed.document.isdigit():
        found = await connection.fetch(
            *within.narrowed(INSIDE, narrowing, "id", anywhere(typed.document), most, sifted(most, narrowing))
        )
        rows += [row for row in found if row["id"] not in {r["id"] for r in rows}]
    return [_person(row, row["document"]) for row in rows[:most]]


@searches("customer.phone", CustomerPermission.READ, wants=lambda typed: bool(typed.phone), rank=20)
async def by_phone(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """The telephone number, with or without country and area code."""
    rows = await connection.fetch(*within.narrowed(PHONE, narrowing, "id", typed.phone, most))
    return [_person(row, row["phone"]) for row in rows]


def _person(row: Any, match: str) -> Hit:
    return Hit("customer", row["id"], row["name"], match, row["city"] or "", personal=True)
