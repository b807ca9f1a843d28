"""OLTs looked at: which ONUs wait there, each minute; what differs from our rows, some times a day, behind all else.

And saved, a while after something was ordered of them, so that it outlives their restart.

What is seen is kept, so that a page shows it at once and also while an OLT is silent.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from oss.access import provision_rules
from oss.access.provision_rows import problem_told
from oss.base import db
from oss.base.problems import NotFound
from oss.base.supervisor import Health
from oss.drivers.links import Link
from oss.drivers.olt import FoundOnu, OltOnu, Service, differences
from oss.drivers.problems import AnswerUnreadable, CommandRefused, DeviceProblem, NotOffered
from oss.drivers.registry import Driver
from oss.network import device_links
from oss.network.device_links import Priority

log = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 60.0
SWEEP_EVERY_S: Final = 6 * 3600.0
SWEEP_AGAIN_S: Final = 300.0  # where it broke off
SAVE_AFTER_S: Final = 120.0  # many ONUs in a row are one save
SAVE_AGAIN_S: Final = 600.0
BEAT_S: Final = 1.0
WAIT_S: Final = 120.0  # seconds that a look waits for its turn, behind whoever goes first
SAVE_S: Final = 420.0  # and a save, which itself takes minutes

OLTS: Final = """insert into olt_look (device_id) select id from device where role = 'olt' and enabled
  and management is not null on conflict do nothing"""
DUE: Final = """update olt_look l set {name}_due_at = clock_timestamp() + make_interval(secs => $1) from device d
where d.id = l.device_id and d.enabled and l.{name}_due_at <= clock_timestamp() returning l.device_id"""
SEEN: Final = """insert into onu_waiting (device_id, serial, pon, model, software)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[])
on conflict (device_id, serial) do update set pon = excluded.pon, model = excluded.model,
  software = excluded.software, seen_at = clock_timestamp()"""
OURS: Final = """select o.id, o.serial, o.number, p.place as pon, a.id as account_id, a.login, k.status from onu o
join pon_port p on p.id = o.pon_id left join account_drop dr on dr.onu_id = o.id
left join access_account a on a.id = dr.account_id left join contract k on k.id = a.contract_id
where p.device_id = $1 order by o.id, a.id"""
ELSEWHERE: Final = """select o.id, o.serial, a.id as account_id, a.login, k.status from onu o
left join account_drop dr on dr.onu_id = o.id left join access_account a on a.id = dr.account_id
left join contract k on k.id = a.contract_id where o.serial = any($1::text[])"""
KEPT: Final = """insert into olt_drift (device_id, kind, pon, number, serial, onu_id, account_id, facts)
select $1, x.kind, x.pon, x.number, x.serial, x.onu_id, x.account_id, x.facts from jsonb_to_recordset($2::jsonb)
  x(kind text, pon text, number int, serial text, onu_id bigint, account_id bigint, facts jsonb)
on conflict (device_id, kind, serial) do update set pon = excluded.pon, number = excluded.number,
  onu_id = excluded.onu_id, account_id = excluded.account_id, facts = excluded.facts, seen_at = clock_timestamp()"""
GONE: Final = """delete from olt_drift where device_id = $1
  and (kind, serial) not in (select * from unnest($2::text[], $3::text[]))
  and not (kind = 'different' and serial = any($4::text[]))"""
SWEPT: Final = "update olt_look set swept_at = clock_timestamp(), sweep_problem = $2 where device_id = $1"
NOT_SWEPT: Final = """update olt_look set sweep_problem = $2,
  sweep_due_at = least(sweep_due_at, clock_timestamp() + make_interval(secs => $3)) where device_id = $1"""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. ``facts``: for ``elsewhere`` what we thought, for ``different`` the fields, wanted and seen."""

    kind: str
    pon: str
    number: int | None
    serial: str
    onu_id: int | None = None
    account_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


# ------------------------------------------------------------ who waits


async def look(device_id: int, priority: Priority = Priority.SWEEP, deadline_s: float = WAIT_S) -> Sequence[FoundOnu]:
    """Ask an OLT who waits, and keep it. Raises DeviceProblem, which is kept, too."""
    try:
        found = await device_links.do(
            device_id, _unprovisioned, priority=priority, deadline_s=deadline_s, what="unprovisioned ONUs"
        )
    except DeviceProblem as problem:
        await _looked(device_id, problem)
        raise
    columns = [[getattr(one, name) for one in found] for name in ("serial", "pon", "model", "version")]
    async with db.transaction() as connection:
        await connection.execute(SEEN, device_id, *columns)
        gone = "delete from onu_waiting where device_id = $1 and serial <> all($2::text[])"
        await connection.execute(gone, device_id, columns[0])
    await _looked(device_id, None)
    return found


