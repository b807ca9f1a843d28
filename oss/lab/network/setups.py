"""How an OLT is configured for one ONU, and which VLANs that carries, whichever maker's words set it."""

from __future__ import annotations

from dataclasses import dataclass, field

from oss.lab.network.shape import Maker

ETH = "eth 1"
"""The first Ethernet port, as the lab names it whatever the maker calls it."""

BY_PROFILE = (Maker.HUAWEI_OLT, Maker.CDATA)
"""Makers whose line profiles have the GEM ports."""


@dataclass
class Gem:
    """A GEM port: its T-CONT, and limits by the name of a profile."""

    tcont: int
    name: str = ""
    up: str = ""
    down: str = ""


@dataclass
class Flow:
    """A service port: what comes with ``user_vlan`` over a GEM port goes on with ``vlan``. ``index``: Huawei's."""

    vlan: int
    user_vlan: int
    gem: int = 1
    index: int = 0


@dataclass
class Setup:
    """``ports``: VLAN that is untagged at an Ethernet port; ``services``: what the ONU itself is told (ZTE: name ->
    GEM port and VLAN); ``words``: further lines, as they were typed."""

    serial: str
    name: str = ""
    line_profile: str = ""
    service_profile: str = ""
    kind: str = ""
    active: bool = True
    tconts: dict[int, str] = field(default_factory=dict)
    gems: dict[int, Gem] = field(default_factory=dict)
    flows: dict[int, Flow] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    services: dict[str, Flow] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def carried(self, maker: Maker, tagged: int | None) -> set[int]:
        """VLANs on which frames of the customer's router come out of the OLT.

        ``tagged``: with which VLAN he sends, if he tags at all.
        """
        if not self.active:
            return set()
        return {flow.vlan for flow in self.flows.values() if self._flows(flow, maker, tagged)}

    def _flows(self, flow: Flow, maker: Maker, tagged: int | None) -> bool:
        if maker not in BY_PROFILE and (flow.gem not in self.gems or self.gems[flow.gem].tcont not in self.tconts):
            return False
        if maker not in BY_PROFILE and not any(
            one.gem == flow.gem and one.vlan == flow.user_vlan for one in self.services.values()
        ):
            return False
        sent = self.ports.get(ETH, flow.user_vlan) if tagged is None else tagged
        return sent == flow.user_vlan


def begun(maker: Maker, serial: str, name: str, vlan: int, index: int, kind: str) -> Setup:
    """An ONU that was configured long ago, for one VLAN, as that maker's are."""
    made = Setup(serial, name, "100", "100", kind)
    made.flows[101 if maker is Maker.ZTE_C600 else 1] = Flow(vlan, vlan, 1, index)
    made.ports[ETH] = vlan
    if maker not in BY_PROFILE:
        made.tconts[1], made.gems[1] = "UP-1G", Gem(1, "HSI", "UP-1G", "DOWN-1G")
        made.services["HSI"] = Flow(vlan, vlan)
    return made
