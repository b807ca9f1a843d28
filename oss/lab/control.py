"""The lab's control port: one JSON object a line asks, one JSON object a line answers.

``{"cmd": "dial", ...}`` is answered with ``{"ok": true, ...}`` or ``{"ok": false, "error": "..."}``. The commands are
the methods of `ControlClient`, which says what each takes and gives. There is no password: the port is for loopback.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

from oss.lab.lab import Lab
from oss.lab.logins import numbered
from oss.lab.network import orders
from oss.lab.network.lab import NetworkLab

_LINE_LIMIT = 256 * 1024 * 1024
_ROWS_AT_A_TIME = 250
_POLL_S = 0.05

Fields = Mapping[str, Any]
Answer = dict[str, Any]


class Refused(Exception):
    """The lab did not do what it was told; the message says why."""


class Control:
    """The commands of one lab; `quit_asked` is set by the last one."""

    def __init__(self, lab: Lab, network: NetworkLab | None = None) -> None:
        self.quit_asked = asyncio.Event()
        self._lab, self._network = lab, network
        self._commands: dict[str, Callable[[Fields], Answer]] = {
            "dial": self._dial,
            "hangup": self._hangup,
            "mode": self._mode,
            "sessions": self._sessions,
            "changes": self._changes,
            "ledger": self._ledger,
            "interims": self._interims,
            "stats": self._stats,
            "reboot": self._reboot,
            "redial": self._redial,
            "quit": self._quit,
        }

    async def obey(self, line: bytes) -> Answer:
        """Does one command; an answer may hold an iterator, which is then a list in JSON."""
        try:
            fields = json.loads(line)
            if fields["cmd"] == "network":
                return {"ok": True, "told": await self._to_network(fields)}
            command = self._commands[fields["cmd"]]
            return {"ok": True} | command(fields)
        except KeyError as error:
            return {"ok": False, "error": f"unknown or missing: {error}"}
        except (ValueError, TypeError) as error:
            return {"ok": False, "error": str(error)}

    async def _to_network(self, fields: Fields) -> Any:
        if self._network is None:
            raise ValueError("this lab has no network")
        given = fields.get("with", {})
        if not isinstance(given, dict):
            raise ValueError("with is an object")
        return await orders.obey(self._network, str(fields["order"]), given)

    def _dial(self, fields: Fields) -> Answer:
        span = fields.get("range")
        if not all(isinstance(each, dict) for each in (span or {}, fields.get("passwords") or {})):
            raise ValueError("range and passwords are objects")
        suffix = (span or fields).get("password_suffix", "pw")
        logins = numbered(span["prefix"], str(span["from"]), str(span["to"])) if span else _texts(fields["logins"])
        passwords = fields.get("passwords") or {}
        pairs = [(login, passwords.get(login, login + suffix)) for login in logins]
        return {"dialed": self._lab.dial(pairs, _names(fields))}

    def _hangup(self, fields: Fields) -> Answer:
        logins = self._lab.everybody() if fields.get("all") else _texts(fields["logins"])
        return {"hung_up": self._lab.hangup(logins)}

    def _mode(self, fields: Fields) -> Answer:
        self._lab.set_mode(_names(fields), fields["mode"], fields.get("error_cause"))
        return {}

    def _sessions(self, fields: Fields) -> Answer:
        return {"sessions": self._lab.rows(fields.get("logins"), bool(fields.get("all")))}

    def _changes(self, fields: Fields) -> Answer:
        since = float(fields.get("since", 0))
        changes = [
            {"nas": nas.config.name} | change._asdict()
            for nas in self._lab.nas.values()
            for change in nas.changes
            if change.at >= since
        ]
        return {"changes": iter(changes)}

    def _ledger(self, fields: Fields) -> Answer:
        del fields
        ledger = self._lab.ledger
        ledger.flush()
        return {"count": ledger.count, "path": str(ledger.path) if ledger.path else None}

    def _interims(self, fields: Fields) -> Answer:
        every_s = fields["every_s"]
        self._lab.set_interims(None if every_s is None else float(every_s))
        return {}

    def _stats(self, fields: Fields) -> Answer:
        return {"stats": self._lab.figures(bool(fields.get("reset")))}

    def _reboot(self, fields: Fields) -> Answer:
        for nas in self._lab.chosen(_names(fields)):
            nas.reboot(bool(fields.get("announce", True)))
        return {}

    def _redial(self, fields: Fields) -> Answer:
        if not isinstance(fields["on"], bool):
            raise ValueError("on is true or false")
        self._lab.set_redial(fields["on"])
        return {}

    def _quit(self, fields: Fields) -> Answer:
        del fields
        self.quit_asked.set()
        return {}


def _names(fields: Fields) -> list[str] | None:
    names = fields.get("nas")
    return [names] if isinstance(names, str) else names


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("logins is a list of texts")
    return value


@asynccontextmanager
async def control_port(
    lab: Lab, host: str, port: int, network: NetworkLab | None = None
) -> AsyncIterator[tuple[Control, tuple[str, int]]]:
    """Listens while inside; gives the commands and the address bound (port 0: any)."""
    control = Control(lab, network)
    talks: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(writer)
        try:
            while line := await reader.readline():
                await _write(writer, await control.obey(line))
        except (ConnectionError, ValueError, asyncio.CancelledError):
            # The asker went away, sent a line without end, or the lab is closing.
            pass
        finally:
            talks.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, host, port, limit=_LINE_LIMIT)
    try:
        yield control, server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for writer in list(talks):
            writer.close()
        await server.wait_closed()


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Long lists go out in pieces: encoding ten thousand rows at once would hold up the lab's packets."""
    lists = {name: value for name, value in answer.items() if isinstance(value, Iterator)}
    head = json.dumps({name: value for name, value in answer.items() if name not in lists})[:-1]
    writer.write(head.encode())
    for name, rows in lists.items():
        writer.write(f',"{name}":['.encode())
        separator = b""
        while piece := list(islice(rows, _ROWS_AT_A_TIME)):
            writer.write(separator + json.dumps(piece, separators=(",", ":")).encode()[1:-1])
            separator = b","
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"]")
    writer.write(b"}\n")
    await writer.drain()


