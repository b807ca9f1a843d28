"""Cisco IOS and IOS XE (ASR 1000): the command line of a router that ends PPPoE.

    line = Ios(state_of(Device("asr-1", "router", Maker.GENERIC, "Centro", "127.77.0.9", "ASR1001-X", ports=...)))
    async with opened(line, "127.0.0.1", ssh_port=0) as doors: ...

Views: ``>`` (only where ``lift`` is set), ``#``, ``(config)#``, ``(config-if)#``. Answers are paged until
``terminal length 0``.
"""

from __future__ import annotations

from collections.abc import Callable

from oss.lab.network import clock
from oss.lab.network.callers import Caller, Callers, Listed
from oss.lab.network.cli.grammar import Wrong
from oss.lab.network.cli.line import CommandLine, Pager, Refused, says
from oss.lab.network.cli.talk import Talk
from oss.lab.network.echoes import reached, took_ms, way
from oss.lab.network.shells import ios_answers as answers
from oss.lab.network.state import State

USER, EXEC, CONFIG, INTERFACE = "user", "exec", "config", "interface"
LOOK, ANY = (USER, EXEC), (USER, EXEC, CONFIG, INTERFACE)
FIRST = (
    "hostname",
    "no",
    "aaa",
    "radius-server",
    "radius",
    "ntp",
    "description",
    "ip",
    "shutdown",
    "server-key",
    "client",
)
BAD = "% Invalid input detected at '^' marker.\n"


