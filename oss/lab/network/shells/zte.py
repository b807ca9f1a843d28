"""ZTE C300/C320 and C600: the OLT's command line, two dialects of one language.

    line = ZteC300(state_of(small().device("olt-2")))       # or ZteC600
    async with opened(line, "127.0.0.1", telnet_port=0) as doors: ...

Views: ``>`` (only where ``lift`` is set), ``#``, ``(config)#``, then an interface: of a PON, of an ONU, on the C600 of
a virtual port, and ``pon-onu-mng``, where the ONU itself is told what to do. What is said works at once; ``write``
keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oss.lab.network import clock
from oss.lab.network.cli.grammar import Wrong
from oss.lab.network.cli.line import CommandLine, Pager, Refused, says
from oss.lab.network.cli.talk import Talk
from oss.lab.network.plant import LiveOnu
from oss.lab.network.shells.zte_shown import Shown
from oss.lab.network.shells.zte_words import ANY, CONFIG, MNG, OLT, ONU, PRIVILEGED, USER, VPORT, Dialect

WIPE = "\b" * 9 + " " * 9 + "\b" * 9


@dataclass(frozen=True, slots=True)
class Said:
    """Error numbers of a dialect."""

    command: str
    parameter: str
    incomplete: str
    login: str


class Zte(Shown, CommandLine):
    """``lift``: of ``enable``; where it is empty, a session begins in the privileged mode."""

    pager = Pager(" --More--", WIPE, 23)
    banner = "\n\nWelcome to ZXAN product of ZTE Corporation\n\n"
    wrong_login = "%Error 20209: No username or bad password"
    said: ClassVar[Said]
    dialect: ClassVar[Dialect]

    async def enters(self, talk: Talk) -> None:
        """Users of the highest level are privileged at once."""
        talk.view = USER if self.lift else PRIVILEGED

    def prompt(self, talk: Talk) -> str:
        """The C600 names the interface in it."""
        name = self.state.device.name
        if talk.view in (USER, PRIVILEGED):
            return f"{name}{'>' if talk.view == USER else '#'}"
        return f"{name}({self.dialect.view(talk.view, talk.at)})#"

    def wrong(self, talk: Talk, line: str, wrong: Wrong) -> str:
        """A caret under where it goes wrong."""
        if wrong.incomplete:
            return f"%Error {self.said.incomplete}: Incomplete command"
        caret = " " * (len(self.prompt(talk)) + wrong.at) + "^"
        number, what = (self.said.command, "command") if wrong.known == 0 else (self.said.parameter, "parameter")
        return f"{caret}\n%Error {number}: Invalid input detected at '^' marker.Invalid {what}"

    def busy(self) -> str:
        """Refused on order."""
        return "%Code 62300-GPONSRV : The system is busy, try again later."

    def spam(self) -> str:
        """An alarm among everything else."""
        return f"\n{clock.stamp()} alarm 65540 level minor: The ONU dying gasp. gpon\n"

    # ------------------------------------------------------------ views

    @says("enable", views=(USER,))
    async def enable(self, talk: Talk) -> str:
        """To the privileged mode."""
        if await talk.ask("Password:", "*") != self.lift:
            return f"%Error {self.said.login}: Bad password"
        talk.view = PRIVILEGED
        return ""

    @says("configure terminal", views=(PRIVILEGED,))
    def configure(self, talk: Talk) -> str:
        """To the configuration."""
        talk.view = CONFIG
        return "%Info 20272: Enter configuration commands, one per line.  End with CTRL/Z."

    @says("interface <name>", views=(CONFIG, OLT, ONU, VPORT, MNG))
    def interface(self, talk: Talk, name: str) -> None:
        """To an interface. Raises Refused."""
        kind = self.dialect.kind(name)
        if kind == OLT:
            self.pon(name)
        elif kind in (ONU, VPORT):
            self.onu(name)
        else:
            raise Refused(f"%Error {self.said.parameter}: Invalid input detected at '^' marker.Invalid parameter")
        talk.view, talk.at = kind, name

    @says("pon-onu-mng <name>", views=(CONFIG, OLT, ONU, VPORT, MNG))
    def management(self, talk: Talk, name: str) -> None:
        """To where the ONU itself is told. Raises Refused."""
        self.onu(name)
        talk.view, talk.at = MNG, name

    @says("exit", views=ANY)
    def exit(self, talk: Talk) -> None:
        """One view up; from the outermost, out."""
        if talk.view in (USER, PRIVILEGED):
            talk.leave()
        talk.view = PRIVILEGED if talk.view == CONFIG else CONFIG

    @says("end", views=(CONFIG, OLT, ONU, VPORT, MNG))
    def end(self, talk: Talk) -> None:
        """To the privileged mode."""
        talk.view = PRIVILEGED

    @says("quit", "logout", views=(USER, PRIVILEGED))
    def quit(self, talk: Talk) -> None:
        """Out."""
        talk.leave()

    # ------------------------------------------------------------ how it talks

    @says("terminal length <lines:int>", views=(PRIVILEGED,))
    def length(self, talk: Talk, lines: int) -> None:
        """0: no paging."""
        talk.paging = lines > 0

    @says("terminal monitor", "terminal no monitor", "no terminal monitor", views=(PRIVILEGED,))
    def monitor(self, talk: Talk) -> None:
        """Alarms stay away."""
        talk.logs = False

    @says("write", "copy running-config startup-config", views=(PRIVILEGED, CONFIG, OLT, ONU, VPORT, MNG))
    def write(self, talk: Talk) -> str:
        """Kept over a restart."""
        return "Building configuration...\n.[OK]"

    # ------------------------------------------------------------ PON interface

    @says("onu <number:int> type <kind> sn <serial>", views=(OLT,))
    def add(self, talk: Talk, number: int, kind: str, serial: str) -> str:
        """An ONU comes into the configuration."""
        return self.added(self.pon(talk.at), number, kind, serial)

    @says("no onu <number:int>", views=(OLT,))
    def drop(self, talk: Talk, number: int) -> str:
        """An ONU goes, with all that hangs on it."""
        one = self.state.plant.numbered(self.pon(talk.at).number, number)
        if one is None:
            raise Refused(self.dialect.no_onu)
        self.state.plant.forget(one)
        return self.dialect.successful

    def pon_of(self, one: LiveOnu) -> str:
        """Its PON's interface."""
        return f"{self.dialect.olt}{one.pon.name}"


class ZteC300(Zte):
    """C300 and C320."""

    said = Said("20200", "20202", "20203", "20209")
    dialect = Dialect("gpon-olt_", "gpon-onu_", "", "[Successful]", named_views=False)


class ZteC600(Zte):
    """C600, C620, C650."""

    said = Said("140301", "140303", "140302", "140209")
    dialect = Dialect("gpon_olt-", "gpon_onu-", "vport-", "", named_views=True)
    wrong_login = "%Error 140209: No username or bad password"
