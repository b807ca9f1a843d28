"""ZTE C300, C320 and C600: what `show` tells of ONUs. The dialects differ in names; rows are matched, not headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from oss.drivers.answers import cells
from oss.drivers.olt import FoundOnu, OltOnu, OnuNow, Service

HEAD = re.compile(r"(?:Onu|Olt)Index\b.*")
UNCFG = re.compile(
    r"gpon[-_]o(?:nu|lt)[-_](\d+/\d+/\d+)(?::\d+)?(?:\s+([\w.\-/]+))??\s+([A-Z0-9]{4}[0-9A-F]{8})"
    r"(?:\s+(unknown|N/A|[0-9A-F]{8,20}))?"
)
STATE = re.compile(
    r"(?:gpon[-_]onu[-_])?(\d+/\d+/\d+):(\d+)\s+(?:enable|disable)\s+(?:enable|disable)\s+([A-Za-z]+)\s+[\w()]+",
    re.ASCII,
)
SUM = re.compile(r"ONU Number:\s*(\d+)/(\d+)", re.I)
BASE = re.compile(
    r"gpon[-_]onu[-_](\d+/\d+/\d+):(\d+)\s+([\w.\-]+)\s+sn\s+SN:([A-Z0-9]{4}[0-9A-F]{8})\s+(?:ready|\w+)", re.ASCII
)
POWER = re.compile(r"(up|down)\s+[RT]x\s*:\s*(.+?)\s{2,}[RT]x\s*:\s*(.+?)\s{2,}(\S.*)")
DISTANCE = re.compile(r"(\d+)m|N/A")
LASTED = re.compile(r"(\d+)h (\d+)m (\d+)s")
WHEN = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
HISTORY = re.compile(rf"(\d+)\s+({WHEN})\s+({WHEN})(?:\s+([A-Za-z][\w\-]*))?", re.ASCII)
NEVER = "0000-00-00 00:00:00"
PHASES = {"working": "online", "offline": "offline", "los": "los", "dyinggasp": "dying-gasp"}
CAUSES = {"los": "los", "losi": "los", "lofi": "los", "dyinggasp": "dying-gasp"}

TCONT = re.compile(r"tcont (\d+)(?: name \S+)? profile (\S+)")
GEM = re.compile(r"gemport (\d+)(?: name \S+)? tcont (\d+)")
LIMIT = re.compile(r"gemport (\d+) traffic-limit(?: upstream ([\w.\-]+))?(?: downstream ([\w.\-]+))?")
FLOW = re.compile(r"service-port (\d+)(?: vport (\d+))? user-vlan (\d+) vlan (\d+)")
POLICY = re.compile(r"qos traffic-policy ([\w.\-]+) direction egress")
TOLD = re.compile(r"service (\S+) gemport (\d+) vlan (\d+)")
PORT = re.compile(r"vlan port (eth_\d+/\d+) mode tag vlan (\d+)")
TEXT = re.compile(r"(?:name|description) \S+(?: \S+)*")
OTHER = re.compile(r"[a-z][\w\-]*(?: [\w\-./:]+)*", re.ASCII)
KNOWN = {"tcont": (TCONT,), "gemport": (GEM, LIMIT), "service-port": (FLOW,), "service": (TOLD,)}
KNOWN |= {"vlan": (PORT,), "qos": (POLICY,), "name": (TEXT,), "description": (TEXT,)}


@dataclass(frozen=True, slots=True)
class Onu:
    """How an ONU is configured: lines of its interface, of its virtual port (C600), of its own management."""

    kind: str
    serial: str
    interface: tuple[str, ...] = ()
    vport: tuple[str, ...] = ()
    management: tuple[str, ...] = ()
    found: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def whole(self) -> bool:
        """It may send, and what it sends goes somewhere."""
        lines = (*self.interface, *self.vport, *self.management)
        return all(any(one.fullmatch(line) for line in lines) for one in (TCONT, GEM, FLOW, TOLD))

    def service(self, pon: str, number: int) -> Service:
        """In the words it was ordered in. Of several service ports the first counts; half of one carries no VLAN."""
        lines = (*self.interface, *self.vport, *self.management)

        def first(pattern: re.Pattern[str], group: int) -> str:
            return next((found[group] or "" for line in lines if (found := pattern.fullmatch(line))), "")

        text = next((line for line in self.interface if line.startswith("description ")), "description ")
        return Service(
            pon=pon,
            serial=self.serial,
            name=text.removeprefix("description "),
            vlan=int(first(FLOW, 4) or 0) if self.whole else 0,
            number=number,
            line_profile=first(TCONT, 2),
            service_profile="",
            onu_type=self.kind,
            user_vlan=int(first(FLOW, 3) or 0) or None,
            down_profile=first(LIMIT, 3) or first(POLICY, 1),
            up_profile=first(LIMIT, 2),
            bridge=bool(first(PORT, 1)),
        )


def uncfg(command: str, answer: str) -> list[FoundOnu]:
    """``show gpon onu uncfg`` or ``show pon onu uncfg``: the table has no end that could be told."""
    found = []
    for line in cells.lines(answer):
        if HEAD.fullmatch(line):
            continue
        row = cells.whole(command, answer, UNCFG, line)
        model = row[2] if row[2] and row[2] != "N/A" else ""
        found.append(FoundOnu(row[1], cells.serial(command, answer, row[3]), model))
    cells.each_once(command, answer, (one.serial for one in found))
    return found


def states(command: str, answer: str) -> dict[tuple[str, int], str]:
    """``show gpon onu state``: PON and number -> state; the sum below must be right."""
    found: dict[tuple[str, int], str] = {}
    sums = []
    for line in cells.lines(answer):
        if HEAD.fullmatch(line):
            continue
        if ended := SUM.fullmatch(line):
            sums.append((int(ended[1]), int(ended[2])))
            continue
        row = cells.whole(command, answer, STATE, line)
        key = (row[1], int(row[2]))
        if key in found:
            cells.unreadable(command, answer)
        found[key] = PHASES.get(row[3].lower(), "unknown")
    if len(sums) != 1 or sums[0][1] != len(found):
        cells.unreadable(command, answer)
    return found


def base(command: str, answer: str) -> dict[tuple[str, int], tuple[str, str]]:
    """``show gpon onu baseinfo``: PON and number -> type and serial."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for line in cells.lines(answer):
        if HEAD.fullmatch(line):
            continue
        row = cells.whole(command, answer, BASE, line)
        key = (row[1], int(row[2]))
        if key in found:
            cells.unreadable(command, answer)
        found[key] = (row[3], cells.serial(command, answer, row[4]))
    return found


