"""Rows for the lists of the console: customers in cities, their invoices, sessions, holds and refused logins."""

from __future__ import annotations

from bench import subscribers
from oss.base import db
from oss.base.secrets import Sealer

CITIES = 12
INVOICES = """insert into invoice (company_id, customer_id, contract_id, number, period_from, period_to, issued_on,
  due_on, amount_cents, paid_cents, status, paid_at)
select k.company_id, k.customer_id, k.id, (row_number() over ()), d - 30, d - 1, d - 10, d, a, case when s = 'paid'
  then a else 0 end, s, case when s = 'paid' then d - interval '3 days' + make_interval(secs => k.id % 200000) end
from contract k cross join generate_series(0, $1::int - 1) m
cross join lateral (select current_date + 1 - 30 * m + (k.id % 28)::int as d,
  8990 + (k.id * 7 + m) % 9000 as a,
  case when m = 0 then 'open' when m = 1 and hashint8(k.id) % 11 = 0 then 'open' when
  hashint8(k.id) % 97 = 5 then 'void' else 'paid' end
  as s) v"""
SESSIONS = """insert into session_open (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  last_seen_at, framed_ip, calling_station_id, output_bps, input_bps, output_octets, input_octets, desired, applied,
  drift_since, drift_cause)
select gen_random_uuid(), (select min(id) from nas) + a.id % (select count(*) from nas), left(md5(a.id::text), 8),
  a.login, a.id, a.contract_id, now() - make_interval(secs => a.id * 37 % 2000000), now(),
  '100.64.0.0'::inet + a.id, upper(regexp_replace(left(md5('m' || a.id), 12), '(..)(?!$)', '\\1:', 'g')),
  (a.id * 7919) % 500000000, (a.id * 104729) % 90000000, (a.id * 7919) % 900000000000, (a.id * 31) % 90000000000,
  'full:500000/250000', case when a.id % 20 = 0 then 'reduced:1024/512' else 'full:500000/250000' end,
  case when a.id % 5000 = 0 then now() - interval '1 minute' end, case when a.id % 5000 = 0 then 'silent' end
from access_account a where a.id % 10 <> 3"""
HOLDS = """insert into hold (contract_id, reason, owner, effect, note, placed_by, placed_at)
select id, case id % 3 when 0 then 'overdue' when 1 then 'manual' else 'fraud' end,
  case id % 3 when 0 then 'billing' else 'staff' end, case id % 2 when 0 then 'reduce' else 'cut' end,
  'note ' || id, case id % 3 when 0 then 'system:dunning' else 'ana' end,
  now() - make_interval(mins => (id % 90000)::int)
from contract where id % 5 = 0"""
REJECTS = """insert into auth_reject (minute, nas_id, login, reason, detail, contract_id, count, first_at, last_at)
select date_trunc('minute', t), (select min(id) from nas), a.login, case a.id % 4 when 0 then 'wrong_password'
  when 1 then 'overdue' when 2 then 'manual' else 'unknown_login' end, '',
  case when a.id % 4 < 3 then a.contract_id end,
  1 + a.id % 40, t, t + interval '20 seconds'
from access_account a cross join lateral (select now() - make_interval(secs => a.id * 41 % 80000) as t) v
where a.id % 2 = 0 on conflict do nothing"""
CUSTOMERS = """update customer set city = 'Cidade ' || chr(65 + abs(hashint8(id + 2)) % $1::int),
  document = lpad((id * 7919)::text, 11, '0'),
  name = v.name, search_key = lower(v.name)
from (select id as of, initcap((array['ana','bruno','carla','davi','elisa','fabio','gil','helena','iris',
  'joao'])
  [1 + abs(hashint8(id)) % 10]) || ' ' || initcap((array['souza','lima','mourao','alves','penedo','rocha',
  'dias'])[1 + abs(hashint8(id + 1)) % 7])
  || ' ' || id as name from customer) v where v.of = id"""


async def seed(connection: db.Connection, sealer: Sealer, count: int, months: int) -> None:
    """``count`` subscribers with an invoice for each of so many months; nine in ten are online."""
    await subscribers.into_milha(connection, sealer, count, subscribers.routers(20))
    await connection.execute(CUSTOMERS, CITIES)
    await connection.execute(INVOICES, months)
    for statement in (SESSIONS, HOLDS, REJECTS):
        await connection.execute(statement)


async def settle(dsn: str) -> None:
    """What autovacuum would have done by tomorrow."""
    connection = await db.connect(dsn)
    await connection.execute("vacuum analyze")
    await connection.close()
