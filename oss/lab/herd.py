"""Everyone returns at once: subscribers of several NAS dial at a rate, each asked again as a NAS does.

``python -m oss.lab.herd --auth 127.0.0.1:1812 --acct 127.0.0.1:1813 --nas 127.0.0.2,secret --logins b:00001-10000:pw
--rate 833`` takes commands on stdin: ``dial`` (done when all are online; ``dial 3``: thrice as fast), ``quiet`` (no
more interims; done when all is acknowledged), ``vanish`` (a power cut: no session is there any more, no Stop is told),
``hangup`` (done when nobody is online), ``ledger FILE``. Each answers with the figures.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from oss.lab.driven import Condition, drive, parser
from oss.lab.exchanges import Exchanges, Router
from oss.lab.load import parse_logins
from oss.lab.records import Status
from oss.lab.told import Session, Word, mac_line, write_ledger
from radius import attributes as a
from radius.attributes import ACCESS_ACCEPT, attr
from radius.packet import Packet

AGAIN_S = 1.0  # after a login that nobody answered, a subscriber's router dials anew
REFUSED_S = 5.0


@dataclass(slots=True, eq=False)
class Subscriber:
    """One line; at most one record of it is under way."""

    number: int
    login: str
    password: bytes
    router: int
    line: bytes
    session: Session | None = None
    busy: bool = False
    leaving: bool = False


class Herd:
    """All of them, `rate` a second; an interim each `interim_s`."""

    def __init__(
        self, exchanges: Exchanges, routers: list[Router], logins: list[tuple[str, str]], rate: float, interim_s: float
    ) -> None:
        self.exchanges, self.routers, self.rate, self.interim_s = exchanges, routers, rate, interim_s
        self.accepted = self.rejected = self.online = self.records = 0
        self.sessions: list[Session] = []
        self._quiet = False
        self._took_s = 0.0
        self._boots = self._names = 0
        self._people = []
        for number, (login, password) in enumerate(logins):
            router = number % len(routers)
            line = routers[router].identity + mac_line(login, number)
            self._people.append(Subscriber(number, login, password.encode(), router, line))

    def figures(self) -> dict[str, Any]:
        """What came of it so far."""
        of_exchanges = {name: getattr(self.exchanges, name) for name in ("sent", "resent", "given_up", "bad")}
        names = ("accepted", "rejected", "online", "records")
        return {name: getattr(self, name) for name in names} | of_exchanges | {"took_s": round(self._took_s, 3)}

    # ------------------------------------------------------------ commands

    def dial(self, argument: str) -> Condition:
        """Everyone dials, one after another at the rate."""
        self._quiet = False
        self._in_turn(self._dial, self.rate * float(argument or 1))
        return lambda: self.online == len(self._people)

    def quiet(self, argument: str) -> Condition:
        """No interims from now on."""
        del argument
        self._quiet = True
        return lambda: not self.exchanges.records_pending

    def vanish(self, argument: str) -> Condition:
        """The routers lose their power and start anew; after `quiet`, so that nothing is under way."""
        del argument
        for who in self._people:
            if who.session is not None:
                who.session.vanished, who.session = True, None
        self.online, self._boots, self._names = 0, self._boots + 1, 0
        return lambda: True

    def hangup(self, argument: str) -> Condition:
        """Everyone leaves, thrice as fast as they came."""
        del argument
        self._in_turn(self._leave, 3 * self.rate)
        return lambda: not self.online

    def ledger(self, argument: str) -> Condition:
        """Write what was acknowledged into a file."""
        write_ledger(Path(argument), self.sessions, [router.address for router in self.routers])
        return lambda: True

    def _in_turn(self, act: Any, rate: float) -> None:
        began = time.monotonic()

        def next_one(number: int) -> None:
            now = time.monotonic()
            while number < len(self._people) and began + number / rate <= now:
                act(self._people[number])
                number += 1
            self._took_s = time.monotonic() - began
            if number < len(self._people):
                self.exchanges.at(began + number / rate, partial(next_one, number))

        next_one(0)

    # ------------------------------------------------------------ one subscriber

    def _dial(self, who: Subscriber) -> None:
        who.leaving = False
        self.exchanges.login(who.router, who.line, who.password, partial(self._answered, who))

    def _answered(self, who: Subscriber, packet: Packet | None) -> None:
        if packet is None or packet.code != ACCESS_ACCEPT:
            self.rejected += packet is not None
            again_s = AGAIN_S if packet is None else REFUSED_S
            self.exchanges.at(time.monotonic() + again_s, partial(self._dial, who))
            return
        self.accepted += 1
        mark = packet.get(a.CLASS)
        identity = who.line + (attr(a.CLASS, mark) if mark else b"")
        name = f"{self._boots:02x}{self._names:06x}"
        self._names += 1
        who.session = Session(name, who.login, who.router, identity, who.number, time.monotonic())
        self.sessions.append(who.session)
        self._tell(who, Status.START)

    def _tell(self, who: Subscriber, status: Status) -> None:
        assert who.session is not None
        who.busy = True
        word = who.session.word(status)
        self.exchanges.account(who.router, who.session.body(word), partial(self._acknowledged, who, word))

    def _acknowledged(self, who: Subscriber, word: Word, packet: Packet | None) -> None:
        del packet
        assert who.session is not None
        self.records += 1
        who.busy, who.session.acknowledged = False, word
        if word.status == Status.STOP:
            who.session = None
            self.online -= 1
            return
        self.online += word.status == Status.START
        if who.leaving:
            self._tell(who, Status.STOP)
        else:
            self.exchanges.at(time.monotonic() + self.interim_s, partial(self._interim, who, who.session))

    def _interim(self, who: Subscriber, session: Session) -> None:
        if who.session is session and not (self._quiet or who.busy or who.leaving):
            self._tell(who, Status.INTERIM)

    def _leave(self, who: Subscriber) -> None:
        who.leaving = True
        if who.session is not None and not who.busy:
            self._tell(who, Status.STOP)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    line = parser("herd", "Subscribers who all dial at once.")
    line.add_argument("--logins", type=parse_logins, required=True, metavar="PREFIX:FROM-TO:SUFFIX")
    line.add_argument("--rate", type=float, required=True, help="logins a second")
    line.add_argument("--interim-s", type=float, default=60.0)
    asked = line.parse_args(argv)
    exchanges = Exchanges(asked.auth, asked.acct, asked.nas, asked.resend_s)
    herd = Herd(exchanges, asked.nas, asked.logins, asked.rate, asked.interim_s)
    gc.freeze()  # a hundred thousand lines need not be looked through again and again
    commands = {"dial": herd.dial, "quiet": herd.quiet, "vanish": herd.vanish}
    commands |= {"hangup": herd.hangup, "ledger": herd.ledger}
    drive(exchanges, commands, herd.figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
