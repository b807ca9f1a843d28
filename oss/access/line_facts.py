"""What access knows of a line: what is decided, its sessions, refused logins, logins at all, and its router."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from oss.access.decide import Facts, HoldFact, Speeds, decide
from oss.access.line_known import (
    Account,
    Asked,
    History,
    Observed,
    Past,
    Provision,
    Refusal,
    Request,
    Router,
    Session,
    Sessions,
    Stranger,
    Twin,
    Used,
)
from oss.access.nas_troubles import WRONG_SECRET
from oss.base import clock, db
from oss.base.line_facts import Line, tells_of_line
from oss.crm import within

LATELY: Final = timedelta(minutes=15)
A_DAY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=90)

ACCOUNT = """select a.enabled, a.kind, a.max_sessions, a.when_full, k.status = 'active' as active,
  coalesce(a.binding, p.binding) as policy, a.bound::text as bound, a.bound_at,
  p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool,
  coalesce((select jsonb_agg(jsonb_build_array(h.reason, h.effect, extract(epoch from h.placed_at), h.note,
    extract(epoch from h.masked_until), h.placed_by) order by h.id) from hold h
    where h.contract_id = k.id and h.lifted_at is null), '[]'::jsonb)::text as holds
from access_account a join contract k on k.id = a.contract_id join plan p on p.id = k.plan_id where a.id = $1"""
SESSIONS = """select s.uid, s.started_at, s.last_seen_at, host(s.framed_ip) as ip, s.framed_ipv6_prefix as ipv6,
  s.delegated_ipv6_prefix as delegated, s.calling_station_id as mac, s.nas_port_id as port, s.nas_id, n.name as nas,
  n.interim_s, s.acct_session_id as session_id, s.input_bps as up_bps, s.output_bps as down_bps,
  s.input_octets as up_octets, s.output_octets as down_octets, s.desired, s.applied, s.drift_since, s.drift_cause
from session_open s left join nas n on n.id = s.nas_id where s.login = $1 order by s.started_at desc limit 8"""
PAST = """select h.started_at, h.ended_at, h.session_s, h.terminate_cause, h.calling_station_id as mac,
  h.nas_port_id as port, h.nas_id, n.name as nas, host(h.framed_ip) as ip, h.output_octets as down_octets,
  h.input_octets as up_octets
from session_history h left join nas n on n.id = h.nas_id
where h.login = $1 and h.started_at > $2 order by h.started_at desc limit 30"""
REJECTS = """select r.reason, sum(r.count)::bigint as count, min(r.first_at) as first_at, max(r.last_at) as last_at,
  (array_agg(r.facts::text order by r.last_at desc))[1] as facts, (array_agg(n.name order by r.last_at desc))[1] as nas
from auth_reject r left join nas n on n.id = r.nas_id where r.login = $1 and r.minute > $2
group by r.reason order by last_at desc limit 12"""
ASKED = """select l.at, l.reason, l.calling_station_id as mac, l.nas_port_id as port, l.nas_id, n.name as nas
from (select * from auth_log where login = $1 and at > $2 order by at desc limit 40) l
left join nas n on n.id = l.nas_id order by l.at desc"""
# Logins nobody has, that came from the MAC (or, where it is told, the very port) this login came from last.
STRANGERS = """with unknown as (
  select r.login, r.nas_id, sum(r.count)::bigint as count, max(r.last_at) as last_at from (
    select * from auth_reject where last_at > $2 and reason = 'unknown_login' order by last_at desc limit 400) r
  where r.login <> $1 group by 1, 2)
select u.login, u.count, u.last_at, n.name as nas from unknown u left join nas n on n.id = u.nas_id
where exists (select 1 from auth_log g where g.login = u.login and g.at > $2
  and upper(translate(g.calling_station_id, ':-. ', '')) = $3)
