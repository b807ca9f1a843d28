"""C-Data FD16xx (GPON) by SNMP: rows of gponOnuConfigTable are made and destroyed (RFC 2579 RowStatus).

The VLAN stands in the line profile, which the operator keeps on the OLT; it cannot be read back by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from oss.drivers import sets
from oss.drivers.answers import cdata as answers
from oss.drivers.links import Link, Snmp
from oss.drivers.olt import NOT_TOLD, Check, Course, FoundOnu, OltOnu, OnuNow, Service, Step
from oss.drivers.problems import (
    AlreadyConfigured,
    NoNumberFree,
    NoSuchPon,
    NotConfigured,
    NotOffered,
    ProfileIsNoNumber,
)
from oss.drivers.registry import Driver

CONFIGURED: Final = "1.3.6.1.4.1.34592.1.5.1.1.2.18"
RUNS: Final = "1.3.6.1.4.1.17409.2.8.4"
STATUS, MODE, SERIAL, LINE, SERVICE, NAME = (f"{CONFIGURED}.1.1.{column}" for column in (2, 3, 4, 6, 7, 8))
RUN_STATE, DISTANCE, REBOOT = f"{CONFIGURED}.2.1.1", f"{CONFIGURED}.2.1.4", f"{CONFIGURED}.4.1.1"
FOUND, MODEL, SOFTWARE = (f"{CONFIGURED}.5.1.{column}" for column in (3, 7, 8))
ACTIVE, CREATE_AND_WAIT, DESTROY, BY_SERIAL = 1, 5, 6, 1
NUMBERS = range(1, 129)
PON: Final = re.compile(r"[0-9]{1,3}/([0-9]{1,3})/([0-9]{1,3})")


def row(pon: str, number: int) -> str:
    """``0/0/2``, 5 -> device, card, port, ONU. Raises NoSuchPon."""
    found = PON.fullmatch(pon)
    if found is None:
        raise NoSuchPon(name="OLT", pon=pon, like="0/0/1")
    return f"1.{found[1]}.{found[2]}.{number}"


def profile(text: str) -> int:
    """The number of one. Raises ProfileIsNoNumber."""
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise ProfileIsNoNumber(name="OLT", profile=text)
    return int(text)


class Cdata:
    """One OLT's tables."""

    async def unprovisioned(self, link: Link) -> Sequence[FoundOnu]:
        agent = await link.snmp()
        columns = [await agent.column(oid) for oid in (FOUND, MODEL, SOFTWARE)]
        return answers.found(FOUND, *columns)

    async def onus(self, link: Link, pon: str | None = None) -> Sequence[OltOnu]:
        agent = await link.snmp()
        columns = [await agent.column(oid) for oid in (SERIAL, RUN_STATE, NAME)]
        return [one for one in answers.onus(SERIAL, *columns) if pon in (None, one.pon)]

    async def now(self, link: Link, pon: str, number: int) -> OnuNow:
        agent, at = await link.snmp(), row(pon, number)
        asked = [f"{oid}.{at}" for oid in (SERIAL, RUN_STATE, DISTANCE)]
        told = await agent.get(asked)
        if not answers.there(SERIAL, told, asked):
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        serial = answers.serial(SERIAL, told[f"{SERIAL}.{at}"])
        state = answers.STATES.get(answers.whole(RUN_STATE, told.get(f"{RUN_STATE}.{at}")), "unknown")
        rx, cause = await self._runs(agent, serial)
        metres = answers.whole(DISTANCE, told.get(f"{DISTANCE}.{at}"))
        dark = cause if state == "offline" and cause in ("los", "dying-gasp") else state
        return OnuNow(dark, onu_rx_dbm=rx, distance_m=metres or None, last_down=cause)

    async def _runs(self, agent: Snmp, serial: str) -> tuple[float | None, str]:
        """Power and cause. How that table packs port and ONU differs between versions: the serial finds the row."""
        known = await agent.column(f"{RUNS}.1.1.3")
        at = next((index for index, value in known.items() if answers.serial(RUNS, value) == serial), None)
        if at is None:
            return None, ""
        index = ".".join(map(str, at))
        oids = (f"{RUNS}.4.1.4.{index}.0.0", f"{RUNS}.1.1.103.{index}")
        told = await agent.get(oids)
        cause = answers.text(told.get(oids[1], "")).lower()
        return answers.dbm(told.get(oids[0])), answers.CAUSES.get(cause, cause)

    async def read_back(self, link: Link, pon: str, number: int) -> Service | None:
        agent, at = await link.snmp(), row(pon, number)
        asked = [f"{oid}.{at}" for oid in (SERIAL, LINE, SERVICE, NAME)]
        told = await agent.get(asked)
        if not answers.there(SERIAL, told, asked):
            return None
        return Service(
            pon=pon,
            serial=answers.serial(SERIAL, told[f"{SERIAL}.{at}"]),
            name=answers.text(told.get(f"{NAME}.{at}", "")),
            vlan=NOT_TOLD,
            number=number,
            line_profile=str(answers.whole(LINE, told.get(f"{LINE}.{at}"))),
            service_profile=str(answers.whole(SERVICE, told.get(f"{SERVICE}.{at}"))),
        )

    async def plan_authorise(self, link: Link, service: Service) -> Course:
        present = await self.onus(link, service.pon)
        for one in present:
            if one.serial == service.serial:
                raise AlreadyConfigured(name="OLT", serial=one.serial, place=f"{one.pon}:{one.number}")
        taken = {one.number for one in present}
        free = [n for n in (service.number, *NUMBERS) if n is not None and n not in taken]
        if not free:
            raise NoNumberFree(name="OLT", pon=service.pon)
        wanted = replace(service, number=free[0], vlan=NOT_TOLD)
        check = Check(service.pon, free[0], None, wanted)
        return Course(_made(wanted), service.pon, free[0], service.serial, (check,))

    async def _there(self, link: Link, pon: str, number: int) -> Service:
        found = await self.read_back(link, pon, number)
        if found is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        return found

    async def plan_deauthorise(self, link: Link, pon: str, number: int) -> Course:
        there = await self._there(link, pon, number)
        again = tuple(step.command for step in _made(there))
        step = Step(sets.told(f"{STATUS}.{row(pon, number)}", DESTROY), undo=again, by="snmp")
        return Course((step,), pon, None, there.serial, (Check(pon, number, there, None),))

    async def plan_replace(self, link: Link, pon: str, number: int, serial: str) -> Course:
        there = await self._there(link, pon, number)
        oid = f"{SERIAL}.{row(pon, number)}"
        step = Step(sets.told(oid, serial), undo=(sets.told(oid, there.serial),), by="snmp")
        return Course((step,), pon, number, serial, (Check(pon, number, there, replace(there, serial=serial)),))

    async def reboot(self, link: Link, pon: str, number: int) -> None:
        await (await link.snmp()).put(f"{REBOOT}.{row(pon, number)}", 1)

    async def save(self, link: Link) -> None:
        raise NotOffered(name="OLT")

    async def configuration(self, link: Link) -> str:
        raise NotOffered(name="OLT")


def _made(service: Service) -> tuple[Step, ...]:
    """A row made step by step; profiles are numbers here. Raises ProfileIsNoNumber."""
    assert service.number is not None
    at = row(service.pon, service.number)
    values: list[tuple[str, int | str]] = [(MODE, BY_SERIAL), (SERIAL, service.serial)]
    values += [(LINE, profile(service.line_profile)), (SERVICE, profile(service.service_profile))]
    values += [(NAME, service.name)] if service.name else []
    begin = Step(sets.told(f"{STATUS}.{at}", CREATE_AND_WAIT), undo=(sets.told(f"{STATUS}.{at}", DESTROY),), by="snmp")
    rest = [Step(sets.told(f"{oid}.{at}", value), by="snmp") for oid, value in (*values, (STATUS, ACTIVE))]
    return (begin, *rest)


DRIVER = Driver(
    key="cdata",
    title="C-Data FD16xx",
    maker="C-Data",
    protocols=("snmp",),
    object_ids=("1.3.6.1.4.1.17409", "1.3.6.1.4.1.34592"),
    olt=Cdata(),
)
