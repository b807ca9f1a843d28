"""Sites: where equipment stands, and which site each is fed from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput
from oss.network import rows
from oss.staff.permissions import N_

KINDS: Final = ("core", "pop", "tower", "cabinet", "customer")
USED_BY: Final = {
    N_("devices"): "select count(*) from device where site_id = $1",
    N_("sites fed from it"): "select count(*) from site where parent_id = $1",
    N_("boxes"): "select count(*) from splitter_box where site_id = $1",
}
# Every site that is fed, over however many others, from $1; itself too.
FED_BY = """with recursive fed as (select id from site where id = $1
  union select s.id from site s join fed on s.parent_id = fed.id) select id from fed"""

audit_names.called("site", "select id, name, id as inside from site where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class SiteValues:
    """The fields of a site. Places are millionths of a degree, north and east above zero.

    ``parent_id``: the site it is fed from (fibre or power): when that one is dark, so is this one.
    """

    name: str
    kind: str = "pop"
    company_id: int | None = None
    parent_id: int | None = None
    address: str = ""
    city: str | None = None
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    note: str = ""


def _check(values: SiteValues) -> None:
    wrong = rows.wrong_place(values.latitude_e6, values.longitude_e6)
    if not 1 <= len(values.name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if values.kind not in KINDS:
        wrong["kind"] = "one of " + ", ".join(KINDS)
    if len(values.note) > rows.MOST_NOTE:
        wrong["note"] = f"at most {rows.MOST_NOTE} characters"
    if wrong:
        raise InvalidInput(wrong)


async def _check_there(connection: db.Connection, values: SiteValues, site_id: int | None) -> None:
    """What it refers to exists, and it is not fed from itself."""
    if not await rows.exists(connection, "company", values.company_id):
        raise InvalidInput({"company_id": "does not exist"})
    if not await rows.exists(connection, "site", values.parent_id):
        raise InvalidInput({"parent_id": "does not exist"})
    if site_id is not None and values.parent_id is not None:
        await connection.execute("select pg_advisory_xact_lock(hashtext('milha:network'))")
        fed = {row["id"] for row in await connection.fetch(FED_BY, site_id)}
        if values.parent_id in fed:
            raise InvalidInput({"parent_id": "is fed from this one itself"})


async def save(connection: db.Connection, actor: audit.Actor, values: SiteValues, site_id: int | None = None) -> int:
    """Make a site, or change it; returns its id. Raises InvalidInput, Conflict, NotFound."""
    _check(values)
    columns = asdict(values) | {"name": values.name.strip(), "city": (values.city or "").strip() or None}
    if await rows.taken(connection, "site", columns["name"], site_id):
        raise Conflict(thing="name", value=columns["name"])
    await _check_there(connection, values, site_id)
    site_id, changes = await rows.put(connection, "site", "site", columns, site_id)
    await audit.note(connection, actor, "site.saved", "site", site_id, **{"name": columns["name"], **changes})
    return site_id


async def taken(connection: db.Connection, name: str, site_id: int | None) -> str | None:
    """What is wrong with a name that another site has."""
    return "already taken" if await rows.taken(connection, "site", name, site_id) else None


async def remove(connection: db.Connection, actor: audit.Actor, site_id: int) -> None:
    """Delete a site where nothing stands. Raises NotFound, StillUsed."""
    row = await rows.remove(connection, "site", "site", site_id, USED_BY)
    await audit.note(connection, actor, "site.removed", "site", site_id, name=row["name"])
