"""Reads one device by SNMP because a person asks: for the inventory's "read now"."""

from __future__ import annotations

from oss.base import clock
from oss.monitoring import told
from oss.monitoring.polled import Polled, credentials
from oss.network import readers
from oss.network.device_secrets import Credentials
from oss.network.facts import Facts
from snmp.errors import SnmpError
from snmp.polling import within

DEADLINE_S = 20.0


@readers.reads
async def by_snmp(reach: Credentials) -> Facts:
    """All that a device tells of itself now. Raises NotAnswered."""
    secret = credentials(reach)
    if secret is None or reach.management is None:
        raise readers.NotAnswered(name=reach.management or "?", why="it has no address, or no SNMP credentials")
    one = Polled(reach, secret)
    try:
        reading = (await within(DEADLINE_S, one.read())).reading
        heard = await one.neighbours(reading)
    except SnmpError as problem:
        raise readers.NotAnswered(name=reach.management, why=str(problem)) from problem
    finally:
        one.close()
    return told.facts_of(reach.device_id, reading, clock.now(), heard, whole=not reading.missing)
