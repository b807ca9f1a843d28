"""Links: what joins two devices, from which interface to which, over what, with which capacity."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.problems import InvalidInput
from oss.network import dependencies, rows
from oss.staff.permissions import N_

MEDIA: Final = ("fibre", "radio", "copper", "virtual", "leased")
MOST_BPS = 10**14
USED_BY: Final = {N_("devices said to hang on it"): "select count(*) from device where hangs_on_link_id = $1"}
TITLE = "coalesce(nullif(l.name, ''), a.name || ' – ' || b.name)"

audit_names.called(
    "link",
    f"""select l.id, {TITLE} as name, l.id as inside from network_link l join device a on a.id = l.a_device_id
    join device b on b.id = l.b_device_id where l.id = any($1::bigint[])""",
)


@dataclass(frozen=True, slots=True)
class LinkValues:
    """The fields of a link; ``capacity_bps`` None: not known. Its ends are of equal rank."""

    a_device_id: int
    b_device_id: int
    medium: str = "fibre"
    name: str = ""
    capacity_bps: int | None = None
    a_interface_id: int | None = None
    b_interface_id: int | None = None
    note: str = ""


def _check(values: LinkValues) -> None:
    wrong = {}
    if values.a_device_id == values.b_device_id:
        wrong["b_device_id"] = "must be another device"
    if values.medium not in MEDIA:
        wrong["medium"] = "one of " + ", ".join(MEDIA)
    if values.capacity_bps is not None and not 1 <= values.capacity_bps <= MOST_BPS:
        wrong["capacity_bps"] = f"must be between 1 and {MOST_BPS}"
    if len(values.name) > 80:
        wrong["name"] = "at most 80 characters"
    if wrong:
        raise InvalidInput(wrong)


async def _check_there(connection: db.Connection, values: LinkValues) -> None:
    wrong = {}
    for end in ("a", "b"):
        device, interface = getattr(values, f"{end}_device_id"), getattr(values, f"{end}_interface_id")
        if not await rows.exists(connection, "device", device):
            wrong[f"{end}_device_id"] = "does not exist"
        elif interface is not None and not await connection.fetchval(
            "select 1 from device_interface where id = $1 and device_id = $2", interface, device
        ):
            wrong[f"{end}_interface_id"] = "is not of this device"
    if wrong:
        raise InvalidInput(wrong)


async def save(connection: db.Connection, actor: audit.Actor, values: LinkValues, link_id: int | None = None) -> int:
    """Make a link, or change it, and work out anew what hangs on what. Returns its id."""
    _check(values)
    await _check_there(connection, values)
    columns: dict[str, Any] = asdict(values) | {"name": values.name.strip()}
    saved, changes = await rows.put(connection, "network_link", "link", columns, link_id)
    stray = await connection.fetchval(
        "select 1 from device where hangs_on_link_id = $1 and id not in ($2, $3)",
        *(saved, values.a_device_id, values.b_device_id),
    )
    if stray:
        raise InvalidInput({"a_device_id": "a device was said to hang on this link and would no longer be at its end"})
    await dependencies.renew(connection)
    await audit.note(connection, actor, "link.saved", "link", saved, **changes)
    return saved


async def remove(connection: db.Connection, actor: audit.Actor, link_id: int) -> None:
    """Delete a link. Raises NotFound, StillUsed."""
    row = await connection.fetchrow(
        f"select {TITLE} as name from network_link l join device a on a.id = l.a_device_id "
        "join device b on b.id = l.b_device_id where l.id = $1",
        link_id,
    )
    await rows.remove(connection, "network_link", "link", link_id, USED_BY)
    await dependencies.renew(connection)
    await audit.note(connection, actor, "link.removed", "link", link_id, name=row["name"])