order by u.last_at desc limit 1"""
# Other logins that are online with the same MAC; whose they are is told to whom may see that customer.
TWINS = """select case when {inside} then s.login else '' end as login, s.started_at, n.name as nas
from session_open s left join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
where s.calling_station_id is not null and s.login <> $1
  and upper(translate(s.calling_station_id collate "C", ':-. ', '')) = $2 order by s.started_at desc limit 1"""
# ``garbled``: what was hidden with another secret; accounting that was accepted around then has proven ours.
ROUTER = """select n.id, n.name, n.active, n.interim_s, n.device_id, n.network,
  (select max(heard_at) from nas_state where nas_id = n.id) as heard_at,
  exists (select 1 from session_open where nas_id = n.id) as carries,
  coalesce((select g.count from (select sum(t.count)::bigint as count, max(t.last_at) as at from nas_tally t
      where t.nas_id = n.id and t.slot > $2 - interval '10 minutes' and t.last_at > $2 and t.what = any($3::text[])) g
    where not exists (select 1 from session_open s
      where s.nas_id = n.id and s.last_seen_at > g.at - make_interval(secs => n.interim_s))), 0) as garbled,
  k.ip as knock_ip, k.last_at as knocked_at
from nas n left join device d on d.id = n.device_id
left join lateral (select ip, last_at from nas_knock where last_at > $2
  and (ip = host(d.management) or callers @> jsonb_build_array(jsonb_build_object('identifier', n.name))
    or (n.nas_identifier <> '' and callers @> jsonb_build_array(jsonb_build_object('identifier', n.nas_identifier))))
  order by last_at desc limit 1) k on true
where n.id = $1"""
# Of what is wanted and applied now: what was read of an earlier profile says nothing of this one.
OBSERVED = """select l.state, l.down_bps, l.up_bps, l.by_queue, l.read_at, l.problem from session_limit l
join session_open s on s.uid = l.uid and s.applied = l.wanted and s.desired = l.wanted where l.uid = $1"""
# The last run that was to bring this login in, and whether some OLT shows that ONU as nobody's.
PROVISION = """select r.id as run_id, r.kind, r.state, r.serial, r.made_at, d.name as olt, w.pon as waiting_pon,
  w.olt as waiting_olt, w.serial as waiting_serial, w.found_at as waiting_since
from (select $1::bigint as id) a
left join lateral (select * from provision_run p where p.account_id = a.id
  and p.kind in ('authorise', 'replace', 'move') order by p.id desc limit 1) r on true
left join device d on d.id = r.device_id
left join lateral (select o.pon, o.serial, o.found_at, e.name as olt from account_drop dr join onu n on n.id = dr.onu_id
  join onu_waiting o on o.serial = n.serial join device e on e.id = o.device_id
  where dr.account_id = a.id order by o.seen_at desc limit 1) w on true"""
USED = """select coalesce(sum(output_octets), 0)::bigint as down, coalesce(sum(input_octets), 0)::bigint as up
from session_history where login = $1 and started_at > $2 and ended_at > $3"""


def _of(row: Any) -> dict[str, Any]:
    return dict(row.items())


@tells_of_line("account", rank=11)
async def account(connection: db.Connection, line: Line) -> Account | None:
    """The login as it is set, with the house's one decision about it (invariant 2)."""
    row = await connection.fetchrow(ACCOUNT, line.account_id)
    if row is None:
        return None
    told = json.loads(row["holds"])
    holds = tuple(_hold(one) for one in told)
    speeds = Speeds(*(row[name] for name in Speeds.__slots__))
    decision = decide(Facts(row["enabled"], row["active"], speeds, holds), line.now)
    named = next((n for n, one in enumerate(holds) if one.reason == decision.reason.code), None)
    own = {name: row[name] for name in ("enabled", "kind", "max_sessions", "when_full", "policy", "bound_at")}
    by = told[named][5] if named is not None else ""
    hold = holds[named] if named is not None else None
    return Account(bound=json.loads(row["bound"]), decision=decision, hold=hold, placed_by=by, **own)


def _hold(one: list[Any]) -> HoldFact:
    reason, effect, placed, note, masked, _ = one
    until = clock.from_timestamp(masked) if masked is not None else None
    return HoldFact(reason, effect, clock.from_timestamp(placed), note, until)


@tells_of_line("sessions", rank=20)
async def sessions(connection: db.Connection, line: Line) -> Sessions:
    """What accounting says that is open."""
    return Sessions(tuple(Session(**_of(row)) for row in await connection.fetch(SESSIONS, line.login)))