class Ios(CommandLine):
    """``lines``: what somebody configured beside what it began with; ``lift``: the enable password; ``changed``: when
    and by whom it was the last time."""

    pager = Pager(" --More-- ", "\b" * 10 + " " * 10 + "\b" * 10, 23)
    banner = "\n\nUser Access Verification\n\n"
    ask_user, ask_password, password_echo = "Username: ", "Password: ", None
    wrong_login = "% Login invalid\n"

    def __init__(
        self, state: State, callers: Callers | None = None, users: dict[str, str] | None = None, lift: str = ""
    ) -> None:
        super().__init__(state, users, lift)
        self.callers: Callers = callers or Listed()
        self.answers: Callable[[str], bool] | None = None
        self.lines: list[str] = []
        self.changed = state.uptime.began, "milha"

    async def enters(self, talk: Talk) -> None:
        """Users of level 15 are privileged at once."""
        talk.view = USER if self.lift else EXEC

    def prompt(self, talk: Talk) -> str:
        """As the view is."""
        tails = {USER: ">", EXEC: "#", CONFIG: "(config)#", INTERFACE: "(config-if)#"}
        return f"{self.state.device.name}{tails[talk.view]}"

    def wrong(self, talk: Talk, line: str, wrong: Wrong) -> str:
        """A caret under where it goes wrong."""
        if wrong.incomplete:
            return "% Incomplete command.\n"
        return " " * (len(self.prompt(talk)) + wrong.at) + "^\n" + BAD

    def busy(self) -> str:
        """Refused on order."""
        return "% Command failed: resource temporarily unavailable"

    def spam(self) -> str:
        """A line of its log."""
        at = clock.stamp(form="%b %d %H:%M:%S")
        return f"*{at}.123: %LINK-3-UPDOWN: Interface Virtual-Access2.9, changed state to up"

    # ------------------------------------------------------------ views

    @says("enable", views=(USER,))
    async def enable(self, talk: Talk) -> str:
        """To the privileged mode."""
        if await talk.ask("Password: ", None) != self.lift:
            return "% Access denied\n"
        talk.view = EXEC
        return ""

    @says("configure terminal", views=(EXEC,))
    def configure(self, talk: Talk) -> str:
        """To the configuration."""
        talk.view = CONFIG
        return "Enter configuration commands, one per line.  End with CNTL/Z."

    @says("interface <name>", views=(CONFIG, INTERFACE))
    def interface(self, talk: Talk, name: str) -> None:
        """To an interface."""
        if name not in [port.name for port in self.state.ports]:
            raise Refused(BAD)
        talk.view, talk.at = INTERFACE, name

    @says("exit", views=ANY)
    def exit(self, talk: Talk) -> None:
        """One view up; from the outermost, out."""
        if talk.view in LOOK:
            talk.leave()
            return
        talk.view = CONFIG if talk.view == INTERFACE else EXEC

    @says("logout", "quit", views=LOOK)
    def logout(self, talk: Talk) -> None:
        """Out."""
        talk.leave()

    @says("end", views=(CONFIG, INTERFACE))
    def end(self, talk: Talk) -> None:
        """To the privileged mode."""
        talk.view = EXEC

    @says("terminal length <lines:int>", views=LOOK)
    def length(self, talk: Talk, lines: int) -> None:
        """0: no paging."""
        talk.paging = lines > 0

    @says("terminal width <columns:int>", views=LOOK)
    def width(self, talk: Talk, columns: int) -> None:
        """Taken note of."""

    @says("terminal no monitor", views=(EXEC,))
    def monitor(self, talk: Talk) -> None:
        """The log stays away."""
        talk.logs = False

    @says("write memory", "write", "copy running-config startup-config", views=(EXEC,))
    def write(self, talk: Talk) -> str:
        """Kept over a restart."""
        return "Building configuration...\n[OK]"

    @says("<first> <rest...>", views=(CONFIG, INTERFACE))
    def configured(self, talk: Talk, first: str, rest: str) -> None:
        """A line of configuration; only words that it knows."""
        if first not in FIRST:
            raise Refused(BAD)
        self.changed = clock.now(), talk.user
        self.lines.append(f"interface {talk.at}\n {first} {rest}" if talk.view == INTERFACE else f"{first} {rest}")

    # ------------------------------------------------------------ subscribers

    @says("show users", "show users wide", views=LOOK)
    def logins(self, talk: Talk) -> str:
        """Lines and subscribers."""
        return answers.users(list(self.callers.all()))

    @says("show pppoe session", views=LOOK)
    def pppoe(self, talk: Talk) -> str:
        """Two lines a session."""
        return answers.pppoe(self.state, list(self.callers.all()))

    @says("show subscriber session", views=LOOK)
    def subscribers(self, talk: Talk) -> str:
        """A line a session."""
        return answers.subscribers(list(self.callers.all()))

    @says("show subscriber session username <login>", "show subscriber session username <login> detailed", views=LOOK)
    def subscriber(self, talk: Talk, login: str) -> str:
        """One, all of him."""
        found = self.callers.named(login)
        if found is None:
            raise Refused(f'% No session found for username "{login}"')
        return answers.subscriber(found)

    @says("show policy-map interface <name> <way>", views=LOOK)
    def policy(self, talk: Talk, name: str, way: str) -> str:
        """What confines a session, and how much goes through."""
        return answers.policy(self._at(name), name, way)

    @says("clear ppp interface <name>", "clear interface <name>", views=(EXEC,))
    def clear(self, talk: Talk, name: str) -> None:
        """A session ends."""
        self.callers.kick(self._at(name))

    @says("clear ppp interface <kind> <name>", "clear interface <kind> <name>", views=(EXEC,))
    def clear_kind(self, talk: Talk, kind: str, name: str) -> None:
        """The same, its name in two words."""
        self.callers.kick(self._at(kind + name))

    @says("clear subscriber session uid <number:int>", views=(EXEC,))
    def clear_number(self, talk: Talk, number: int) -> None:
        """A session ends."""
        found = next((one for one in self.callers.all() if one.number == number), None)
        if found is None:
            raise Refused("% No such session")
        self.callers.kick(found)

    @says("clear subscriber session username <login>", views=(EXEC,))
    def clear_named(self, talk: Talk, login: str) -> None:
        """A session ends."""
        found = self.callers.named(login)
        if found is None:
            raise Refused("% No such session")
        self.callers.kick(found)

    @says("clear subscriber session all", "clear pppoe all", views=(EXEC,))
    async def clear_all(self, talk: Talk) -> None:
        """All end."""
        if await talk.ask("This will clear all sessions [confirm]", None) in ("", "y"):
            for one in list(self.callers.all()):
                self.callers.kick(one)

    def _at(self, name: str) -> Caller:
        """Who has a virtual interface. Raises Refused."""
        short = name.lower().replace("virtual-access", "vi")
        found = next((one for one in self.callers.all() if answers.virtual(one).lower() == short), None)
        if found is None:
            raise Refused(BAD)
        return found

    # ------------------------------------------------------------ itself

    @says("show interfaces description", views=LOOK)
    def interfaces(self, talk: Talk) -> str:
        """All, a line each."""
        return answers.descriptions(self.state, list(self.callers.all()))

    @says("show interfaces <name>", views=LOOK)
    def one_interface(self, talk: Talk, name: str) -> str:
        """One, all of it."""
        port = next((one for one in self.state.ports if one.name.lower() == name.lower()), None)
        if port is not None:
            return answers.interface(port)
        return answers.session_interface(self._at(name))

    @says("show ip arp", "show arp", views=LOOK)
    def arp(self, talk: Talk) -> str:
        """Neighbours."""
        return answers.arp(self.state)

    @says("show ip dhcp binding", views=LOOK)
    def leases(self, talk: Talk) -> str:
        """Its DHCP server."""
        return answers.BINDINGS

    @says("show ip nat translations", "show ip nat statistics", views=LOOK)
    def nat(self, talk: Talk) -> str:
        """None."""
        return ""

    @says("show running-config", views=(EXEC,))
    def configuration(self, talk: Talk) -> str:
        """All of it."""
        return answers.configuration(self.state, self.lines, self.changed)

    @says("show version", views=LOOK)
    def version(self, talk: Talk) -> str:
        """What it is."""
        return answers.version(self.state)

    @says("show clock", views=LOOK)
    def time(self, talk: Talk) -> str:
        """Its clock."""
        return clock.stamp(form="%H:%M:%S.000 BRT %a %b %d %Y")

    @says("ping <address>", views=LOOK)
    @says("ping ip <address>", views=LOOK)
    @says("ping <address> repeat <count:int>", "ping ip <address> repeat <count:int>", views=LOOK)
    @says("ping <address> repeat <count:int> timeout <wait:int>", views=LOOK)
    def ping(self, talk: Talk, address: str, count: int = 5, wait: int = 2) -> str:
        """As it comes, all at once."""
        times = [took_ms(address, number) if reached(self, address) else None for number in range(count)]
        return answers.ping(address, times)

    @says("traceroute <address>", views=LOOK)
    @says("traceroute ip <address>", "traceroute <address> numeric", views=LOOK)
    @says("traceroute <address> numeric <rest...>", "traceroute <address> timeout <rest...>", views=LOOK)
    @says("traceroute <address> ttl <least:int> <most:int>", "traceroute <address> probe <rest...>", views=LOOK)
    def traceroute(self, talk: Talk, address: str, rest: str = "", least: int = 1, most: int = 30) -> str:
        """The way."""
        return answers.traceroute(address, way(self, address, "10.255.0.254")[:most])
