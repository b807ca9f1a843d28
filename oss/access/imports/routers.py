"""NAS out of FreeRADIUS's table nas."""

from __future__ import annotations

from oss.access import nas
from oss.access.imports.cells import raw, text
from oss.access.imports.report import Kind, Report
from oss.access.imports.source import Tables
from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput
from oss.base.secrets import Sealer
from radius.vendors import vendors

ANY_VENDOR = ("", "other")


async def take(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    tables: Tables,
    report: Report,
    *,
    interim_s: int | None,
    mikrotik: bool,
) -> None:
    """Add the NAS that are not there yet. One of type "other" is MikroTik where the replies are (``mikrotik``)."""
    if not tables.has("nas"):
        return
    async for row in tables.rows("nas"):
        network, kind = text(row, "nasname"), text(row, "type").lower()
        vendor = kind if kind in vendors() else "mikrotik" if kind in ANY_VENDOR and mikrotik else "standard"
        if kind not in (*ANY_VENDOR, vendor):
            report.miss(Kind("nas", "type", "", "", f"no such maker: {vendor} was taken"), network)
        name = text(row, "shortname") or network
        if await connection.fetchval("select 1 from nas where name = $1", name[:64]):
            name = f"{name[: 63 - len(network)]} {network}"
        values = nas.NasValues(name[:64], network, vendor, raw(row, "secret").strip() or None)
        if interim_s is not None and 1 <= interim_s <= 86400:
            values = nas.NasValues(name[:64], network, vendor, values.secret, interim_s=interim_s)
        await _save(connection, sealer, actor, values, report)


async def _save(
    connection: db.Connection, sealer: Sealer, actor: audit.Actor, values: nas.NasValues, report: Report
) -> None:
    try:
        await nas.save(connection, sealer, actor, values)
    except Conflict:
        report.left["NAS"] += 1
    except InvalidInput as wrong:
        for field, why in wrong.fields.items():
            column = {"network": "nasname", "name": "shortname"}.get(field, field)
            told = "a host name: give its address" if column == "nasname" else why
            report.miss(Kind("nas", column, "", "", told), values.network)
    else:
        report.taken["NAS"] += 1
