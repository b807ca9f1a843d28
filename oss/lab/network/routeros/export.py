"""/export: the configuration as commands, only what is not as it was when new. Rendered from the menus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from oss.lab.network import clock
from oss.lab.network.routeros.menus import Menu, Row

if TYPE_CHECKING:
    from oss.lab.network.routeros.router import RouterOs

ORDER: Final = (
    "/interface",
    "/interface/vlan",
    "/ip/pool",
    "/ppp/profile",
    "/queue/simple",
    "/interface/pppoe-server/server",
    "/ip/address",
    "/ip/arp",
    "/ip/dhcp-server/lease",
    "/ip/dns",
    "/ip/firewall/address-list",
    "/ip/firewall/nat",
    "/ip/service",
    "/ppp/aaa",
    "/ppp/secret",
    "/radius",
    "/radius/incoming",
    "/system/clock",
    "/system/identity",
    "/system/ntp/client",
    "/tool/netwatch",
)
PLAIN: Final = re.compile(r"[\w.,:/*+@<>!%&|^~-]+", re.ASCII)
BUILT_IN: Final = ("default", "default-encryption")


def export(router: RouterOs, words: list[str]) -> str:
    """``words``: ``terse`` (each line whole), ``show-sensitive`` (passwords too). Lines end as on a terminal."""
    terse, sensitive = "terse" in words, "show-sensitive" in words
    lines = [*_head(router)]
    for path in ORDER:
        menu = router.menus[path]
        commands = list(_commands(menu, sensitive))
        spoken = _spoken(path)
        if terse:
            lines += [f"{spoken} {command}" for command in commands]
        elif commands:
            lines += [spoken, *(_folded(command) for command in commands)]
    return "\r\n".join(lines) + "\r\n"


def _head(router: RouterOs) -> Iterator[str]:
    yield f"# {clock.stamp()} by RouterOS {router.version}"
    yield f"# software id = {router.state.device.seed:08X}"
    yield "#"
    yield f"# model = {router.state.device.model or 'CHR'}"
    yield f"# serial number = HF{router.state.device.seed:08X}"


def _spoken(path: str) -> str:
    """``/ip/pool`` as an export names it: ``/ip pool``."""
    return "/interface ethernet" if path == "/interface" else "/" + path[1:].replace("/", " ")


def _commands(menu: Menu, sensitive: bool) -> Iterator[str]:
    for row in menu.rows.values():
        said = " ".join(_said(menu, row, sensitive))
        if menu.single or menu.fixed:
            if said:
                yield f"set {_which(menu, row)}{said}"
        elif not (menu.path == "/ppp/profile" and row["name"] in BUILT_IN):
            yield f"add {said}".rstrip()


def _which(menu: Menu, row: Row) -> str:
    """How a row that cannot be added is named in a set."""
    if menu.single:
        return ""
    if menu.path == "/interface":
        return f"[ find default-name={quoted(row['name'])} ] "
    return f"{row['name']} "


def _said(menu: Menu, row: Row, sensitive: bool) -> Iterator[str]:
    """Fields that are not as they were when new, by name."""
    for name in sorted(row):
        if (menu.fixed and name == "name") or row[name] == menu.settable.get(name):
            continue
        if menu.path == "/ip/service" and name == "port":
            continue
        if sensitive or name not in menu.secret:
            value = {"true": "yes", "false": "no"}.get(row[name], row[name]) if _truth(menu, name) else row[name]
            yield f"{name}={quoted(value)}"


def _truth(menu: Menu, name: str) -> bool:
    return menu.settable.get(name) in ("true", "false")


def quoted(value: str) -> str:
    """As an export writes a value: what is not plain in quotes, and what is not ASCII by its octets."""
    if PLAIN.fullmatch(value):
        return value
    marked = re.sub(r'["\\$?]', lambda one: "\\" + one[0], value)
    octets = "".join(one if " " <= one <= "~" else f"\\{ord(one):02X}" for one in marked)
    return f'"{octets}"'


def _folded(command: str, width: int = 80) -> str:
    """Lines of at most so many columns, as an export that is not terse breaks them."""
    lines, line = [], ""
    for word in re.findall(r'(?:"(?:\\.|[^"\\])*"|[^\s"])+', command):
        if line and len(line) + len(word) + 3 > width:
            lines.append(line + " \\")
            line = "    " + word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n".join([*lines, line])
