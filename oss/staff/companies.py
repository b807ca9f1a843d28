"""Companies: the legal entities (CNPJ) inside one provider."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oss.base import audit, db
from oss.base.problems import InvalidInput


@dataclass(frozen=True, slots=True)
class NewCompany:
    """``cnpj`` with or without punctuation; ``zone`` an IANA name such as America/Sao_Paulo."""

    name: str
    legal_name: str
    cnpj: str
    zone: str


def plain_cnpj(text: str) -> str:
    """Letters and digits alone, upper case."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())


def is_cnpj(text: str) -> bool:
    """Whether the two check digits fit; letters count as their ASCII code less 48 (Nota Técnica Cocad 49/2024)."""
    if len(text) != 14 or not text[12:].isdigit() or not text.isalnum() or len(set(text)) == 1:
        return False
    values = [ord(c) - 48 for c in text]
    for length in (12, 13):
        weights = [2 + (length - 1 - place) % 8 for place in range(length)]
        rest = sum(v * w for v, w in zip(values[:length], weights, strict=True)) % 11
        if values[length] != (0 if rest < 2 else 11 - rest):
            return False
    return True


def _known_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def wrong_with(new: NewCompany) -> dict[str, str]:
    """What is not so, by field."""
    wrong = {name: "must not be empty" for name in ("name", "legal_name") if not getattr(new, name).strip()}
    if not is_cnpj(plain_cnpj(new.cnpj)):
        wrong["cnpj"] = "is not a CNPJ"
    if not _known_zone(new.zone):
        wrong["zone"] = "is not known"
    return wrong


async def add(connection: db.Connection, actor: audit.Actor, new: NewCompany) -> int:
    """Create a company; returns its id."""
    if wrong := wrong_with(new):
        raise InvalidInput(wrong)
    company_id: int = await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ($1, $2, $3, $4) returning id",
        new.name.strip(),
        new.legal_name.strip(),
        plain_cnpj(new.cnpj),
        new.zone,
    )
    await audit.note(connection, actor, "company.added", "company", company_id, name=new.name)
    return company_id
