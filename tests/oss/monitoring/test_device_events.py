"""What devices told by traps is kept for people: bounded, cleaned, and gone with its device."""

from __future__ import annotations

import asyncio

import pytest

from oss.base import db, secrets
from oss.base.supervisor import Health
from oss.monitoring import device_events
from oss.monitoring.device_events import DeviceEvents
from snmp.ber import OCTETS, Varbind
from snmp.trap_events import Kind, TrapEvent
from snmp.trap_fold import Heard
from tests.oss.monitoring.test_poller import device
from tests.waiting import eventually

AT = 1_790_000_000.0


def heard(source: int, kind: Kind = Kind.LINK_DOWN, at: float = AT, count: int = 1, **more: object) -> Heard:
    event = TrapEvent(kind, "1.3.6.1.6.3.1.1.5.3", "linkDown", "", "link:5", 5, {"if_index": 5}, **more)  # type: ignore[arg-type]
    return Heard(source, event, count, at, at + 2, user="noc")


async def kept(source: int) -> list[dict[str, object]]:
    return [dict(row) for row in await device_events.of_device(db.pool(), source)]


async def test_what_a_device_told_is_kept_the_newest_first(database: str, sealer: secrets.Sealer) -> None:
    key, events = await device(sealer, "core", "127.0.0.1"), DeviceEvents()
    events.put(heard(key))
    events.put(heard(key, Kind.LINK_UP, AT + 5, count=3))
    task = asyncio.create_task(events.run(health := Health("traps")))
    await eventually(lambda: not events.waiting and health.state == "up")
    task.cancel()
    last, first = await kept(key)
    assert (last["kind"], last["times"], last["subject"], last["signed_by"]) == ("link_up", 3, "link:5", "noc")
    assert (first["kind"], first["facts"], first["name"]) == ("link_down", {"if_index": 5}, "linkDown")


async def test_a_device_that_tells_too_much_is_kept_in_part_and_the_others_whole(
    database: str, sealer: secrets.Sealer
) -> None:
    loud, quiet = await device(sealer, "loud", "127.0.0.2"), await device(sealer, "quiet", "127.0.0.3")
    events = DeviceEvents()
    for number in range(device_events.OF_A_DEVICE + 50):
        events.put(heard(loud, at=AT + number / 100))
    events.put(heard(quiet))
    assert (len(events.waiting), events.left_out) == (device_events.OF_A_DEVICE + 1, 50)
    events.put(heard(loud, at=AT + 61))
    assert events.left_out == 50, "another minute"
    await events.flush()
    assert (len(await kept(loud)), len(await kept(quiet))) == (200, 1)


async def test_octets_of_a_stranger_do_no_harm_and_a_device_that_is_gone_takes_its_traps_along(
    database: str, sealer: secrets.Sealer
) -> None:
    key, events = await device(sealer, "core", "127.0.0.1"), DeviceEvents()
    nasty = (Varbind("1.3.6.1.4.1.9.9", OCTETS, b"\0\xff<b>"), Varbind("1.3.6.1.4.1.9.10", OCTETS, b"x" * 999))
    events.put(heard(key, Kind.OTHER, varbinds=nasty))
    events.put(heard(key + 1000))
    await events.flush()
    (one,) = await kept(key)
    assert one["facts"] == {"if_index": 5, "1.3.6.1.4.1.9.9": "00:ff:3c:62:3e", "1.3.6.1.4.1.9.10": "x" * 200}
    await db.execute("delete from device where id = $1", key)
    assert await db.fetchval("select count(*) from device_event") == 0


@pytest.mark.parametrize("number", [2**64, -(2**63)])
def test_a_number_that_json_cannot_hold_is_kept_as_text(number: int) -> None:
    event = TrapEvent(Kind.OTHER, "1.3", values={"counter": number})
    assert str(number) in device_events.row(Heard(1, event, 1, AT, AT))[7]
