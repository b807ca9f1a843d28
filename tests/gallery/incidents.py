"""A bad afternoon of the demo's network, by real code: a watch observes, people take it in hand, channels fail."""

from __future__ import annotations

from datetime import timedelta

from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.monitoring import channel_forms, incident_acts, telling
from oss.monitoring.causes import Last, Thing
from oss.monitoring.channel_forms import ChannelValues, StepValues
from oss.monitoring.kinds import DEVICE, ONU
from oss.monitoring.samples import NAN, Sample, write
from oss.monitoring.watch import Watch

# ONUs by PON, those with most customers' lines first.
PONS = """select o.pon_id, p.device_id, array_agg(o.id order by o.id) as onus from onu o
join pon_port p on p.id = o.pon_id left join account_drop d on d.onu_id = o.id
group by 1, 2 order by count(d.account_id) desc, 1 limit 3"""
AGO_S = 55 * 60.0


async def happen(sealer: Sealer, actor: audit.Actor) -> None:
    """A PON is cut, one lost its power and came back, a processor is busy, a router comes and goes."""
    await _channels(sealer, actor)
    watch, now = Watch(), clock.now().timestamp() - AGO_S
    await watch.load(db.pool())
    cut, power, *_ = await db.fetch(PONS)
    device = await db.fetchval("select min(id) from device where role = 'router'")
    await _polls(watch, power["onus"], 1.0, now)
    await _lost(watch, power["onus"], Last.POWER, now + 60)
    await _polls(watch, power["onus"], 1.0, now + 900)
    await _flapping(watch, device, now + 1000)
    await _lost(watch, cut["onus"], Last.LIGHT, now + 2400)
    await _busy(watch, cut["device_id"], now + 1800)
    await _samples(cut["device_id"], cut["onus"], now + 2400)
    await _hands(actor)


async def _channels(sealer: Sealer, actor: audit.Actor) -> None:
    async with db.transaction() as connection:
        values = ChannelValues("Plantão", "telegram", {"chat": "-1001234567890"}, "42:token-of-the-gallery")
        chat = await channel_forms.save(connection, sealer, actor, values)
        letter = ChannelValues("Gerência", "email", {"address": "gerencia@milha.example"}, enabled=False)
        mail = await channel_forms.save(connection, sealer, actor, letter)
        await channel_forms.save_step(connection, actor, chat, StepValues("warning"))
        late = StepValues("critical", 900, [1, 2, 3, 4, 5], 480, 1080)
        await channel_forms.save_step(connection, actor, mail, late)
        sql = "update alert_channel set failed_at = now(), failure = 'HTTP 401' where id = $1"
        await connection.execute(sql, chat)


async def _polls(watch: Watch, onus: list[int], state: float, at: float) -> None:
    for n in range(3):
        watch.observe("onu", at + 30 * n, onus, {"state": [state] * len(onus)})
        watch.tick(at + 30 * n)
        await watch.settle(at + 30 * n)


async def _lost(watch: Watch, onus: list[int], last: Last, at: float) -> None:
    for onu in onus:
        watch.last_word(Thing("onu", onu), last, at)
    await _polls(watch, onus, 0.0, at)


async def _flapping(watch: Watch, device: int, at: float) -> None:
    for n in range(17):
        watch.observe("ping", at + 25 * n, [device], {"loss_pct": [100.0 * (n % 2)]})
        watch.tick(at + 25 * n)
        await watch.settle(at + 25 * n)


async def _busy(watch: Watch, device: int, at: float) -> None:
    """The OLT's neighbour, a router: what an OLT's own load explains is another matter."""
    router = await db.fetchval("select max(id) from device where role = 'router' and id <> $1", device)
    for n in range(6):
        watch.observe("device", at + 120 * n, [router], {"cpu_pct": [96.0 + n / 2]})
        await watch.settle(at + 120 * n)


async def _samples(olt: int, onus: list[int], lost_at: float) -> None:
    """What is stored of it, for rules that are tried."""
    made = []
    for n in range(180):
        at = lost_at - 7_200 + 60 * n
        if at > clock.now().timestamp():
            break
        lit = 0.0 if at >= lost_at else 1.0
        made.append(Sample(at, olt, ONU, onus, [one for _ in onus for one in (-19.4, 2.1, -21.0, 1_800.0, lit)]))
        made.append(Sample(at, olt, DEVICE, (olt,), (95.0 if 40 < n < 70 else 31.0, 44.0, 41.0, 9e6, NAN)))
    async with db.pool().acquire() as connection:
        await write(connection, made)


async def _hands(actor: audit.Actor) -> None:
    """Somebody has the cut, and wrote to the customers; a message did not arrive."""
    noc = await db.fetchval("select id from staff_user where login = 'noc'")
    cut = await db.fetchval("select id from incident where why = 'cut' and ended_at is null")
    ravi = audit.Actor("noc")
    async with db.transaction() as connection:
        await telling.look(connection, cut)
        sql = "update alert_message set tries = 2, failure = 'HTTP 401' where incident_id = $1"
        await connection.execute(sql, cut)
        await incident_acts.acknowledge(connection, ravi, cut, noc)
        await incident_acts.comment(connection, ravi, cut, "Poste caído na Rua do Ipê; equipe 3 a caminho.")
        note = "Um caminhão rompeu o cabo na Rua do Ipê. Nossa equipe está emendando."
        await incident_acts.write_to_customers(connection, ravi, cut, note, clock.now() + timedelta(hours=2))
