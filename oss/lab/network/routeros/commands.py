"""What the API's commands do: each reads its words and says sentences until it is done. Raises Trap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from oss.lab.network.routeros import live, tools
from oss.lab.network.routeros.menus import Menu, Row
from oss.lab.network.routeros.queries import fits
from oss.lab.network.routeros.trap import Trap

if TYPE_CHECKING:
    from oss.lab.network.routeros.router import RouterOs

ROWS_AT_A_TIME: Final = 200
LOOK_S: Final = 0.1
"""How often a listen looks whether something is another."""


@dataclass(frozen=True)
class Asked:
    """A command sentence taken apart."""

    command: str
    words: Mapping[str, str]
    queries: tuple[str, ...] = ()
    tag: str | None = None

    @property
    def props(self) -> list[str] | None:
        """.proplist, None: all."""
        listed = self.words.get(".proplist")
        return None if listed is None else listed.split(",")


@dataclass
class Said:
    """One sentence of an answer."""

    kind: str = "!re"
    fields: Row = field(default_factory=dict)


STREAMS: Final = frozenset(("listen", "follow", "monitor-traffic", "ping", "traceroute", "monitor"))


def parsed(sentence: list[str]) -> Asked:
    """Raises Trap for a word that is none."""
    words: dict[str, str] = {}
    queries, tag = [], None
    for word in sentence[1:]:
        if word.startswith("="):
            name, _, value = word[1:].partition("=")
            words[name] = value
        elif word.startswith("?"):
            queries.append(word)
        elif word.startswith(".tag="):
            tag = word[5:]
        else:
            raise Trap(f"unknown word {word}", 5)
    return Asked(sentence[0], words, tuple(queries), tag)


async def answers(router: RouterOs, asked: Asked) -> AsyncIterator[Said]:
    """All but !done (unless it carries something) and what a Trap becomes."""
    path, _, verb = asked.command.rpartition("/")
    if asked.command == "/interface/monitor-traffic":
        async for row in _traffic(router, asked):
            yield Said("!re", row)
        return
    if asked.command in ("/tool/ping", "/ping"):
        async for row in tools.ping(router, asked.words):
            yield Said("!re", row)
        return
    if asked.command == "/tool/traceroute":
        async for row in tools.traceroute(router, asked.words):
            yield Said("!re", row)
        return
    menu = router.menus.get(path)
    if menu is None:
        known = any(one.startswith(path + "/") for one in router.menus)
        raise Trap("no such command" if known else "no such command prefix", 0)
    if verb in ("listen", "follow"):
        async for said in _listen(menu, asked):
            yield said
        return
    async for said in _at_once(menu, verb, asked):
        yield said


async def _at_once(menu: Menu, verb: str, asked: Asked) -> AsyncIterator[Said]:
    """What ends by itself."""
    if verb in ("print", "getall"):
        async for said in _print(menu, asked):
            yield said
    elif verb == "add":
        yield Said("!done", {"ret": menu.take(asked.words)})
    elif verb in ("set", "enable", "disable", "unset"):
        _set(menu, verb, asked)
    elif verb == "remove":
        menu.remove(_ids(asked))
    elif verb == "get":
        yield _get(menu, asked)
    else:
        raise Trap("no such command", 0)


def _ids(asked: Asked) -> list[str]:
    """Of ``=.id=*1,*2`` or ``=numbers=``. Raises Trap."""
    said = asked.words.get(".id", asked.words.get("numbers"))
    if not said:
        raise Trap("missing value(s) of argument(s) .id" if said is None else "no such item", 0)
    return said.split(",")


def _set(menu: Menu, verb: str, asked: Asked) -> None:
    if verb == "unset":
        menu.set(_ids(asked), {asked.words.get("value-name", ""): ""})
        return
    words = {name: value for name, value in asked.words.items() if name not in (".id", "numbers", ".proplist")}
    if verb in ("enable", "disable"):
        words = {"disabled": "no" if verb == "enable" else "yes"}
    menu.set([] if menu.single else _ids(asked), words)


def _get(menu: Menu, asked: Asked) -> Said:
    name = asked.words.get("value-name", "")
    row = next(iter(menu.all())) if menu.single else _one(menu, _ids(asked)[0])
    return Said("!done", {"ret": row.get(name, "")})


def _one(menu: Menu, one: str) -> Row:
    found = [row for row in menu.all() if row.get(".id") == one]
    if not found:
        raise Trap("no such item", 0)
    return found[0]


def _chosen(menu: Menu, asked: Asked) -> Iterator[Row]:
    """Rows that answer the queries, with what was asked of them."""
    wanted = asked.words.get(".id")
    for row in menu.all():
        if (not wanted or row.get(".id") in wanted.split(",")) and fits(row, asked.queries):
            yield row if asked.props is None else {name: row[name] for name in asked.props if name in row}


async def _print(menu: Menu, asked: Asked) -> AsyncIterator[Said]:
    if "count-only" in asked.words:
        yield Said("!done", {"ret": str(sum(1 for _ in _chosen(menu, asked)))})
        return
    for row in _chosen(menu, asked):
        yield Said("!re", row)


async def _listen(menu: Menu, asked: Asked) -> AsyncIterator[Said]:
    """Rows that come or change, ``.dead`` where one went; until cancelled."""
    before = _shown(menu, asked)
    while True:
        await asyncio.sleep(LOOK_S)
        now = _shown(menu, asked)
        for one, row in now.items():
            if _lasting(row) != _lasting(before.get(one, {})):
                yield Said("!re", row)
        for one in before.keys() - now.keys():
            yield Said("!re", {".id": one, ".dead": "true"})
        before = now


MOVING: Final = frozenset(("uptime", "bytes", "packets", "rate", "packet-rate", "rx-byte", "tx-byte", "expires-after"))


def _lasting(row: Row) -> Row:
    """Without what changes all the time, of which listen does not tell."""
    return {name: value for name, value in row.items() if name not in MOVING}


def _shown(menu: Menu, asked: Asked) -> dict[str, Row]:
    return {row.get(".id", "*0"): row for row in menu.all() if fits(row, asked.queries)}


async def _traffic(router: RouterOs, asked: Asked) -> AsyncIterator[Row]:
    """bit/s and packets of interfaces: once, or every second until cancelled."""
    names = asked.words.get("interface", "").split(",")
    found = [(name, live.rates(router, name)) for name in names]
    if not all(names) or any(rates is None for _, rates in found):
        raise Trap("input does not match any value of interface", 1)
    while True:
        for name in names:
            rates = live.rates(router, name)
            if rates is not None:
                yield _moving(name, *rates)
        if "once" in asked.words:
            return
        await asyncio.sleep(router.tick_s)


def _moving(name: str, came: float, left: float) -> Row:
    row = {"name": name}
    for way, bps in (("rx", came), ("tx", left)):
        row[f"{way}-packets-per-second"] = str(int(bps // live.PACKET_BITS))
        row[f"{way}-bits-per-second"] = str(int(bps))
        row[f"fp-{way}-packets-per-second"] = "0"
        row[f"fp-{way}-bits-per-second"] = "0"
        row[f"{way}-drops-per-second"] = "0"
        row[f"{way}-errors-per-second"] = "0"
    return row
