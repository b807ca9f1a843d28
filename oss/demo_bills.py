"""A crowd's money: invoices of one month after the other, most of them paid, each posted to the ledger as it should be.

Everything is made by the database out of its own contracts, a month in a transaction, so that the constraint triggers
look at every entry at commit. What is paid and when follows a curve: a quarter early, most around the due day, a tail.
"""

from __future__ import annotations

from datetime import date

from billing.ledger import CASH, RECEIVABLE, REVENUE
from oss.base import db

MONTHS = 72  # as far back as invoices may go

# $1 first day of the month they fall due in, $2 today, $3 at most so many, $4 company, $5 zone
MONTH = f"""with bill as materialized (
  select k.id as contract_id, k.customer_id, p.price_cents as cents, p.name as plan, $1::date + k.due_day - 1 as due_on,
    random() as luck, random() as delay, random() as hour
  from contract k join plan p on p.id = k.plan_id
  where k.company_id = $4 and p.price_cents > 0 and k.started_on <= $1::date + k.due_day - 11
    and $1::date + k.due_day - 11 <= $2::date and (k.ended_on is null or k.ended_on >= $1::date + k.due_day - 11)
  order by k.id limit $3
), settled as materialized (
  select *, luck < case when due_on > $2::date then 0.25 when due_on > $2::date - 6 then 0.8
      when due_on > $2::date - 30 then 0.94 when due_on > $2::date - 60 then 0.975 else 0.993 end as paid,
    greatest(due_on - 10, least($2::date, case when due_on > $2::date then $2::date - (delay * 9)::int
      when delay < 0.3 then due_on - (delay * 30)::int when delay < 0.85 then due_on + ((delay - 0.3) * 8)::int
      else due_on + ((delay - 0.85) * 250)::int end)) as paid_on
  from bill
), numbered as (
  select *, row_number() over (order by contract_id)
    + coalesce((select max(number) from invoice where company_id = $4 and series = '1'), 0) as number,
    case when paid then least((paid_on + interval '8 hours' + hour * interval '14 hours') at time zone $5, now())
      end as paid_at
  from settled
), made as (
  insert into invoice (company_id, customer_id, contract_id, number, period_from, period_to, issued_on, due_on,
    amount_cents, paid_cents, status, paid_at, explanation, created_at)
  select $4, customer_id, contract_id, number, due_on - 30, due_on - 1, due_on - 10, due_on, cents,
    case when paid then cents else 0 end, case when paid then 'paid' else 'open' end, paid_at,
    'Mensalidade. ' || plan, ((due_on - 10) + interval '6 hours') at time zone $5
  from numbered returning id, customer_id, number, issued_on, amount_cents, paid_at
), billed as (
  insert into journal_entry (company_id, kind, ref_id, posted_on, posted_at, memo, actor)
  select $4, 'invoice', id, issued_on, issued_on at time zone $5, 'Fatura ' || number, 'system:seed' from made
  returning id, ref_id
), owed as (
  insert into posting (entry_id, account_code, customer_id, amount_cents)
  select e.id, line.code, m.customer_id, line.sign * m.amount_cents from billed e join made m on m.id = e.ref_id
  cross join (values ('{RECEIVABLE}', 1), ('{REVENUE}', -1)) line(code, sign)
), payment as (
  insert into payment (company_id, customer_id, invoice_id, amount_cents, method, received_at, registered_by)
  select $4, customer_id, id, amount_cents, (array['pix', 'pix', 'pix', 'boleto', 'boleto', 'card'])[1 + id % 6],
    paid_at, 'system:seed' from made where paid_at is not null
  returning id, invoice_id, customer_id, amount_cents, received_at
), received as (
  insert into journal_entry (company_id, kind, ref_id, posted_on, posted_at, memo, actor)
  select $4, 'payment', p.id, (p.received_at at time zone $5)::date, p.received_at,
    'Pagamento da fatura ' || m.number, 'system:seed'
  from payment p join made m on m.id = p.invoice_id returning id, ref_id
), settling as (
  insert into posting (entry_id, account_code, customer_id, amount_cents)
  select e.id, line.code, case when line.sign < 0 then p.customer_id end, line.sign * p.amount_cents
  from received e join payment p on p.id = e.ref_id
  cross join (values ('{CASH}', 1), ('{RECEIVABLE}', -1)) line(code, sign)
)
select count(*) from made"""


async def month(connection: db.Connection, company: int, first: date, today: date, most: int, zone: str) -> int:
    """The invoices that fall due in one month, at most ``most``; returns how many there were."""
    return int(await connection.fetchval(MONTH, first, today, most, company, zone))
