"""Service ports of Huawei's OLTs, and the configuration as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from oss.lab.network.cli.line import Refused, says
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import Flow
from oss.lab.network.shells import huawei_olt_answers as answers
from oss.lab.network.shells.huawei_olt_onts import SOME, configured_words

if TYPE_CHECKING:
    from oss.lab.network.cli.talk import Talk
    from oss.lab.network.state import State

CONFIG = "config"
TAIL = "vlan <vlan:int> gpon <where> ont <number:int> gemport <gem:int> multi-service user-vlan <user:int>"
BUNDLE = "{ <cr>|bundle<K>|inbound<K>|rx-cttr<K> }:"
SLOWLY = (
    "  It will take several minutes, and console may be timeout, please use command\n  idle-timeout to set time limit\n"
)
NONE = "  Failure: No service virtual port can be operated"


class ServicePorts:
    """``known_vlans``: those that somebody made on this OLT; None: all."""

    state: State
    known_vlans: frozenset[int] | None = None

    def _ont_at(self, where: str, number: int) -> LiveOnu:
        """An ONT by ``0/1/3`` and its number. Raises Refused."""
        pon = next((one for one in self.state.device.pons if one.name == f"GPON {where}"), None)
        if pon is None:
            raise Refused("  Failure: The port does not exist")
        found = self.state.plant.numbered(pon.number, number)
        if found is None:
            raise Refused("  Failure: The ONT does not exist")
        return found

    def _all(self) -> list[tuple[LiveOnu, Flow]]:
        rows = [(one, flow) for one in self.state.plant if one.setup for flow in one.setup.flows.values()]
        return sorted(rows, key=lambda row: row[1].index)

    def _of(self, one: LiveOnu) -> list[tuple[LiveOnu, Flow]]:
        return [row for row in self._all() if row[0] is one]

    # ------------------------------------------------------------ changes

    @says(f"service-port <index:int> {TAIL} tag-transform translate <rest...>", views=(CONFIG,))
    @says(f"service-port {TAIL} tag-transform translate <rest...>", views=(CONFIG,))
    def service_port_with(
        self, talk: Talk, vlan: int, where: str, number: int, gem: int, user: int, rest: str, index: int | None = None
    ) -> str:
        """With traffic tables or a description behind it."""
        return self.service_port(talk, vlan, where, number, gem, user, index)

    @says(f"service-port <index:int> {TAIL} tag-transform translate", views=(CONFIG,), more=BUNDLE)
    @says(f"service-port {TAIL} tag-transform translate", views=(CONFIG,), more=BUNDLE)
    @says(
        f"service-port <index:int> {TAIL}",
        views=(CONFIG,),
        more="{ <cr>|bundle<K>|inbound<K>|rx-cttr<K>|tag-transform<K> }:",
    )
    def service_port(
        self, talk: Talk, vlan: int, where: str, number: int, gem: int, user: int, index: int | None = None
    ) -> str:
        """What comes from an ONT with one VLAN goes on with another."""
        one, plant = self._ont_at(where, number), self.state.plant
        if self.known_vlans is not None and vlan not in self.known_vlans:
            raise Refused("  Failure: The VLAN does not exist")
        if not (1 <= vlan <= 4093 and 1 <= user <= 4095 and gem <= 1023):
            raise Refused("  % Parameter error, the error locates at '^'")
        chosen = plant.free_index() if index is None else index
        rows = self._all()
        if any(flow.index == chosen for _, flow in rows):
            raise Refused("  Failure: Service virtual port index has been used")
        assert one.setup is not None
        if any(flow.user_vlan == user and flow.gem == gem for flow in one.setup.flows.values()):
            raise Refused("  Failure: Service virtual port has existed already")
        one.setup.flows[chosen] = Flow(vlan, user, gem, chosen)
        plant.changed(one)
        return ""

    @says("undo service-port <index:int>", views=(CONFIG,))
    def undo(self, talk: Talk, index: int) -> str:
        """One goes."""
        found = [row for row in self._all() if row[1].index == index]
        if not found:
            raise Refused("  Failure: Service virtual port does not exist")
        self._drop(found)
        return ""

    @says("undo service-port port <where> ont <number:int>", views=(CONFIG,), more="{ <cr>|gemport<K> }:")
    async def undo_of(self, talk: Talk, where: str, number: int) -> str:
        """All of an ONT go."""
        found = self._of(self._ont_at(where, number))
        if not found:
            raise Refused(NONE)
        if await talk.confirmed(f"{SLOWLY}  Are you sure to release service virtual port(s)? (y/n)[n]:"):
            self._drop(found)
        return ""

    def _drop(self, rows: list[tuple[LiveOnu, Flow]]) -> None:
        for one, flow in rows:
            assert one.setup is not None
            one.setup.flows = {key: it for key, it in one.setup.flows.items() if it is not flow}
            self.state.plant.changed(one)

    # ------------------------------------------------------------ shown

    @says("display service-port all", views=SOME, more="{ <cr>|sort-by<K>||<K> }:")
    def ports(self, talk: Talk) -> str:
        """All."""
        return self._shown(self._all())

    @says("display service-port port <where>", views=SOME, more="{ <cr>|ont<K>|sort-by<K>||<K> }:")
    def ports_of_pon(self, talk: Talk, where: str) -> str:
        """Those of a PON."""
        return self._shown([row for row in self._all() if answers.place(row[0]) == where])

    @says("display service-port port <where> ont <number:int>", views=SOME, more="{ <cr>|gemport<K>|sort-by<K>||<K> }:")
    def ports_of(self, talk: Talk, where: str, number: int) -> str:
        """Those of an ONT."""
        return self._shown(self._of(self._ont_at(where, number)))

    @says("display service-port <index:int>", views=SOME, more="{ <cr>||<K> }:")
    def port(self, talk: Talk, index: int) -> str:
        """One."""
        for one, flow in self._all():
            if flow.index == index:
                return answers.flow(one, flow)
        raise Refused("  Failure: Service virtual port does not exist")

    @says("display service-port next-free-index", views=SOME)
    def next_free(self, talk: Talk) -> str:
        """A number that nobody has."""
        return f"  Next valid free service virtual port ID: {self.state.plant.free_index()}"

    def _shown(self, rows: list[tuple[LiveOnu, Flow]]) -> str:
        if not rows:
            raise Refused(NONE)
        return answers.flows(rows)

    # ------------------------------------------------------------ configuration

    @says("display current-configuration ont <where> <number:int>", views=SOME, more="{ <cr>||<K> }:")
    def configuration_of(self, talk: Talk, where: str, number: int) -> str:
        """What makes one ONT."""
        one = self._ont_at(where, number)
        board = where.rpartition("/")[0]
        return "\n".join(["[MA5800V100R021: 3001]", "#", "[gpon]", f"  <gpon-{board}>", f" interface gpon {board}"]) + (
            "\n"
            + "\n".join([*configured_words(one), "#", "[bbs-config]", "  <bbs-config>", *_flows([one]), "#", "return"])
        )

    @says("display current-configuration", views=SOME, more="{ <cr>|ont<K>|port<K>|section<K>|service-port<K>||<K> }:")
    def configuration(self, talk: Talk) -> str:
        """All of it."""
        lines = ["[MA5800V100R021: 3001]", "#", "[global-config]", "  <global-config>"]
        lines += [f' sysname "{self.state.device.name}"', "#", "[vlan-config]", "  <vlan-config>"]
        lines += [f" vlan {vlan} smart" for vlan in self.state.device.vlans]
        boards = groupby(self.state.device.pons, lambda pon: pon.name.removeprefix("GPON ").rpartition("/")[0])
        for board, pons in boards:
            lines += ["#", "[gpon]", f"  <gpon-{board}>", f" interface gpon {board}"]
            for pon in pons:
                lines.append(f" port {pon.number} ont-auto-find enable")
                for one in self.state.plant.configured(pon.number):
                    lines += configured_words(one)
        lines += ["#", "[bbs-config]", "  <bbs-config>", *_flows(self.state.plant), "#", "return"]
        return "\n".join(lines)


def _flows(some: Iterable[LiveOnu]) -> Iterator[str]:
    rows = [(one, flow) for one in some if one.setup for flow in one.setup.flows.values()]
    for one, flow in sorted(rows, key=lambda row: row[1].index):
        yield (
            f" service-port {flow.index} vlan {flow.vlan} gpon {answers.place(one)} ont {one.place} gemport {flow.gem}"
            f" multi-service user-vlan {flow.user_vlan} tag-transform translate"
        )
