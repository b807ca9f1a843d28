"""Huawei MA5600T and MA5800: the OLT's command line, in its own words.

    line = HuaweiOlt(state_of(small().device("olt-1")))
    async with opened(line, "127.0.0.1", ssh_port=0, telnet_port=0) as doors: ...

Views: user ``>``, privileged ``#``, ``(config)#``, ``(config-if-gpon-0/1)#``. A new session is in smart mode: commands
that could go on ask for more (``{ <cr>|...<K> }:``), until ``undo smart``. Answers are paged until ``scroll``.
"""

from __future__ import annotations

from oss.lab.network import clock
from oss.lab.network.cli.grammar import Wrong
from oss.lab.network.cli.line import CommandLine, Pager, Refused, says
from oss.lab.network.cli.talk import Talk
from oss.lab.network.shells import huawei_olt_answers as answers
from oss.lab.network.shells.huawei_olt_onts import Onts
from oss.lab.network.shells.huawei_olt_ports import ServicePorts

USER, PRIVILEGED, CONFIG, GPON = "user", "privileged", "config", "gpon"
MORE = "---- More ( Press 'Q' to break ) ----"
SOME, ANY = (PRIVILEGED, CONFIG, GPON), (USER, PRIVILEGED, CONFIG, GPON)


class HuaweiOlt(Onts, ServicePorts, CommandLine):
    """``lift``: of ``enable``, empty: it asks for none."""

    pager = Pager(MORE, f"\x1b[{len(MORE)}D{' ' * len(MORE)}\x1b[{len(MORE)}D", 22)
    ask_user, ask_password, password_echo = ">>User name:", ">>User password:", None
    wrong_login = "  Username or password invalid."
    banner = "\nWarning: Telnet is not a secure protocol, and it is recommended to use Stelnet.\n\n"
    first_view = USER

    def greeting(self, talk: Talk) -> str:
        """After the login."""
        return (
            f"\n  Huawei Integrated Access Software (MA5800).\n"
            f"  Copyright(C) Huawei Technologies Co., Ltd. 2002-2020. All rights reserved.\n\n"
            f"  -----------------------------------------------------------------------------\n"
            f"  User last login information:                                                 \n"
            f"  -----------------------------------------------------------------------------\n"
            f"    Access Type : SSH\n    IP-Address  : 10.0.0.5\n    Login  Time : {clock.stamp()}-03:00\n"
            f"  -----------------------------------------------------------------------------\n\n"
        )

    def prompt(self, talk: Talk) -> str:
        """As long as an interface is entered, it is in the prompt."""
        name = self.state.device.name
        tails = {USER: ">", PRIVILEGED: "#", CONFIG: "(config)#", GPON: f"(config-if-gpon-{talk.at})#"}
        return f"\n{name}{tails[talk.view]}"

    def wrong(self, talk: Talk, line: str, wrong: Wrong) -> str:
        """A caret under where it goes wrong."""
        caret = " " * (len(self.prompt(talk)) - 1 + wrong.at) + "^"
        if wrong.incomplete:
            return f"{caret}\n  % Incomplete command, the error locates at '^'"
        what = "Unknown command" if wrong.known == 0 else "Parameter error"
        return f"{caret}\n  % {what}, the error locates at '^'"

    def busy(self) -> str:
        """Refused on order."""
        return "  Failure: System is busy, please retry after a while"

    def spam(self) -> str:
        """An alarm among everything else."""
        return (
            f"\n! RUNNING MINOR {clock.stamp()}-03:00 ALARM NAME :The distribute fiber is broken or the OLT\n"
            "  cannot receive expected optical signals from the ONT(LOSi/LOBi)\n"
        )

    def again(self, line: str) -> str:
        """The whole command once more, after what it asked for."""
        return f"\n  Command:\n          {line}\n"

    # ------------------------------------------------------------ views

    @says("enable", views=(USER,))
    async def enable(self, talk: Talk) -> str:
        """To the privileged mode."""
        if self.lift and await talk.ask("Password:", None) != self.lift:
            return "  % Bad passwords"
        talk.view = PRIVILEGED
        return ""

    @says("config", views=(PRIVILEGED,))
    def config(self, talk: Talk) -> None:
        """To the configuration."""
        talk.view = CONFIG

    @says("interface gpon <place>", views=(CONFIG, GPON))
    def interface(self, talk: Talk, place: str) -> None:
        """To a board: frame/slot."""
        if place not in {one.name.removeprefix("GPON ").rpartition("/")[0] for one in self.state.device.pons}:
            raise Refused("  Failure: The board does not exist")
        talk.view, talk.at = GPON, place

    @says("quit", views=ANY)
    async def quit(self, talk: Talk) -> None:
        """One view up; from the outermost, out."""
        if talk.view in (USER, PRIVILEGED):
            saved = "  Check whether system data has been changed. Please save data before logout.\n"
            if await talk.confirmed(f"{saved}  Are you sure to log out? (y/n)[n]:"):
                talk.leave()
            return
        talk.view = CONFIG if talk.view == GPON else PRIVILEGED

    @says("return", views=(CONFIG, GPON))
    def home(self, talk: Talk) -> None:
        """To the privileged mode."""
        talk.view = PRIVILEGED

    @says("disable", views=(PRIVILEGED,))
    def disable(self, talk: Talk) -> None:
        """To the user mode."""
        talk.view = USER

    # ------------------------------------------------------------ how it talks

    @says("undo smart", views=ANY)
    def plain(self, talk: Talk) -> str:
        """No more questions for further words."""
        talk.smart = False
        return "  Interactive function is disabled"

    @says("smart", views=ANY)
    def smart(self, talk: Talk) -> str:
        """Questions again."""
        talk.smart = True
        return "  Interactive function is enabled"

    @says("scroll <lines:int>", views=ANY)
    @says("scroll", views=ANY, more="{ <cr>|number<U><10,512> }:")
    def scroll(self, talk: Talk, lines: int = 0) -> str:
        """No paging. (Of the numbers that may follow, none is kept here: answers come whole.)"""
        talk.paging = False
        return "  Screen scroll is enabled" if talk.view == USER else ""

    @says("undo scroll", views=ANY)
    def paged(self, talk: Talk) -> None:
        """Paging again."""
        talk.paging = True

    @says("infoswitch cli <on>", "undo alarm output all", "undo event output all", views=SOME)
    def switch(self, talk: Talk, on: str = "OFF") -> str:
        """Whether lines of the log come between."""
        talk.logs = on.upper() == "ON"
        return ""

    @says("mmi-mode enable", "mmi-mode original-output", "undo mmi-mode", views=SOME)
    def machine(self, talk: Talk) -> None:
        """For machines: neither pages nor questions for further words."""
        talk.paging = talk.smart = False

    @says("idle-timeout <minutes:int>", "undo idle-timeout", "history-command <most...>", views=ANY)
    def kept(self, talk: Talk, minutes: int = 0, most: str = "") -> None:
        """Taken note of."""

    @says("save", views=SOME, more="{ <cr>|configuration<K>|data<K> }:")
    @says("save configuration", "save data", views=SOME)
    def save(self, talk: Talk) -> str:
        """Written to flash; it says so later, when nobody waits for it."""
        return "  It will take several minutes to save configuration file, please wait..."

    # ------------------------------------------------------------ itself

    @says("display version", views=ANY, more="{ <cr>|backplane<K>|frameid/slotid<S><Length 1-15> }:")
    def version(self, talk: Talk) -> str:
        """What it is and since when it runs."""
        return answers.version(self.state)

    @says("display board <frame:int>", views=SOME, more="{ <cr>||<K> }:")
    def boards(self, talk: Talk, frame: int) -> str:
        """Its boards."""
        return answers.boards(self.state)

    @says("display sysuptime", views=ANY)
    def uptime(self, talk: Talk) -> str:
        """Since when it runs."""
        return f"  System up time: {answers.lasting(self.state.uptime.seconds())}"

    @says("display time", "display clock", views=ANY)
    def time(self, talk: Talk) -> str:
        """Its clock."""
        return f"  {clock.stamp()}-03:00"