class ControlClient:
    """Commands a running lab. ``async with ControlClient("127.0.0.1", 3790) as lab: ...``; raises Refused."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._one_at_a_time = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> ControlClient:
        self._streams = await asyncio.open_connection(*self._address, limit=_LINE_LIMIT)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._streams is not None:
            writer = self._streams[1]
            writer.close()
            try:
                await writer.wait_closed()
            except ConnectionError:
                pass
            self._streams = None

    async def call(self, cmd: str, **fields: Any) -> Answer:
        """One command and its answer."""
        if self._streams is None:
            raise Refused("the connection to the lab is not open")
        reader, writer = self._streams
        async with self._one_at_a_time:
            writer.write(json.dumps({"cmd": cmd, **fields}).encode() + b"\n")
            line = await reader.readline()
        if not line:
            raise Refused("the lab closed the connection")
        answer: Answer = json.loads(line)
        if not answer.pop("ok"):
            raise Refused(answer["error"])
        return answer

    async def dial(self, logins: Iterable[str], nas: str | list[str] | None = None, suffix: str = "pw") -> int:
        """Subscribers dial, their passwords being login + suffix; on these NAS in turn. Gives how many."""
        answer = await self.call("dial", logins=list(logins), nas=nas, password_suffix=suffix)
        return int(answer["dialed"])

    async def hangup(self, logins: Iterable[str]) -> int:
        """Subscribers switch off (a Stop with User-Request)."""
        return int((await self.call("hangup", logins=list(logins)))["hung_up"])

    async def mode(self, mode: str, nas: str | None = None, error_cause: int | None = None) -> None:
        """healthy, nak (with `error_cause`), silent or pretend (acknowledges, does nothing); nas None: all."""
        await self.call("mode", mode=mode, nas=nas, error_cause=error_cause)

    async def sessions(self, logins: Iterable[str] | None = None, everybody: bool = False) -> list[dict[str, Any]]:
        """The NAS's own table: see `oss.lab.lab.row`. `everybody`: also lines without a session."""
        wanted = None if logins is None else list(logins)
        rows: list[dict[str, Any]] = (await self.call("sessions", logins=wanted, all=everybody))["sessions"]
        return rows

    async def changes(self, since: float = 0) -> list[dict[str, Any]]:
        """CoA and Disconnects obeyed since then (s since the epoch): nas, at, login, what, rate_limit, address_list."""
        changes: list[dict[str, Any]] = (await self.call("changes", since=since))["changes"]
        return changes

    async def ledger(self) -> dict[str, Any]:
        """count and path of the ledger; what is counted is in the file by then."""
        return await self.call("ledger")

    async def interims(self, every_s: float | None) -> None:
        """Interims of all sessions this often, spread evenly; 0: none; None: as granted."""
        await self.call("interims", every_s=every_s)

    async def stats(self, reset: bool = False) -> dict[str, Any]:
        """Counters and latencies, in total and by NAS (see `oss.lab.figures`)."""
        stats: dict[str, Any] = (await self.call("stats", reset=reset))["stats"]
        return stats

    async def reboot(self, nas: str, announce: bool = True) -> None:
        """A NAS restarts: with Accounting-Off and -On, or silently."""
        await self.call("reboot", nas=nas, announce=announce)

    async def redial(self, on: bool) -> None:
        """Whether subscribers dial again by themselves."""
        await self.call("redial", on=on)

    async def network(self, order: str, **given: Any) -> Any:
        """An order to the network's devices: see `oss.lab.network.lab.NetworkLab`."""
        return (await self.call("network", order=order, **{"with": given}))["told"]

    async def quit(self) -> None:
        """Ends the lab's process, without Stops."""
        await self.call("quit")

    async def until(
        self, online: int | None = None, pending: int | None = None, timeout_s: float = 30.0
    ) -> dict[str, Any]:
        """Waits until so many are online and so many records unacknowledged; gives the stats. Raises TimeoutError."""
        give_up = time.monotonic() + timeout_s
        while True:
            stats = await self.stats()
            found = (stats["online"], stats["acct"]["pending"])
            if online in (None, found[0]) and pending in (None, found[1]):
                return stats
            if time.monotonic() > give_up:
                raise TimeoutError(f"after {timeout_s} s {found[0]} are online, {found[1]} records pending")
            await asyncio.sleep(_POLL_S)