async def _unprovisioned(driver: Driver, link: Link) -> Sequence[FoundOnu]:
    if driver.olt is None:
        raise NotOffered(name=driver.title)
    return await driver.olt.unprovisioned(link)


async def _looked(device_id: int, problem: DeviceProblem | None) -> None:
    sql = """insert into olt_look (device_id, looked_at, look_problem) values ($1, clock_timestamp(), $2)
    on conflict (device_id) do update set look_problem = excluded.look_problem,
      looked_at = case when excluded.look_problem is null then excluded.looked_at else olt_look.looked_at end"""
    await db.execute(sql, device_id, problem_told(problem))


# ------------------------------------------------------------ what differs


def compared(there: Sequence[OltOnu], ours: Sequence[Any], known: Mapping[str, Any]) -> list[Drift]:
    """The OLT's list against our rows: ``ours`` are those said to be on it, ``known`` all of these serials."""
    found, by_serial = list[Drift](), _by_serial(ours)
    for onu in there:
        row = by_serial.get(onu.serial) or known.get(onu.serial)
        place = (onu.pon, onu.number, onu.serial)
        if row is None or row["account_id"] is None:
            found.append(Drift("stranger", *place, row["id"] if row else None, facts={"name": onu.name}))
        elif row["status"] == "ended":
            found.append(Drift("ended", *place, row["id"], row["account_id"]))
        elif onu.serial not in by_serial or (row["pon"], row["number"]) != (onu.pon, onu.number):
            ours_at = {"pon": row["pon"], "number": row["number"]} if onu.serial in by_serial else {}
            found.append(Drift("elsewhere", *place, row["id"], row["account_id"], ours_at))
    seen = {one.serial for one in there}
    for row in by_serial.values():
        if row["serial"] not in seen and row["number"] is not None:
            found.append(Drift("absent", row["pon"], row["number"], row["serial"], row["id"], row["account_id"]))
    return found


def _by_serial(rows: Sequence[Any]) -> dict[str, Any]:
    """A row for each ONU; of several lines one whose contract has not ended."""
    return {row["serial"]: row for row in sorted(rows, key=lambda one: one["status"] != "ended")}


async def sweep(device_id: int) -> list[Drift]:
    """Compare a whole OLT: its list, then one ONU after the other, each behind who goes first.

    What one ONU's configuration cannot be read of is left as it was found before. Raises DeviceProblem, which is kept,
    with what was compared until then; it is compared again soon.
    """
    try:
        there = await _asked(device_id, lambda driver, link: _olt(driver).onus(link), "all ONUs")
        ours = list(_by_serial(await db.fetch(OURS, device_id)).values())
        known = _by_serial(await db.fetch(ELSEWHERE, [one.serial for one in there]))
        found = compared(there, ours, known)
        one_by_one = Configurations(device_id, there, ours, {one.serial for one in found})
        lost = await one_by_one.read()
        await _keep(device_id, found + one_by_one.found, list(one_by_one.unread), len(there))
        if lost is not None:
            raise lost
    except DeviceProblem as problem:
        await db.execute(NOT_SWEPT, device_id, problem_told(problem), _again_s(problem))
        raise
    await db.execute(SWEPT, device_id, problem_told(one_by_one.problem))
    return found + one_by_one.found


def _again_s(problem: DeviceProblem) -> float:
    return SWEEP_EVERY_S if isinstance(problem, NotOffered) else SWEEP_AGAIN_S


class Configurations:
    """The ONUs of an OLT that stand where they should, each read and compared. ``unread``: serials not compared yet."""

    def __init__(self, device_id: int, there: Sequence[OltOnu], ours: Sequence[Any], apart: Set[str]) -> None:
        at = {one.serial: one for one in there if one.serial not in apart}
        self.device_id = device_id
        self.unread = {row["serial"]: (row, at[row["serial"]]) for row in ours if row["serial"] in at}
        self.found: list[Drift] = []
        self.problem: DeviceProblem | None = None

    async def read(self) -> DeviceProblem | None:
        """One after the other; one that cannot be read holds up no other. Returns what broke it off."""
        for serial, (row, onu) in list(self.unread.items()):
            try:
                self.found += await _configured(self.device_id, row, onu)
                del self.unread[serial]
            except (AnswerUnreadable, CommandRefused) as problem:
                self.problem = problem
            except DeviceProblem as problem:
                return problem
        return None


def _olt(driver: Driver) -> Any:
    if driver.olt is None:
        raise NotOffered(name=driver.title)
    return driver.olt


async def _asked(device_id: int, act: Any, what: str, deadline_s: float = WAIT_S) -> Any:
    return await device_links.do(device_id, act, priority=Priority.SWEEP, deadline_s=deadline_s, what=what)


