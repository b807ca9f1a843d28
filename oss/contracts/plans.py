"""Plans: what is sold, at which rates (kbit/s) and price (cents a month)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound

audit_names.called("plan", "select id, name, id as inside from plan where id = any($1::bigint[])")
BINDINGS = ("off", "learn", "fixed")
BINDING_KEYS = ("mac", "nas", "port", "vlan", "circuit")


@dataclass(frozen=True, slots=True)
class PlanValues:
    """The fields of a plan; rates in kbit/s from the customer's view.

    ``binding``: of its logins to their lines (off, learn, fixed), by what ``binding_keys`` names (``mac nas``).
    """

    name: str
    down_kbps: int
    up_kbps: int
    price_cents: int
    reduced_down_kbps: int = 1024
    reduced_up_kbps: int = 512
    pool: str | None = None
    active: bool = True
    binding: str = "off"
    binding_keys: str = "mac"


def _check(values: PlanValues) -> None:
    wrong = {}
    if not values.name.strip():
        wrong["name"] = "must not be empty"
    for name in ("down_kbps", "up_kbps", "reduced_down_kbps", "reduced_up_kbps"):
        if not 0 < getattr(values, name) <= 400_000_000:
            wrong[name] = "must be between 1 and 400000000 kbit/s"
    if values.binding not in BINDINGS:
        wrong["binding"] = "one of " + ", ".join(BINDINGS)
    if not values.binding_keys or set(values.binding_keys.split()) - set(BINDING_KEYS):
        wrong["binding_keys"] = "choose at least one"
    if values.price_cents < 0:
        wrong["price_cents"] = "must not be negative"
    if wrong:
        raise InvalidInput(wrong)


async def taken(connection: db.Connection, name: str, plan_id: int | None) -> str | None:
    """What is wrong with a name that another plan has."""
    sql = "select 1 from plan where name = $1 and id is distinct from $2"
    return "already taken" if await connection.fetchval(sql, name, plan_id) else None


async def save(connection: db.Connection, actor: audit.Actor, values: PlanValues, plan_id: int | None = None) -> int:
    """Create a plan, or change it; live sessions follow by themselves. Returns its id."""
    _check(values)
    if await connection.fetchval("select 1 from plan where name = $1 and id is distinct from $2", values.name, plan_id):
        raise Conflict(thing="plan", value=values.name)
    keys = " ".join(key for key in BINDING_KEYS if key in values.binding_keys.split())
    columns = asdict(values) | {"binding_keys": keys}
    told: dict[str, object] = {**columns, "made": True}
    if plan_id is None:
        marks = ", ".join(f"${i}" for i in range(1, len(columns) + 1))
        sql = f"insert into plan ({', '.join(columns)}) values ({marks}) returning id"
        plan_id = await connection.fetchval(sql, *columns.values())
    else:
        before = await connection.fetchrow("select * from plan where id = $1 for update", plan_id)
        if before is None:
            raise NotFound(thing="plan")
        told = {"name": values.name, **audit.changed(before, columns)}
        sets = ", ".join(f"{name} = ${i}" for i, name in enumerate(columns, 2))
        await connection.execute(f"update plan set {sets} where id = $1", plan_id, *columns.values())
    await audit.note(connection, actor, "plan.saved", "plan", plan_id, **told)
    return int(plan_id or 0)
