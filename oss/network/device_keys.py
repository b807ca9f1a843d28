"""Keys of devices: the first one that is shown is believed, another one only after a person said so."""

from __future__ import annotations

from typing import Any, Final

from oss.base import audit, db
from oss.base.problems import Conflict, NotFound
from oss.drivers.transport.tls import NONE
from oss.network.permissions import NetworkPermission
from oss.notify import notices

COLUMNS: Final = {"ssh_key": "ssh_host_key", "tls_pin": "tls_fingerprint"}
"""A link's word for a key, and the device's column."""
SEEN: Final = {"ssh_host_key": "seen_ssh_key", "tls_fingerprint": "seen_tls_fingerprint"}
TELL: Final = """insert into device_session (device_id, node, {column}, seen_at) values ($1, $2, $3, now())
on conflict (device_id) do update set {column} = excluded.{column}, seen_at = now()
where device_session.{column} is distinct from excluded.{column} returning device_id"""


class KeyNotSeen(Conflict):
    """The device has shown another key meanwhile: look at it again."""


async def believe(connection: db.Connection, actor: audit.Actor, device_id: int, name: str, key: str) -> bool:
    """Keep the first key that a device showed; False: another one was kept meanwhile. ``name``: of COLUMNS."""
    column = COLUMNS[name]
    kept = await connection.fetchrow(
        f"update device set {column} = $2 where id = $1 and {column} is null returning name", device_id, key
    )
    if kept is not None:
        await audit.note(connection, actor, "device.host_key_pinned", "device", device_id, name=kept["name"])
        return True
    return bool(await connection.fetchval(f"select {column} = $2 from device where id = $1", device_id, key))


async def changed(connection: db.Connection, actor: audit.Actor, device_id: int, node: str, key: str) -> None:
    """A device showed another key: told once, on its page, in the audit and to who may accept it."""
    column = "tls_fingerprint" if key.startswith("sha256:") or key == NONE else "ssh_host_key"
    name = await connection.fetchval("select name from device where id = $1", device_id)
    if name is None or not await connection.fetchval(TELL.format(column=SEEN[column]), device_id, node, key):
        return
    await audit.note(connection, actor, "device.key_changed", "device", device_id, name=name, seen=key)
    facts: dict[str, Any] = {"name": name}
    href = f"/console/devices/{device_id}?tab=session"
    await notices.add(
        connection, NetworkPermission.KEYS, "device.key_changed", facts, href, key=f"key:{device_id}:{key}"
    )


async def accept(connection: db.Connection, actor: audit.Actor, device_id: int, column: str, key: str) -> None:
    """Believe the key that a device shows now instead of the one that is kept. ``column``: of SEEN.

    Raises NotFound, KeyNotSeen where it is not the one that was looked at.
    """
    seen = SEEN[column]
    row = await connection.fetchrow(
        f"""select d.name, d.{column} as known, s.{seen} as seen from device d
        left join device_session s on s.device_id = d.id where d.id = $1 for update of d""",
        device_id,
    )
    if row is None:
        raise NotFound(thing="device")
    if row["seen"] is None or row["seen"] != key:
        raise KeyNotSeen()
    kept = None if key == NONE else key
    await connection.execute(f"update device set {column} = $2 where id = $1", device_id, kept)
    await connection.execute(f"update device_session set {seen} = null where device_id = $1", device_id)
    detail = audit.changed({column: row["known"]}, {column: kept})
    await audit.note(connection, actor, "device.key_accepted", "device", device_id, name=row["name"], **detail)


async def settle(connection: db.Connection, device_id: int, name: str) -> None:
    """The device shows the key that is kept: what it showed meanwhile is of no interest any more."""
    seen = SEEN[COLUMNS[name]]
    await connection.execute(
        f"update device_session set {seen} = null where device_id = $1 and {seen} is not null", device_id
    )
