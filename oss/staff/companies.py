"""Companies: the legal entities (CNPJ) inside one provider."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oss.base import audit, audit_names, db
from oss.base.problems import InvalidInput
from oss.base.tax_ids import is_cnpj, plain


@dataclass(frozen=True, slots=True)
class NewCompany:
    """``cnpj`` with or without punctuation; ``zone`` an IANA name such as America/Sao_Paulo."""

    name: str
    legal_name: str
    cnpj: str
    zone: str


def _known_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


audit_names.called("company", "select id, name, id as inside from company where id = any($1::bigint[])")


def wrong_with(new: NewCompany) -> dict[str, str]:
    """What is not so, by field."""
    wrong = {name: "must not be empty" for name in ("name", "legal_name") if not getattr(new, name).strip()}
    if not is_cnpj(plain(new.cnpj)):
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
        plain(new.cnpj),
        new.zone,
    )
    await audit.note(connection, actor, "company.added", "company", company_id, name=new.name)
    return company_id


async def names() -> list[tuple[int, str]]:
    """Companies to choose from: (id, name)."""
    return [(row["id"], row["name"]) for row in await db.fetch("select id, name from company order by id")]
