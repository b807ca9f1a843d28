"""V-SOL V1600G: tables of the view of a PON, and the configuration of one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oss.drivers.answers import cells
from oss.drivers.olt import FoundOnu, OnuNow, Service

HEAD = re.compile(r"Onu[Ii]ndex\b.*")
FOUND = re.compile(r"GPON(\d+/\d+):(\d+)\s+([A-Za-z0-9]{4}[0-9A-Fa-f]{8})\s+unknown?")
INFO = re.compile(r"GPON(\d+/\d+):(\d+)\s+(\S+)\s+(\S+)\s+sn\s+([A-Za-z0-9]{4}[0-9A-Fa-f]{8})")
STATE = re.compile(r"(?:\d+/)+(\d+):(\d+)\s+(?:enable|disable)\s+(?:enable|disable)\s+([A-Za-z]+)\s+[\w()]+", re.ASCII)
SUM = re.compile(r"ONU Number:\s*(\d+)/(\d+)", re.I)
PHASES = {"working": "online", "offline": "offline", "los": "los", "dyinggasp": "dying-gasp"}
DOWN = {"los": "los", "dyinggasp": "dying-gasp", "n/a": "", "offline": "offline"}
METRES = re.compile(r"(\d{1,6})m|N/A")
ADD = re.compile(r"onu add (\d+) profile (\S+) sn ([A-Za-z0-9]{4}[0-9A-Fa-f]{8})")
WORDS = {
    "tcont": re.compile(r"onu \d+ tcont \d+(?: name \S+)?(?: dba (\S+))?"),
    "gemport": re.compile(r"onu \d+ gemport \d+ tcont \d+(?: gemport_name \S+)?"),
    "service": re.compile(r"onu \d+ service \S+ gemport \d+ vlan (\d+)"),
    "service-port": re.compile(r"onu \d+ service-port \d+ gemport \d+ uservlan (\d+) vlan (\d+)(?: new_cos \d+)?"),
    "portvlan": re.compile(r"onu \d+ portvlan eth \d+ mode tag vlan (\d+)(?: pri \d)?"),
    "desc": re.compile(r"onu \d+ desc(?:ription)? (\S+(?: \S+)*)"),
    "profile": re.compile(r"onu \d+ profile (line|srv) name (\S+)"),
}
OTHER = re.compile(r"onu \d+ [a-z][\w\-]*(?: [\w\-./:]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Onu:
    """The lines of one ONU in the configuration of its PON, the one that adds it first."""

    kind: str
    serial: str
    lines: tuple[str, ...]

    def _first(self, name: str, group: int) -> str:
        found = (WORDS[name].fullmatch(line) for line in self.lines)
        return next((one[group] or "" for one in found if one), "")

    @property
    def whole(self) -> bool:
        """It carries something: by its own lines, or by a profile."""
        own = all(
            any(WORDS[name].fullmatch(line) for line in self.lines) for name in ("tcont", "gemport", "service-port")
        )
        return (own and bool(self._first("service", 1))) or bool(self._first("profile", 2))

    def service(self, pon: str, number: int) -> Service:
        """In the words it was ordered in."""
        return Service(
            pon=pon,
            serial=self.serial,
            name=self._first("desc", 1),
            vlan=int(self._first("service-port", 2) or 0),
            number=number,
            line_profile=self._first("tcont", 1),
            service_profile="",
            onu_type=self.kind,
            user_vlan=int(self._first("service-port", 1) or 0) or None,
            bridge=bool(self._first("portvlan", 1)),
        )


def autofind(command: str, answer: str) -> list[FoundOnu]:
    """``show onu auto-find``: no end that could be told."""
    found = []
    for line in cells.lines(answer):
        if not HEAD.fullmatch(line):
            row = cells.whole(command, answer, FOUND, line)
            found.append(FoundOnu(row[1].rpartition("/")[2], cells.serial(command, answer, row[3])))
    cells.each_once(command, answer, (one.serial for one in found))
    return found


def infos(command: str, answer: str) -> dict[int, str]:
    """``show onu info``: number -> serial."""
    rows = [cells.whole(command, answer, INFO, one) for one in cells.lines(answer) if not HEAD.fullmatch(one)]
    cells.each_once(command, answer, (row[2] for row in rows))
    return {int(row[2]): cells.serial(command, answer, row[5]) for row in rows}


def states(command: str, answer: str) -> dict[int, str]:
    """``show onu state``: number -> state; the sum below must be right."""
    found: dict[int, str] = {}
    sums = []
    for line in cells.lines(answer):
        if HEAD.fullmatch(line):
            continue
        if ended := SUM.fullmatch(line):
            sums.append(int(ended[2]))
            continue
        row = cells.whole(command, answer, STATE, line)
        if int(row[2]) in found:
            cells.unreadable(command, answer)
        found[int(row[2])] = PHASES.get(row[3].lower(), "unknown")
    if sums != [len(found)]:
        cells.unreadable(command, answer)
    return found


def now(command: str, answer: str, interface: str) -> OnuNow:
    """``show onu detail-info N``, without the power; its last line is the cause of the last fall."""
    told = cells.fields(answer)
    names = ("onu interface", "phase state", "distance", "last down cause")
    if any(name not in told for name in names) or not list(cells.lines(answer))[-1].startswith("Last down cause"):
        cells.unreadable(command, answer)
    at, phase, distance, cause = (told[name] for name in names)
    if at != interface or phase.lower() not in PHASES or cause.lower() not in DOWN:
        cells.unreadable(command, answer)
    metres = cells.whole(command, answer, METRES, distance)[1]
    return OnuNow(PHASES[phase.lower()], distance_m=int(metres) if metres else None, last_down=DOWN[cause.lower()])


def powers(command: str, answer: str) -> tuple[float | None, float | None]:
    """``show onu optical-info N``: received at the ONU, and from it at the OLT, dBm."""
    told = cells.fields(answer)
    names = ("rx optical level", "olt rx optical level")
    if any(not told.get(name, "").endswith(("(dBm)", "N/A")) for name in names):
        cells.unreadable(command, answer)
    onu, olt = (cells.dbm(command, answer, told[name]) for name in names)
    return onu, olt


def configured(command: str, answer: str, pon: str, number: int) -> Onu | None:
    """``show running-config interface gpon 0/1``: one ONU of it; None: it is not there."""
    said = list(cells.lines(answer))
    if len(said) < 3 or said[0] != f"interface gpon {pon}" or said[-2:] != ["exit", "!"]:
        cells.unreadable(command, answer)
    mine = re.compile(rf"onu (?:add )?{number}\b.*")
    lines = said[1:-2]
    cells.each_once(command, answer, lines)
    for line in lines:
        words = line.split(" ")
        pattern = ADD if words[:2] == ["onu", "add"] else WORDS.get(words[2] if len(words) > 2 else "", OTHER)
        cells.whole(command, answer, pattern, line)
    own = [line for line in lines if mine.fullmatch(line)]
    added = [found for line in own if (found := ADD.fullmatch(line))]
    if not own:
        return None
    if len(added) != 1 or own[0] != added[0][0]:
        cells.unreadable(command, answer)
    return Onu(added[0][2], cells.serial(command, answer, added[0][3]), tuple(own))
