"""Huawei MA5600T and MA5800: what `display` shows of ONTs, service ports and the configuration."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from oss.drivers.answers import cells
from oss.drivers.olt import FoundOnu, OltOnu, OnuNow, Service

ROW = re.compile(
    r"(\d+)\s*/\s*(\d+)\s*/\s*(\d+)\s+(\d+)\s+([0-9A-Z]{12,16})\s+(active|deactive|deactivated)\s+"
    r"(online|offline|-)\s+\S+\s+\S+(?:\s+\S+)?"
)
NAMED = re.compile(r"(\d+)\s*/\s*(\d+)\s*/\s*(\d+)\s+(\d+)(?:\s+(.*))?")
TOTAL = re.compile(r"in port\s+(\d+)\s*/\s*(\d+)\s*/\s*(\d+)\s*,\s*the total of onts are:\s*(\d+).*", re.I)
FOUND = re.compile(r"the number of gpon autofind onts? (?:is|are)\s*:?\s*(\d+)", re.I)
PLACE = re.compile(r"(\d+)\s*/\s*(\d+)\s*/\s*(\d+)")
HEX_SERIAL = re.compile(r"([0-9A-F]{16})(?:\s*\(([A-Z]{4})-([0-9A-F]{8})\))?")
LASTED = re.compile(r"(\d+) day\(s\), (\d+) hour\(s\), (\d+) minute\(s\), (\d+) second\(s\)")
NEXT_FREE = re.compile(r"next valid free service virtual port id\s*:\s*(\d+)", re.I)
FLOW = re.compile(r"(\d+)\s+(\d+)\s+\S+\s+gpon\s+(\d+)\s*/\s*(\d+)\s*/\s*(\d+)\s+(\d+)\s+(\d+)\s+.*\b(up|down)", re.I)
WORD = re.compile(r"[\w.\-/()+]{0,40}( [\w.\-/()+]{1,40})*", re.ASCII)
CAUSE = re.compile(r"[A-Za-z][\w/\-]*( [\w/\-]+)*|-", re.ASCII)
PROFILES = r"ont-lineprofile-(?:id|name) (?:\d+|\"[^\"]+\"|\S+) ont-srvprofile-(?:id|name) (?:\d+|\"[^\"]+\"|\S+)"
ADDED = re.compile(rf'ont add \d+ \d+ sn-auth "?[0-9A-Z]{{12,16}}"? omci {PROFILES}(?: desc (?:"[^"]*"|\S+))?')
CARRIED = (
    r"service-port (\d+) vlan \d+ gpon {pon} ont {number} gemport \d+ multi-service user-vlan \w+ tag-transform "
    r"[\w\-]+(?: (?:inbound|outbound) traffic-table (?:index|name) [\w.\-]+| [rt]x-cttr \d+)*"
)
NATIVE = re.compile(r"ont port native-vlan \d+ \d+ eth \d+ vlan \d+(?: priority \d)?")
HEAD = re.compile(r"\[[\w\-]+(?:: \d+)?\]|<[\w\-/]+>|#|interface gpon \d+/\d+|config|quit")
DOWN_CAUSES = {"dying-gasp": "dying-gasp", "los": "los", "losi": "los", "lobi": "los", "losi/lobi": "los"}


@dataclass(frozen=True, slots=True)
class Configured:
    """An ONT's part of the configuration: the service, and the lines that stand there, views apart.

    ``ports``: its service ports by their index, each with its whole line.
    """

    service: Service
    ont: tuple[str, ...]
    ports: tuple[tuple[int, str], ...]


def bare(command: str, answer: str) -> str:
    """An answer without what smart sessions put before it: ``{ <cr>||<K> }:`` and the command once more."""
    head, said, rest = answer.partition("Command:")
    asked = re.fullmatch(r"\s*(\{ ?<cr>.*\}:)?\s*", head)
    return rest.lstrip()[len(command) :] if said and asked and rest.lstrip().startswith(command) else answer


def place(text: str, command: str = "", answer: str = "") -> str:
    """``0/ 1/0`` -> ``0/1/0``."""
    found = cells.whole(command, answer or text, PLACE, text.strip())
    return "/".join(str(int(one)) for one in found.groups())


def autofind(command: str, answer: str) -> list[FoundOnu]:
    """``display ont autofind all``: blocks between rules, numbered, and their count below."""
    counted = [told for line in cells.lines(answer) if (told := FOUND.fullmatch(line))]
    blocks = [one for one in re.split(r"\n\s*-{5,}\s*(?=\n|$)", "\n" + answer) if "Number" in one]
    if len(counted) != 1 or int(counted[0][1]) != len(blocks):
        cells.unreadable(command, answer)
    found = [_found(command, answer, block, count) for count, block in enumerate(blocks, 1)]
    cells.each_once(command, answer, (one.serial for one in found))
    return found


def _found(command: str, answer: str, block: str, count: int) -> FoundOnu:
    told = cells.fields(block)
    if told.get("number") != str(count):
        cells.unreadable(command, answer)
    names = ("f/s/p", "ont sn", "ont equipmentid", "ont softwareversion")
    pon, sn, model, version = (told.get(name, ":") for name in names)
    for word in (model, version):
        cells.whole(command, answer, WORD, word)
    return FoundOnu(place(pon, command, answer), _serial(command, answer, sn), model, version)


def _serial(command: str, answer: str, text: str) -> str:
    """``485754431A2B3C4D (HWTC-1A2B3C4D)``: both say the same, or something was lost on the way."""
    found = cells.whole(command, answer, HEX_SERIAL, text.strip().upper())
    spelled = cells.serial(command, answer, found[1])
    if found[2] and spelled != found[2] + found[3]:
        cells.unreadable(command, answer)
    return spelled


def onts(command: str, answer: str) -> list[OltOnu]:
    """``display ont info F S P all``: a table of states, a table of descriptions, a count, for each port."""
    rows, names, total = dict[tuple[str, int], OltOnu](), dict[tuple[str, int], str](), 0
    for line in cells.lines(_unwrapped(answer)):
        if ended := TOTAL.fullmatch(line):
            total += int(ended[4])
        elif row := ROW.fullmatch(line):
            key = (place("/".join(row.groups()[:3])), int(row[4]))
            if key in rows:
                cells.unreadable(command, answer)
            state = row[7] if row[7] in ("online", "offline") else "unknown"
            rows[key] = OltOnu(*key, cells.serial(command, answer, row[5]), state)
        elif named := NAMED.fullmatch(line):
            name = (named[5] or "").strip()
            if re.search(r"-{5,}|\s{3,}", name):
                cells.unreadable(command, answer)
            names[place("/".join(named.groups()[:3])), int(named[4])] = "" if name == "-" else name
        elif line[0].isdigit():
            cells.unreadable(command, answer)
    if len(rows) != total or not TOTAL.search(answer) or names.keys() != rows.keys():
        cells.unreadable(command, answer)
    return [OltOnu(one.pon, one.number, one.serial, one.state, names.get(key, "")) for key, one in rows.items()]


def _unwrapped(answer: str) -> str:
    """Descriptions that went on in the next line, behind a row of the second table, in one line again."""
    found: list[str] = []
    for line in answer.split("\n"):
        before = found[-1].strip() if found else ""
        goes_on = line.startswith("      ") and NAMED.fullmatch(before) and not ROW.fullmatch(before)
        if goes_on and line.strip() and not line.strip()[0].isdigit():
            found[-1] += line.strip()
        else:
            found.append(line)
    return "\n".join(found)


def now(command: str, answer: str, pon: str, number: int) -> OnuNow:
    """``display ont info F S P N``, without the power, which another command tells."""
    told = cells.fields(answer)
    cells.ended(command, answer)
    names = ("f/s/p", "ont-id", "run state", "last down cause", "ont distance(m)", "ont online duration")
    if any(name not in told for name in names):
        cells.unreadable(command, answer)
    at, ont, running, cause, distance, lasted = (told[name] for name in names)
    if place(at, command, answer) != pon or ont != str(number) or running not in ("online", "offline"):
        cells.unreadable(command, answer)
    down = _cause(cells.whole(command, answer, CAUSE, cause)[0])
    metres = None if distance == "-" else cells.number(command, answer, distance, 100_000)
    if running == "online":
        return OnuNow("online", distance_m=metres, last_down=down, uptime_s=_lasted(command, answer, lasted))
    return OnuNow(down if down in ("los", "dying-gasp") else "offline", distance_m=metres, last_down=down)


def _cause(said: str) -> str:
    said = said.lower()
    return "" if said == "-" else DOWN_CAUSES.get(said, said)


def _lasted(command: str, answer: str, said: str) -> int:
    parts = cells.whole(command, answer, LASTED, said).groups()
    return sum(int(one) * by for one, by in zip(parts, (86400, 3600, 60, 1), strict=True))


def powers(command: str, answer: str) -> tuple[float | None, float | None]:
    """``display ont optical-info P N``: received at the ONT, and from it at the OLT, dBm."""
    told = cells.fields(answer)
    cells.ended(command, answer)
    names = ("rx optical power(dbm)", "olt rx ont optical power(dbm)")
    if any(name not in told for name in names):
        cells.unreadable(command, answer)
    onu, olt = (cells.dbm(command, answer, told[name].partition(",")[0]) for name in names)
    return onu, olt


def next_free(command: str, answer: str) -> int:
    """``display service-port next-free-index``."""
    found = [one for line in cells.lines(answer) if (one := NEXT_FREE.fullmatch(line))]
    if len(found) != 1:
        cells.unreadable(command, answer)
    return int(found[0][1])


def flows(command: str, answer: str) -> set[int]:
    """``display service-port all``: the indexes that are taken, checked against the count below."""
    taken = [int(found[1]) for line in cells.lines(answer) if (found := FLOW.match(line))]
    total = re.search(r"total\s*:\s*(\d+)", answer, re.I)
    if total is None or int(total[1]) != len(taken):
        cells.unreadable(command, answer)
    cells.each_once(command, answer, taken)
    return set(taken)


def configured(command: str, answer: str, pon: str, number: int) -> Configured:
    """``display current-configuration ont F/S/P N``."""
    commands = _commands(command, answer)
    port = pon.split("/")[2]
    added = [one for one in commands if one.startswith("ont add ")]
    native = [one for one in commands if one.startswith("ont port native-vlan ")]
    others = [one for one in commands if one.startswith("ont ") and one not in (*added, *native)]
    ports = [one for one in commands if one.startswith("service-port ")]
    if len(added) != 1 or any(f" {port} {number} " not in one + " " for one in (*added, *native, *others)):
        cells.unreadable(command, answer)
    cells.whole(command, answer, ADDED, added[0])
    for one in native:
        cells.whole(command, answer, NATIVE, one)
    flows = tuple(_port(command, answer, one, pon, number) for one in ports)
    cells.each_once(command, answer, (index for index, _ in flows))
    service = _service(command, answer, pon, number, added[0], ports[:1], bool(native))
    return Configured(service, (*added, *native, *others), flows)


def _commands(command: str, answer: str) -> list[str]:
    """The commands in an excerpt of the configuration, wrapped lines joined; it ends with ``return``."""
    found: list[str] = []
    said = list(cells.lines(answer))
    if not said or said[-1] != "return":
        cells.unreadable(command, answer)
    for line in said[:-1]:
        if HEAD.fullmatch(line):
            continue
        if re.match(r"(ont|service-port)\s", line):
            found.append(line)
        elif found:
            found[-1] += " " + line
        else:
            cells.unreadable(command, answer)
    return found


def _port(command: str, answer: str, line: str, pon: str, number: int) -> tuple[int, str]:
    pattern = re.compile(CARRIED.format(pon=pon, number=number))
    return int(cells.whole(command, answer, pattern, line)[1]), line


def _words(command: str, answer: str, line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        cells.unreadable(command, answer)


def after(words: Sequence[str], *names: str) -> str:
    """The word behind one of these, empty where none of them stands there."""
    return next((words[at + 1] for at, word in enumerate(words[:-1]) if word in names), "")


def _service(
    command: str, answer: str, pon: str, number: int, added: str, ports: Sequence[str], bridge: bool
) -> Service:
    ont = _words(command, answer, added)
    flow = _words(command, answer, ports[0]) if ports else []
    vlan, user = after(flow, "vlan") or "0", after(flow, "user-vlan")
    line = after(ont, "ont-lineprofile-id", "ont-lineprofile-name")
    service = after(ont, "ont-srvprofile-id", "ont-srvprofile-name")
    return Service(
        pon=pon,
        serial=cells.serial(command, answer, after(ont, "sn-auth")),
        name=after(ont, "desc"),
        vlan=cells.number(command, answer, vlan, 4094),
        number=number,
        line_profile=line,
        service_profile=service,
        user_vlan=cells.number(command, answer, user, 4094) if user.isdigit() else None,
        down_profile=_table(flow, "outbound"),
        up_profile=_table(flow, "inbound"),
        bridge=bridge,
    )


def _table(flow: Sequence[str], way: str) -> str:
    """``inbound traffic-table index 10`` -> ``10``."""
    if way not in flow:
        return ""
    return after(flow[flow.index(way) :], "index", "name")
