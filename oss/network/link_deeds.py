"""What an act of another process does to a device, where the links are kept: few named things with plain values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from oss.drivers.links import Link, Shell

Did = tuple[dict[str, Any], list[Any]]


class Near:
    """What a far act was given. Its commands go to the shell they were meant for: another one stands in another view,
    where the same word may mean something else (``reboot`` of an ONU, and of the whole OLT)."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.shells: list[Shell] = []

    async def shell(self) -> int:
        """The number of the shell that is open; another one than before is a new number."""
        found = await self.link.shell()
        if not self.shells or self.shells[-1] is not found:
            self.shells.append(found)
        return len(self.shells) - 1


async def _shell(near: Near, wish: dict[str, Any]) -> Did:
    number = await near.shell()
    return {"shell": number, "prompt": near.shells[number].prompt}, []


async def _api(near: Near, wish: dict[str, Any]) -> Did:
    await near.link.api()
    return {}, []


async def _snmp(near: Near, wish: dict[str, Any]) -> Did:
    await near.link.snmp()
    return {}, []


async def _run(near: Near, wish: dict[str, Any]) -> Did:
    shell = near.shells[wish["shell"]]
    more = {name: wish[name] for name in ("timeout_s", "answers", "quiet", "nothing")}
    value = await shell.run(wish["command"], **more)
    return {"value": value, "prompt": shell.prompt}, []


async def _rows(near: Near, wish: dict[str, Any]) -> Did:
    more = {name: wish[name] for name in ("props", "where", "timeout_s")}
    return {}, await (await near.link.api()).rows(wish["path"], **more)


async def _call(near: Near, wish: dict[str, Any]) -> Did:
    return {}, await (await near.link.api()).call(wish["command"], wish["words"], timeout_s=wish["timeout_s"])


async def _column(near: Near, wish: dict[str, Any]) -> Did:
    found = await (await near.link.snmp()).column(wish["oid"])
    return {}, [[list(index), value] for index, value in found.items()]


async def _get(near: Near, wish: dict[str, Any]) -> Did:
    return {}, [list(one) for one in (await (await near.link.snmp()).get(wish["oids"])).items()]


async def _put(near: Near, wish: dict[str, Any]) -> Did:
    await (await near.link.snmp()).put(wish["oid"], wish["value"])
    return {}, []


DONE_BY: Final[dict[str, Callable[[Near, dict[str, Any]], Awaitable[Did]]]] = {
    "shell": _shell,
    "api": _api,
    "snmp": _snmp,
    "run": _run,
    "rows": _rows,
    "call": _call,
    "column": _column,
    "get": _get,
    "put": _put,
}
"""All that can cross."""
