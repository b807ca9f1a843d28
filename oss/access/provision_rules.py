"""What an ONU is configured for: the VLAN and the profiles, by plan, OLT and PON; and the order that comes of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound, Problem
from oss.drivers.olt import Service
from oss.network import rows

FIELDS: Final = (
    "vlan",
    "user_vlan",
    "line_profile",
    "service_profile",
    "onu_type",
    "down_profile",
    "up_profile",
    "bridge",
)
WORD: Final = re.compile(r"[\w.\-]{1,40}", re.ASCII)
EVERY = """select r.*, d.name as device, p.name as plan, o.name as pon, od.name as pon_device from provision_rule r
left join device d on d.id = r.device_id left join plan p on p.id = r.plan_id left join pon_port o on o.id = r.pon_id
left join device od on od.id = o.device_id
order by r.plan_id nulls first, r.device_id nulls first, r.pon_id nulls first"""
HOLDING = """select r.* from provision_rule r where (r.device_id is null or r.device_id = $1)
and (r.plan_id is null or r.plan_id = $2) and (r.pon_id is null or r.pon_id in
  (select id from pon_port where device_id = $1 and place = $3))"""
WHOSE = """select a.login, k.plan_id, c.name as customer from access_account a join contract k on k.id = a.contract_id
join customer c on c.id = k.customer_id where a.id = $1"""

audit_names.called(
    "provision_rule",
    """select r.id, concat_ws(' ', p.name, d.name, o.name) as name, r.id as inside from provision_rule r
left join plan p on p.id = r.plan_id left join device d on d.id = r.device_id left join pon_port o on o.id = r.pon_id
where r.id = any($1::bigint[])""",
)


class NoVlanKnown(Problem):
    """No rule says which VLAN an ONU at {place} is given for this plan. Add one first."""

    status = 409


@dataclass(frozen=True, slots=True)
class RuleValues:
    """A rule: where it holds (all None: everywhere), and what it says (None: nothing about it)."""

    device_id: int | None = None
    pon_id: int | None = None
    plan_id: int | None = None
    vlan: int | None = None
    user_vlan: int | None = None
    line_profile: str | None = None
    service_profile: str | None = None
    onu_type: str | None = None
    down_profile: str | None = None
    up_profile: str | None = None
    bridge: bool | None = None


def weight(rule: Mapping[str, Any]) -> int:
    """How special a rule is: plan on an OLT, PON, OLT, plan, everywhere."""
    if rule["plan_id"] and rule["device_id"]:
        return 4
    return 3 if rule["pon_id"] else 2 if rule["device_id"] else 1 if rule["plan_id"] else 0


def settled(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each field what the most special rule says that says anything; nothing where none does."""
    said: dict[str, Any] = {}
    for rule in sorted(found, key=weight):
        said |= {name: rule[name] for name in FIELDS if rule[name] is not None}
    return said


def ascii_name(text: str) -> str:
    """A description that every OLT takes: ``João d'Ávila`` -> ``Joao_d_Avila``, at most 32 letters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^\w.\-]+", "_", plain).strip("_.-")[:32]


async def service(
    connection: db.Connection, device_id: int, pon: str, serial: str, account_id: int, number: int | None = None
) -> Service:
    """What an ONU is to be configured for. Raises NotFound, NoVlanKnown."""
    whose = await connection.fetchrow(WHOSE, account_id)
    if whose is None:
        raise NotFound(thing="login")
    said = settled(await connection.fetch(HOLDING, device_id, whose["plan_id"], pon))
    if "vlan" not in said:
        raise NoVlanKnown(place=pon)
    return Service(pon=pon, serial=serial, name=ascii_name(whose["login"]), number=number, **said)


async def every(connection: db.Connection) -> Sequence[Any]:
    """All rules, with the names of what they hold for."""
    found: Sequence[Any] = await connection.fetch(EVERY)
    return found


async def one(connection: db.Connection, rule_id: int) -> Any:
    """One rule. Raises NotFound."""
    row = await connection.fetchrow("select * from provision_rule where id = $1", rule_id)
    if row is None:
        raise NotFound(thing="rule")
    return row


def _wrong(values: RuleValues) -> dict[str, str]:
    wrong = {}
    for name in ("vlan", "user_vlan"):
        value = getattr(values, name)
        if value is not None and not 1 <= value <= 4094:
            wrong[name] = "must be between 1 and 4094"
    for name in ("line_profile", "service_profile", "onu_type", "down_profile", "up_profile"):
        value = getattr(values, name)
        if value is not None and not WORD.fullmatch(value):
            wrong[name] = "letters, digits, dots and dashes, at most 40"
    if values.pon_id is not None and (values.device_id or values.plan_id):
        wrong["pon_id"] = "a rule of a PON holds for nothing else"
    return wrong


async def save(connection: db.Connection, actor: audit.Actor, values: RuleValues, rule_id: int | None = None) -> int:
    """Make a rule, or change one; returns its id. Raises InvalidInput, Conflict, NotFound."""
    wrong = _wrong(values)
    for name, table in (("device_id", "device"), ("pon_id", "pon_port"), ("plan_id", "plan")):
        if not await rows.exists(connection, table, getattr(values, name)):
            wrong[name] = "does not exist"
    if wrong:
        raise InvalidInput(wrong)
    sql = """select id from provision_rule where device_id is not distinct from $1 and pon_id is not distinct from $2
    and plan_id is not distinct from $3 and id is distinct from $4"""
    if await connection.fetchval(sql, values.device_id, values.pon_id, values.plan_id, rule_id):
        raise Conflict(thing="rule", value="place")
    saved, changes = await rows.put(connection, "provision_rule", "rule", asdict(values), rule_id)
    await audit.note(connection, actor, "provision_rule.saved", "provision_rule", saved, **changes)
    return saved


async def remove(connection: db.Connection, actor: audit.Actor, rule_id: int) -> None:
    """Delete a rule. Raises NotFound."""
    await rows.remove(connection, "provision_rule", "rule", rule_id, {})
    await audit.note(connection, actor, "provision_rule.removed", "provision_rule", rule_id)
