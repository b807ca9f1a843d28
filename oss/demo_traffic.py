"""A crowd's life on the network: routers of a network that is nobody's, open sessions, past ones, logins."""

from __future__ import annotations

import math
import random
import secrets
from datetime import UTC, date, datetime, time, timedelta

from oss.access.nas import NasValues
from oss.access.nas import save as save_nas
from oss.base import audit, db, partitions
from oss.base.secrets import Sealer

ROUTERS = 16
ONLINE = 0.94
CURVE_DAYS = 9

# Nothing is ever sent there: CoA is off, and 198.18.0.0/15 is for measurements alone (RFC 2544).
NETWORK = "198.18.90.{}"
SESSIONS = """insert into session_open (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  last_seen_at, framed_ip, calling_station_id, nas_port_id, input_octets, output_octets, session_s,
  input_bps, output_bps, node, desired, applied)
select gen_random_uuid(), ($1::bigint[])[1 + k.id % $2::int], to_hex(k.id * 7919), a.login, a.id, k.id,
  now() - old.s * interval '1 second', now() - random() * interval '5 minutes', inet '100.64.0.0' + k.id,
  upper(regexp_replace(substr(md5(k.id::text), 1, 12), '(..)(?=.)', '\\1:', 'g')), 'pon-' || k.id % 64,
  old.s * 20000, old.s * 160000, old.s, (random() * p.up_kbps * 60)::bigint, (random() * p.down_kbps * 90)::bigint,
  $3, profile.key, profile.key
from contract k join plan p on p.id = k.plan_id join access_account a on a.contract_id = k.id
left join lateral (select effect from hold h where h.contract_id = k.id and h.lifted_at is null
  order by array_position(array['cut', 'wall', 'reduce'], h.effect::text) limit 1) held on true
cross join lateral (select (random() ^ 3 * 2000000)::bigint + 60 as s) old
cross join lateral (select case when held.effect = 'reduce'
  then 'reduced:' || p.reduced_down_kbps || '/' || p.reduced_up_kbps
  else 'full:' || p.down_kbps || '/' || p.up_kbps end as key) profile
where k.status = 'active' and k.id > $4 and coalesce(held.effect, '') not in ('cut', 'wall') and random() < $5"""
HISTORY = """insert into session_history (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  ended_at, framed_ip, calling_station_id, nas_port_id, input_octets, output_octets, session_s, terminate_cause)
select gen_random_uuid(), ($1::bigint[])[1 + k.id % $2::int], to_hex(k.id * 31 + n), a.login, a.id, k.id, begun.at,
  begun.at + old.s * interval '1 second', inet '100.64.0.0' + k.id,
  upper(regexp_replace(substr(md5(k.id::text), 1, 12), '(..)(?=.)', '\\1:', 'g')), 'pon-' || k.id % 64,
  old.s * 20000, old.s * 160000, old.s, (array['User-Request', 'Lost-Carrier', 'NAS-Reboot', 'Lease-Expired'])[1 + n]
from contract k join access_account a on a.contract_id = k.id cross join generate_series(0, $5::int - 1) n
cross join lateral (select (random() * 500000)::bigint + 60 as s) old
cross join lateral (
  select $4::timestamptz - (n + random()) * interval '12 days' - old.s * interval '1 second' as at) begun
where k.id > $3 and (k.ended_on is null or k.ended_on > $4::date - 40)"""
LOGINS = """insert into auth_log (at, nas_id, login, reason, calling_station_id, nas_port_id)
select started_at, nas_id, login, 'in_order', calling_station_id, nas_port_id from session_history
where contract_id > $1 and started_at > $2"""
REFUSED = """insert into auth_reject (minute, nas_id, login, reason, contract_id, count, first_at, last_at)
select distinct on (1, 2, 3, 4) date_trunc('minute', at), ($1::bigint[])[1 + k.id % $2::int], a.login,
  (array['wrong_password', 'overdue', 'session_open', 'wrong_password'])[1 + k.id % 4], k.id, 1 + k.id % 5,
  date_trunc('minute', at), date_trunc('minute', at) + interval '20 seconds'
from contract k join access_account a on a.contract_id = k.id
cross join lateral (select now() - random() * interval '7 days' as at) tried
where k.id > $3 and k.id % 23 = 0"""


async def routers(connection: db.Connection, sealer: Sealer, actor: audit.Actor) -> list[int]:
    """The crowd's routers; made once."""
    found = []
    for number in range(1, ROUTERS + 1):
        values = NasValues(
            f"BNG-CROWD-{number:02d}", NETWORK.format(number), secret=secrets.token_urlsafe(24), coa_enabled=False
        )
        known = await connection.fetchval("select id from nas where name = $1", values.name)
        found.append(known or await save_nas(connection, sealer, actor, values))
    return found


async def sessions(connection: db.Connection, nas: list[int], node: str, behind: int, today: date, each: int) -> None:
    """Open sessions, ``each`` past ones per contract, logins and refusals of all contracts behind a number."""
    await connection.execute(SESSIONS, nas, len(nas), node, behind, ONLINE)
    noon = datetime.combine(today, time(), UTC)
    await partitions.ensure_months(connection, "session_history", today - timedelta(days=12 * each + 40), today)
    await partitions.ensure_months(connection, "auth_log", today - timedelta(days=40), today)
    await connection.execute(HISTORY, nas, len(nas), behind, noon, each)
    await connection.execute(LOGINS, behind, noon - timedelta(days=30))
    await connection.execute(REFUSED, nas, len(nas), behind)


async def curve(connection: db.Connection, chance: random.Random, now: datetime) -> None:
    """Minutes of more than a week: who was online, who asked."""
    if await connection.fetchval("select 1 from auth_minute limit 1"):
        return
    online, rows = int(await connection.fetchval("select count(*) from session_open")), []
    for back in range(1, CURVE_DAYS * 1440):
        at = now.replace(second=0, microsecond=0) - timedelta(minutes=back)
        evening = 1 + 0.02 * math.sin((at.hour + at.minute / 60 - 15) / 24 * 2 * math.pi) - 0.002 * back / 1440
        asked = online // 2000 + chance.randrange(0, 4)
        rows.append(("crowd", at, asked, chance.randrange(3), chance.randrange(80, 300), int(online * evening)))
    columns = ["node", "minute", "accepts", "rejects", "p99_us", "online"]
    await connection.copy_records_to_table("auth_minute", records=rows, columns=columns)
