"""Huawei VRP (NE and ME60 routers): the command line of a router that ends PPPoE.

    line = Vrp(state_of(small().device("core-1")))
    line.callers.come("ana", "100.64.0.1", "10M/20M")       # a `Listed`, unless other callers were given
    async with opened(line, "127.0.0.1", ssh_port=0) as doors: ...

Views: user ``<name>``, system ``[~name]``, aaa ``[~name-aaa]``, interface. What is configured works after ``commit``
(``[*name]`` until then). Answers are paged until ``screen-length 0 temporary``.
"""

from __future__ import annotations

from collections.abc import Callable

from oss.lab.network import clock
from oss.lab.network.callers import Caller, Callers, Listed
from oss.lab.network.cli.grammar import Wrong
from oss.lab.network.cli.line import CommandLine, Pager, Refused, says
from oss.lab.network.cli.talk import Talk
from oss.lab.network.echoes import reached, took_ms, way
from oss.lab.network.shells import vrp_answers as answers
from oss.lab.network.state import State

USER, SYSTEM, AAA, INTERFACE = "user", "system", "aaa", "interface"
ANY = (USER, SYSTEM, AAA, INTERFACE)
MORE = "  ---- More ----"
NO_USER = "  Info: No online user."
FIRST = ("sysname", "radius-server", "ntp-service", "ntp", "undo", "description", "shutdown", "ip", "user-interface")