@tells_of_line("history", rank=21)
async def history(connection: db.Connection, line: Line) -> History:
    """What was open before."""
    return History(tuple(Past(**_of(row)) for row in await connection.fetch(PAST, line.login, line.now - KEPT)))


@tells_of_line("rejects", rank=22)
async def rejects(connection: db.Connection, line: Line) -> tuple[Refusal, ...]:
    """Why the login was refused within a day, the last reason first."""
    rows = await connection.fetch(REJECTS, line.login, line.now - A_DAY)
    return tuple(Refusal(**{**_of(row), "facts": _facts(row["facts"])}) for row in rows)


def _facts(text: str | None) -> Mapping[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


@tells_of_line("asked", rank=23)
async def asked(connection: db.Connection, line: Line) -> Asked:
    """The last logins, accepted or not: a silent router at home is told by their absence."""
    return Asked(tuple(Request(**_of(row)) for row in await connection.fetch(ASKED, line.login, line.now - KEPT)))


def last_mac(told: Mapping[str, Any]) -> str:
    """The MAC that this login came from last: hexadecimal digits alone; empty where none is known."""
    places = (
        *(one.mac for one in told.get("sessions", Sessions()).open),
        *(one.mac for one in told.get("asked", Asked()).requests),
        *(one.mac for one in told.get("history", History()).past),
    )
    text = next((one for one in places if one), "")
    return "".join(one for one in text.upper() if one not in ":-. ")


@tells_of_line("stranger", rank=24)
async def stranger(connection: db.Connection, line: Line) -> Stranger | None:
    """A login nobody has, typed into this customer's router."""
    mac = last_mac(line.told)
    if not mac:
        return None
    row = await connection.fetchrow(STRANGERS, line.login, line.now - A_DAY, mac)
    return Stranger(**_of(row)) if row else None


@tells_of_line("twin", rank=25)
async def twin(connection: db.Connection, line: Line) -> Twin | None:
    """Somebody else who is online with this router's MAC; without the login where the reader may not see it."""
    mac = last_mac(line.told)
    if not mac:
        return None
    row = await connection.fetchrow(*within.narrowed(TWINS, line.scope, "k.customer_id", line.login, mac))
    return Twin(row["login"], mac, row["started_at"], row["nas"]) if row else None


@tells_of_line("router", rank=26)
async def router(connection: db.Connection, line: Line) -> Router | None:
    """The router of the session, else that of the last login or session."""
    key = nas_of(line.told)
    if key is None:
        return None
    row = await connection.fetchrow(ROUTER, key, line.now - LATELY, [*WRONG_SECRET, "missing_message_authenticator"])
    return Router(**_of(row)) if row else None


def nas_of(told: Mapping[str, Any]) -> int | None:
    """The NAS a login is, or was last, served by."""
    here = told.get("sessions", Sessions()).open
    if here:
        return int(here[0].nas_id)
    ends = [(one.at, one.nas_id) for one in told.get("asked", Asked()).requests[:1]]
    ends += [(one.ended_at, one.nas_id) for one in told.get("history", History()).past[:1]]
    return int(max(ends)[1]) if ends else None


@tells_of_line("observed", rank=27)
async def observed(connection: db.Connection, line: Line) -> Observed | None:
    """The limit that the router was seen to apply."""
    here = line.told.get("sessions", Sessions()).open
    row = await connection.fetchrow(OBSERVED, here[0].uid) if here else None
    return Observed(**_of(row)) if row else None


@tells_of_line("provision", rank=28)
async def provision(connection: db.Connection, line: Line) -> Provision | None:
    """Whether the ONU is being authorised, stopped half-way, or waits for it."""
    row = await connection.fetchrow(PROVISION, line.account_id)
    return Provision(**_of(row)) if row else None


@tells_of_line("used", rank=61)
async def used(connection: db.Connection, line: Line) -> Used:
    """What was carried within thirty days."""
    row = await connection.fetchrow(USED, line.login, line.now - KEPT, line.now - timedelta(days=30))
    here = line.told.get("sessions", Sessions()).open
    down, up = (sum(getattr(one, name) for one in here) for name in ("down_octets", "up_octets"))
    return Used(row["down"] + down, row["up"] + up)