def joined(
    command: str, answer: str, states: dict[tuple[str, int], str], base: dict[tuple[str, int], tuple[str, str]]
) -> list[OltOnu]:
    """Both lists of the same PONs as one; they name the same ONUs, or one of them is not whole."""
    if states.keys() != base.keys():
        cells.unreadable(command, answer)
    return [OltOnu(pon, number, base[pon, number][1], state) for (pon, number), state in states.items()]


def now(command: str, answer: str, interface: str) -> OnuNow:
    """``show gpon onu detail-info``, without the power. Ten lines of history stand below, filled or not."""
    told = cells.fields(answer)
    names = ("onu interface", "phase state", "onu distance", "online duration")
    if any(name not in told for name in names):
        cells.unreadable(command, answer)
    at, phase, distance, lasted = (told[name] for name in names)
    if at != interface or not re.fullmatch(r"[A-Za-z]+", phase):
        cells.unreadable(command, answer)
    state = PHASES.get(phase.lower(), "unknown")
    metres = cells.whole(command, answer, DISTANCE, distance)[1]
    hours, minutes, seconds = (int(one) for one in cells.whole(command, answer, LASTED, lasted).groups())
    return OnuNow(
        state,
        distance_m=int(metres) if metres else None,
        last_down=_last_down(command, answer),
        uptime_s=hours * 3600 + minutes * 60 + seconds if state == "online" else None,
    )


def _last_down(command: str, answer: str) -> str:
    """The cause of the newest line that went."""
    rows = [found for line in cells.lines(answer) if (found := HISTORY.fullmatch(line))]
    if [int(row[1]) for row in rows] != list(range(1, 11)):
        cells.unreadable(command, answer)
    went = [(row[3], row[4] or "") for row in rows if row[3] != NEVER]
    if any(not cause for _, cause in went):
        cells.unreadable(command, answer)
    cause = max(went)[1].lower() if went else ""
    return CAUSES.get(cause, cause)


def powers(command: str, answer: str) -> tuple[float | None, float | None]:
    """``show pon power attenuation``: received at the ONU, and from it at the OLT, dBm."""
    rows = {found[1]: found for line in cells.lines(answer) if (found := POWER.fullmatch(line))}
    if len([line for line in cells.lines(answer) if re.match(r"(up|down)\b", line)]) != 2 or len(rows) != 2:
        cells.unreadable(command, answer)
    for row in rows.values():
        if not re.fullmatch(r"-?\d+\.\d+\(dB\)|N/A|-", row[4].strip()):
            cells.unreadable(command, answer)
    at_olt = cells.dbm(command, answer, rows["up"][2])
    return cells.dbm(command, answer, rows["down"][3]), at_olt


def section(command: str, answer: str, head: str, end: Sequence[str]) -> tuple[str, ...]:
    """The lines of one interface in a running configuration, each of a kind that is known or plain words."""
    said = [line for line in cells.lines(answer) if line != "Building configuration..."]
    if not said or said[0] != head or said[-len(end) :] != list(end):
        cells.unreadable(command, answer)
    found = said[1 : -len(end)]
    cells.each_once(command, answer, found)
    for line in found:
        if line.split(" ")[0] in ("interface", "pon-onu-mng", "Building", "end"):
            cells.unreadable(command, answer)
        patterns = KNOWN.get(line.split(" ")[0], (OTHER,))
        if not any(one.fullmatch(line) for one in patterns):
            cells.unreadable(command, answer)
    return tuple(found)