async def _configured(device_id: int, row: Any, onu: OltOnu) -> list[Drift]:
    """Whether an ONU is configured as its plan, its PON and its OLT want it; without a rule nothing is wanted."""
    try:
        async with db.pool().acquire() as connection:
            wanted = await provision_rules.service(connection, device_id, onu.pon, onu.serial, row["account_id"])
    except (provision_rules.NoVlanKnown, NotFound):
        return []
    place = (onu.pon, onu.number)
    seen: Service | None = await _asked(
        device_id, lambda driver, link: _olt(driver).read_back(link, *place), "configuration of an ONU"
    )
    wrong = differences(wanted, seen)
    if not wrong or seen is None:
        return []
    facts = {"fields": wrong, "wanted": asdict(wanted), "seen": asdict(seen)}
    return [Drift("different", *place, onu.serial, row["id"], row["account_id"], facts)]


async def _keep(device_id: int, found: Sequence[Drift], unread: Sequence[str], onus: int) -> None:
    """What differs now; of ONUs that were not read stays what was found before."""
    each = {(one.kind, one.serial): one for one in found}  # a serial may stand on two PONs
    async with db.transaction() as connection:
        await connection.execute(KEPT, device_id, json.dumps([asdict(one) for one in each.values()]))
        await connection.execute(GONE, device_id, [kind for kind, _ in each], [serial for _, serial in each], unread)
        sql = """insert into olt_look (device_id, onus) values ($1, $2)
        on conflict (device_id) do update set onus = excluded.onus"""
        await connection.execute(sql, device_id, onus)


# ------------------------------------------------------------ what is saved


async def save_later(connection: db.Connection, device_id: int) -> None:
    """Something was ordered of it, in the transaction that says so."""
    sql = """insert into olt_look (device_id, save_due_at) values ($1, clock_timestamp() + make_interval(secs => $2))
    on conflict (device_id) do update set save_due_at = least(olt_look.save_due_at, excluded.save_due_at)"""
    await connection.execute(sql, device_id, SAVE_AFTER_S)


async def save(device_id: int) -> None:
    """Save it; what is ordered meanwhile is saved again. Raises DeviceProblem, which is kept, too.

    Of an OLT that cannot be told to save nobody says that it was.
    """
    due = await db.fetchval("select save_due_at from olt_look where device_id = $1", device_id)
    try:
        await _asked(device_id, lambda driver, link: _olt(driver).save(link), "save", SAVE_S)
    except NotOffered:
        await db.execute("update olt_look set save_due_at = null, save_problem = null where device_id = $1", device_id)
        return
    except DeviceProblem as problem:
        sql = "update olt_look set save_problem = $2 where device_id = $1"
        await db.execute(sql, device_id, problem_told(problem))
        raise
    sql = """update olt_look set saved_at = clock_timestamp(), save_problem = null,
      save_due_at = case when save_due_at is distinct from $2 then save_due_at end where device_id = $1"""
    await db.execute(sql, device_id, due)


# ------------------------------------------------------------ the loop


class Looks:
    """All OLTs, each at its time; one that is silent holds up nobody else."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S, sweep_every_s: float = SWEEP_EVERY_S) -> None:
        self.every = {"look": look_every_s, "sweep": sweep_every_s, "save": SAVE_AGAIN_S}
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def run(self, health: Health) -> None:
        """Until cancelled."""
        try:
            while True:
                await db.execute(OLTS)
                for name, every in self.every.items():
                    for row in await db.fetch(DUE.format(name=name), every):
                        self._begin(name, row["device_id"])
                health.beat()
                await asyncio.sleep(BEAT_S)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, name: str, device_id: int) -> None:
        key = (name, device_id)
        if key not in self._tasks:
            task = self._tasks[key] = asyncio.create_task(self._one(name, device_id))
            task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _one(self, name: str, device_id: int) -> None:
        with suppress(DeviceProblem, NotFound, *db.AWAY):  # kept on the row, and shown
            await ACTS[name](device_id)


ACTS: Final[Mapping[str, Callable[[int], Awaitable[Any]]]] = {"look": look, "sweep": sweep, "save": save}


async def sweep_soon(connection: db.Connection, device_id: int) -> None:
    """A person wants it compared now."""
    sql = """insert into olt_look (device_id, sweep_due_at) values ($1, clock_timestamp())
    on conflict (device_id) do update set sweep_due_at = clock_timestamp()"""
    await connection.execute(sql, device_id)


async def look_soon(connection: db.Connection, device_id: int | None = None) -> None:
    """A person wants to see now who waits: on one OLT, or (None) on all; silent ones cost the others nothing."""
    sql = """insert into olt_look (device_id, look_due_at) select id, clock_timestamp() from device
    where role = 'olt' and enabled and id = coalesce($1, id)
    on conflict (device_id) do update set look_due_at = clock_timestamp()"""
    await connection.execute(sql, device_id)
