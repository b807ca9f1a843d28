"""Is a router set as we need it? Its settings as they were read, against the NAS rows that it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oss.access.nas_cures import cure
from oss.access.nas_paste import Values
from oss.access.nas_secrets import TABLE
from oss.base import db
from oss.base.secrets import Sealer
from oss.network import compliance, configuration_marks, device_settings
from oss.network.compliance import Check, Wanted

NAS: Final = """select id, name, coa_port, coa_enabled, interim_s, secret_sealed from nas
where device_id = $1 and active order by name"""


@dataclass(frozen=True, slots=True)
class Us:
    """Where we answer, as routers are told."""

    host: str
    auth_port: int
    acct_port: int


@dataclass(frozen=True, slots=True)
class Examined:
    """One NAS that the router is. ``cures``: by rule, what to paste where it is wrong."""

    nas_id: int
    name: str
    read_at: datetime
    checks: list[Check]
    cures: dict[str, str]

    @property
    def wrong(self) -> list[Check]:
        """What is not as it should be."""
        return [one for one in self.checks if one.state == "wrong"]


async def examined(
    connection: db.Connection, sealer: Sealer, device_id: int, us: Us, placeholder: str
) -> list[Examined]:
    """Of what was read last; nothing where nothing was. ``placeholder`` stands where a cure has the secret."""
    read = await device_settings.of_device(connection, device_id)
    if read is None:
        return []
    marks = await configuration_marks.of_device(connection, sealer, device_id)
    rows = await connection.fetch(NAS, device_id)
    return [_one(sealer, row, read, us, marks.mark, placeholder) for row in rows]


def _one(sealer: Sealer, row: Any, read: device_settings.Read, us: Us, mark: Any, placeholder: str) -> Examined:
    secret = sealer.open(row["secret_sealed"], f"{TABLE}/{row['id']}").decode("utf-8", "replace")
    wanted = Wanted(
        us.host, us.auth_port, us.acct_port, row["coa_enabled"], row["coa_port"], row["interim_s"], mark(secret)
    )
    checks = compliance.judge(read.settings, wanted)
    values = Values(
        us.host, us.auth_port, us.acct_port, placeholder, row["coa_port"], row["coa_enabled"], row["interim_s"]
    )
    cures = {
        one.key: cure(read.driver, read.settings.version, one.key, values) for one in checks if one.state == "wrong"
    }
    return Examined(row["id"], row["name"], read.at, checks, cures)