class Vrp(CommandLine):
    """``lines``: what somebody configured beside what it began with; ``waiting``: what is not committed;
    ``changed``: when and by whom it was the last time."""

    pager = Pager(MORE, f"\x1b[{len(MORE)}D{' ' * len(MORE)}\x1b[{len(MORE)}D", 24)
    wrong_login = "Error: Authentication fail."
    password_echo = None

    def __init__(self, state: State, callers: Callers | None = None, users: dict[str, str] | None = None) -> None:
        super().__init__(state, users)
        self.callers: Callers = callers or Listed()
        self.answers: Callable[[str], bool] | None = None
        self.lines: list[str] = []
        self.waiting: list[str] = []
        self.changed = state.uptime.began, "milha"

    def greeting(self, talk: Talk) -> str:
        """After the login."""
        return (
            "Info: The max number of VTY users is 15, the number of current VTY users online is 1, and\n"
            f"      total number of terminal users online is 1.\n      The current login time is {clock.stamp()}.\n"
        )

    def prompt(self, talk: Talk) -> str:
        """A star while something is not committed."""
        name = self.state.device.name
        if talk.view == USER:
            return f"<{name}>"
        tail = {SYSTEM: "", AAA: "-aaa", INTERFACE: f"-{talk.at}"}[talk.view]
        return f"[{'*' if self.waiting else '~'}{name}{tail}]"

    def wrong(self, talk: Talk, line: str, wrong: Wrong) -> str:
        """A caret under where it goes wrong."""
        caret = " " * (len(self.prompt(talk)) + wrong.at) + "^"
        what = "Incomplete" if wrong.incomplete else "Unrecognized" if wrong.known == 0 else "Wrong parameter"
        tail = "found" if what == "Wrong parameter" else "command found"
        return f"{caret}\nError: {what} {tail} at '^' position."

    def busy(self) -> str:
        """Refused on order."""
        return "Error: The system is busy. Please try again later."

    def spam(self) -> str:
        """A line of its log."""
        return (
            f"\n{clock.stamp(form='%b %d %Y %H:%M:%S')}-03:00 {self.state.device.name} %%01IFNET/4/LINK_STATE(l)[1]:up."
        )

    # ------------------------------------------------------------ views

    @says("system-view", views=(USER,))
    def system(self, talk: Talk) -> str:
        """To the configuration."""
        talk.view = SYSTEM
        return "Enter system view, return user view with return command."

    @says("aaa", views=(SYSTEM, INTERFACE))
    def aaa(self, talk: Talk) -> None:
        """To users and domains."""
        talk.view = AAA

    @says("interface <name>", views=(SYSTEM, INTERFACE, AAA))
    def interface(self, talk: Talk, name: str) -> None:
        """To an interface."""
        if name not in [port.name for port in self.state.ports]:
            raise Refused("Error: Wrong parameter found at '^' position.")
        talk.view, talk.at = INTERFACE, name

    @says("quit", views=ANY)
    def quit(self, talk: Talk) -> None:
        """One view up; from the outermost, out."""
        if talk.view == USER:
            talk.leave()
        talk.view = USER if talk.view == SYSTEM else SYSTEM

    @says("return", views=(SYSTEM, AAA, INTERFACE))
    def home(self, talk: Talk) -> None:
        """To the user view."""
        talk.view = USER

    @says("screen-length <lines:int> temporary", "screen-length <lines:int>", views=ANY)
    def length(self, talk: Talk, lines: int) -> str:
        """0: no paging."""
        talk.paging = lines > 0
        return "Info: The configuration takes effect on the current user terminal interface only."

    @says("undo terminal monitor", "undo terminal logging", "undo terminal trapping", views=(USER,))
    def monitor(self, talk: Talk) -> str:
        """The log stays away."""
        talk.logs = False
        return "Info: Current terminal monitor is off."

    @says("commit", views=(SYSTEM, AAA, INTERFACE))
    def commit(self, talk: Talk) -> None:
        """What was said is so."""
        if self.waiting:
            self.changed = clock.now(), talk.user
        self.lines += self.waiting
        self.waiting.clear()

    @says("save", views=(USER,))
    async def save(self, talk: Talk) -> str:
        """Kept over a restart."""
        asked = "Warning: The current configuration will be written to the device.\nAre you sure to continue? [Y/N]:"
        if not await talk.confirmed(asked):
            return ""
        return "Now saving the current configuration to the slot 0 ......\nInfo: Save the configuration successfully."

    @says("<first> <rest...>", views=(SYSTEM, INTERFACE))
    def configured(self, talk: Talk, first: str, rest: str) -> None:
        """A line of configuration; only words that it knows."""
        if first not in FIRST:
            raise Refused("Error: Unrecognized command found at '^' position.")
        self.waiting.append(f"interface {talk.at}\n {first} {rest}" if talk.view == INTERFACE else f"{first} {rest}")

    # ------------------------------------------------------------ subscribers

    @says("display access-user", "display access-user all", views=ANY)
    def users_online(self, talk: Talk) -> str:
        """All."""
        found = list(self.callers.all())
        return answers.users(self.state, found) if found else NO_USER

    @says("display access-user username <login>", views=ANY)
    def user_online(self, talk: Talk, login: str) -> str:
        """One, in the table."""
        return answers.users(self.state, [self._named(login)])

    @says("display access-user username <login> verbose", "display access-user username <login> detail", views=ANY)
    def user_in_full(self, talk: Talk, login: str) -> str:
        """One, all of him."""
        return answers.user(self.state, self._named(login))

    @says("display access-user user-id <number:int>", "display access-user user-id <number:int> verbose", views=ANY)
    def user_by_number(self, talk: Talk, number: int) -> str:
        """One, all of him."""
        return answers.user(self.state, self._numbered(number))

    @says("display access-user ip-address <address>", views=ANY)
    def user_by_address(self, talk: Talk, address: str) -> str:
        """One, by what he has."""
        found = [one for one in self.callers.all() if one.address == address]
        return answers.user(self.state, found[0]) if found else NO_USER

    @says("display access-user online-total-number", views=ANY)
    def users_counted(self, talk: Talk) -> str:
        """How many."""
        return f"  Total users  : {len(list(self.callers.all()))}"

    @says("cut access-user user-id <number:int>", views=(AAA,))
    async def cut(self, talk: Talk, number: int) -> str:
        """A session ends."""
        return await self._cut(talk, self._numbered(number))

    @says("cut access-user username <login>", "cut access-user username <login> all", views=(AAA,))
    async def cut_named(self, talk: Talk, login: str) -> str:
        """A session ends."""
        return await self._cut(talk, self._named(login))

    async def _cut(self, talk: Talk, one: Caller) -> str:
        if await talk.confirmed("Warning: This operation will cut the user. Continue? [Y/N]:"):
            self.callers.kick(one)
        return ""

    def _named(self, login: str) -> Caller:
        found = self.callers.named(login)
        if found is None:
            raise Refused(NO_USER)
        return found

    def _numbered(self, number: int) -> Caller:
        found = next((one for one in self.callers.all() if one.number == number), None)
        if found is None:
            raise Refused(NO_USER)
        return found

    # ------------------------------------------------------------ itself

    @says("display interface brief", views=ANY)
    def interfaces(self, talk: Talk) -> str:
        """All, a line each."""
        return answers.brief(self.state)

    @says("display interface <name>", views=ANY)
    def one_interface(self, talk: Talk, name: str) -> str:
        """One, all of it."""
        port = next((one for one in self.state.ports if one.name.lower() == name.lower()), None)
        if port is None:
            raise Refused("Error: Wrong parameter found at '^' position.")
        return answers.interface(port)

    @says("display arp all", "display arp", views=ANY)
    def arp(self, talk: Talk) -> str:
        """Neighbours."""
        return answers.arp(self.state)

    @says("display nat outbound", views=ANY)
    def nat(self, talk: Talk) -> str:
        """What is translated."""
        return answers.NAT

    @says("display current-configuration", views=ANY)
    def configuration(self, talk: Talk) -> str:
        """All of it."""
        return answers.configuration(self.state, self.lines, self.changed)

    @says("display version", views=ANY)
    def version(self, talk: Talk) -> str:
        """What it is."""
        return answers.version(self.state)

    @says("display clock", views=ANY)
    def time(self, talk: Talk) -> str:
        """Its clock."""
        return f"{clock.stamp()}-03:00\nThursday\nTime Zone(BRT) : UTC-03:00"

    @says("ping <address>", views=ANY)
    @says("ping -c <count:int> <address>", views=ANY)
    @says("ping -c <count:int> -t <wait:int> <address>", "ping -c <count:int> -m <wait:int> <address>", views=ANY)
    def ping(self, talk: Talk, address: str, count: int = 5, wait: int = 2000) -> str:
        """As it comes, all at once."""
        times = [took_ms(address, number) if reached(self, address) else None for number in range(count)]
        return answers.ping(address, times)

    @says("tracert <address>", views=ANY)
    @says("tracert -m <most:int> <address>", "tracert -q <tries:int> <address>", views=ANY)
    @says("tracert -m <most:int> -q <tries:int> <address>", views=ANY)
    @says("tracert -q <tries:int> -m <most:int> <address>", "tracert -w <wait:int> <address>", views=ANY)
    @says("tracert -f <least:int> -m <most:int> <address>", views=ANY)
    @says("tracert -f <least:int> -m <most:int> -q <tries:int> -w <wait:int> <address>", views=ANY)
    def tracert(
        self, talk: Talk, address: str, most: int = 30, tries: int = 3, wait: int = 5000, least: int = 1
    ) -> str:
        """The way."""
        return answers.tracert(address, way(self, address, "10.255.0.254")[:most], tries)
