"""Accounting without end: so many records outstanding at any time, or so many a second.

``python -m oss.lab.storm --acct 127.0.0.1:1813 --nas 127.0.0.2,secret --logins b:00001-00256:pw`` keeps a record of
every line under way (the next follows its acknowledgement); with ``--rate 500`` that many become due a second. Each
line tells of one session after another: Start, interims, Stop; each second session changes its address on the way.
Commands on stdin: ``go``, ``figures``, ``silence on`` (nothing is sent or repeated until ``silence off``), ``ledger
FILE``, ``finish`` (done when every session is ended and all is acknowledged). Each answers with the figures.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from oss.lab.driven import Condition, drive, parser
from oss.lab.exchanges import Exchanges, Router
from oss.lab.load import parse_logins
from oss.lab.records import Status
from oss.lab.told import Session, Word, mac_line, write_ledger
from radius.packet import Packet


@dataclass(slots=True, eq=False)
class Line:
    """One line of a NAS, and what it tells next."""

    number: int
    login: str
    router: int
    identity: bytes
    next: Status = Status.START
    interims: int = 0  # of the present session
    session: Session | None = None


class Storm:
    """All lines; closed-loop without a rate."""

    def __init__(
        self, exchanges: Exchanges, routers: list[Router], logins: list[str], interims: int, rate: float | None
    ) -> None:
        self.exchanges, self.routers, self.interims, self.rate = exchanges, routers, interims, rate
        self.records = self.late = 0
        self.sessions: list[Session] = []
        self._finishing = False
        self._began, self._told = 0.0, 0
        self._idle: deque[Line] = deque()
        for number, login in enumerate(logins):
            router = number % len(routers)
            self._idle.append(Line(number, login, router, routers[router].identity + mac_line(login, number)))

    def figures(self) -> dict[str, Any]:
        """Acknowledged records, sessions, and of an open loop how many were due while every line was busy."""
        found = {"records": self.records, "late": self.late, "sessions": len(self.sessions)}
        return found | {name: getattr(self.exchanges, name) for name in ("sent", "resent", "bad", "records_pending")}

    # ------------------------------------------------------------ commands

    def go(self, argument: str) -> Condition:
        """Begin."""
        del argument
        self._began = time.monotonic()
        if self.rate is None:
            while self._idle:
                self._tell(self._idle.popleft())
        else:
            self._due()
        return lambda: True

    def nothing(self, argument: str) -> Condition:
        """Only the figures are asked for."""
        del argument
        return lambda: True

    def silence(self, argument: str) -> Condition:
        """What is lost meanwhile nobody tells again."""
        self.exchanges.silent = argument == "on"
        return lambda: True

    def ledger(self, argument: str) -> Condition:
        """Write what was acknowledged into a file."""
        write_ledger(Path(argument), self.sessions, [router.address for router in self.routers])
        return lambda: True

    def finish(self, argument: str) -> Condition:
        """Every session ends; no other begins."""
        del argument
        self._finishing = True
        idle, self._idle = self._idle, deque()
        for line in idle:
            self._go_on(line)
        return lambda: not self.exchanges.records_pending

    # ------------------------------------------------------------ one line

    def _due(self) -> None:
        assert self.rate is not None
        while not self._finishing and self._began + self._told / self.rate <= time.monotonic():
            self._told += 1
            if self._idle:
                self._tell(self._idle.popleft())
            else:
                self.late += 1
        if not self._finishing:
            self.exchanges.at(self._began + self._told / self.rate, self._due)

    def _go_on(self, line: Line) -> None:
        """What follows an acknowledgement."""
        if self._finishing:
            if line.session is not None:
                line.next = Status.STOP
                self._tell(line)
        elif self.rate is None:
            self._tell(line)
        else:
            self._idle.append(line)

    def _tell(self, line: Line) -> None:
        if line.session is None:
            name = f"{len(self.sessions):08x}"
            line.session = Session(name, line.login, line.router, line.identity, line.number, time.monotonic())
            self.sessions.append(line.session)
        session = line.session
        if line.next == Status.INTERIM and line.interims == 1:
            session.addresses = int(session.acct_session_id, 16) % 2
        word = session.word(line.next)
        self.exchanges.account(line.router, session.body(word), partial(self._acknowledged, line, session, word))

    def _acknowledged(self, line: Line, session: Session, word: Word, packet: Packet | None) -> None:
        del packet
        self.records += 1
        session.acknowledged = word
        if word.status == Status.STOP:
            line.session, line.next, line.interims = None, Status.START, 0
        else:
            line.interims += word.status == Status.INTERIM
            line.next = Status.STOP if line.interims == self.interims else Status.INTERIM
        self._go_on(line)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    line = parser("storm", "Accounting of many sessions, one after another on each line.")
    line.add_argument("--logins", type=parse_logins, required=True, metavar="PREFIX:FROM-TO:SUFFIX")
    line.add_argument("--interims", type=int, default=3, help="of each session")
    line.add_argument("--rate", type=float, help="records a second; without it the next follows its acknowledgement")
    asked = line.parse_args(argv)
    exchanges = Exchanges(asked.auth, asked.acct, asked.nas, asked.resend_s)
    storm = Storm(exchanges, asked.nas, [login for login, _ in asked.logins], asked.interims, asked.rate)
    commands = {"go": storm.go, "figures": storm.nothing, "silence": storm.silence}
    commands |= {"ledger": storm.ledger, "finish": storm.finish}
    drive(exchanges, commands, storm.figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
