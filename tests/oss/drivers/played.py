"""A `Link` that plays a transcript, and fails on anything that does not stand in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from oss.drivers.problems import CommandRefused, DeviceProblem

from .transcript import Exchange, Transcript

NAME = "played"


class Unscripted(AssertionError):
    """The driver said what stands in no transcript."""


class Played:
    """One conversation. ``breaks``: the number of the exchange at which this problem comes instead of an answer."""

    def __init__(self, transcript: Transcript, breaks: tuple[int, DeviceProblem] | None = None) -> None:
        self.transcript, self.breaks, self.at = transcript, breaks, 0
        self.prompt = transcript.prompt
        self.longest_s = 0.0  # what the driver gives one command
        self.loud: list[str] = []  # answers of the command line that a transcript would keep

    async def shell(self) -> _Shell:
        return _Shell(self)

    async def api(self) -> _Api:
        return _Api(self)

    async def snmp(self) -> _Snmp:
        return _Snmp(self)

    def keys(self) -> Mapping[str, str]:
        return {}

    def said(self, said: str, *hows: str) -> Exchange:
        """The next exchange, which must be this one."""
        left = self.transcript.exchanges[self.at :]
        if not left or left[0].said != said or left[0].how not in hows:
            raise Unscripted(f"{said!r} was said, {left[0].how + ' ' + left[0].said if left else 'nothing'!r} expected")
        if self.breaks and self.breaks[0] == self.at:
            raise self.breaks[1]
        self.at += 1
        if left[0].how in ("refuse", "trap"):
            raise CommandRefused(name=NAME, command=said, answer=left[0].answer)
        self.prompt = left[0].prompt
        return left[0]

    @property
    def over(self) -> bool:
        """All of it was said."""
        return self.at == len(self.transcript.exchanges)


class _Shell:
    def __init__(self, played: Played) -> None:
        self._played = played

    @property
    def prompt(self) -> str:
        return self._played.prompt

    async def run(
        self,
        command: str,
        *,
        timeout_s: float = 30.0,
        answers: Mapping[str, str] | None = None,
        quiet: bool = False,
        nothing: Sequence[str] = (),
    ) -> str:
        answer = self._played.said(command, "say", "refuse").answer
        self._played.longest_s = max(self._played.longest_s, timeout_s)
        self._played.loud += [] if quiet else [answer]
        return answer


class _Api:
    def __init__(self, played: Played) -> None:
        self._played = played

    async def rows(
        self, path: str, *, props: Sequence[str] = (), where: Sequence[str] = (), timeout_s: float = 30.0
    ) -> list[dict[str, str]]:
        return _json_lines(self._played.said(" ".join([path, *where]), "rows", "trap").answer)

    async def call(
        self, command: str, words: Mapping[str, str] | None = None, *, timeout_s: float = 30.0
    ) -> list[dict[str, str]]:
        said = f"{command} {json.dumps(dict(words), ensure_ascii=False)}" if words else command
        return _json_lines(self._played.said(said, "call", "trap").answer)


class _Snmp:
    def __init__(self, played: Played) -> None:
        self._played = played

    async def column(self, oid: str) -> Mapping[tuple[int, ...], object]:
        found = _values(self._played.said(oid, "column").answer)
        return {tuple(int(part) for part in index.split(".")): value for index, value in found.items()}

    async def get(self, oids: Sequence[str]) -> Mapping[str, object]:
        return _values(self._played.said(" ".join(oids), "get").answer)

    async def put(self, oid: str, value: int | str | bytes) -> None:
        said = {"hex": value.hex()} if isinstance(value, bytes) else value
        self._played.said(f"{oid} {json.dumps(said)}", "put", "refuse")


def _json_lines(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _values(text: str) -> dict[str, object]:
    pairs = [line.partition(" = ") for line in text.split("\n") if line.strip()]
    return {key: _octets(json.loads(value)) for key, _, value in pairs}


def _octets(value: Any) -> object:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
