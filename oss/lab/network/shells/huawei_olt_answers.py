"""Tables and texts of Huawei's OLTs."""

from __future__ import annotations

from collections.abc import Iterable

from oss.lab.network import clock
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import Flow
from oss.lab.network.shape import Fate
from oss.lab.network.state import State

RULE = "  -----------------------------------------------------------------------------"
FOUND_RULE = "   ----------------------------------------------------------------------------"
CAUSES = {None: "-", Fate.FIBRE: "LOSi/LOBi", Fate.POWER: "dying-gasp", Fate.OFF: "LOFi"}


def boxed(head: str, *rows: str) -> str:
    """A table between rules."""
    return "\n".join([RULE, head, RULE, *rows, RULE])


def hexed(serial: str) -> str:
    """``HWTC1D3A4B9D`` as 16 hex digits."""
    return serial[:4].encode().hex().upper() + serial[4:].upper()


def both(serial: str) -> str:
    """As the OLT shows it: in hex, and as people read it."""
    return f"{hexed(serial)} ({serial[:4]}-{serial[4:].upper()})"


def place(one: LiveOnu) -> str:
    """``0/1/3``."""
    return one.pon.name.removeprefix("GPON ")


def spaced(one: LiveOnu) -> str:
    """``0/ 1/3``: tables of ONTs keep two columns for the slot."""
    frame, slot, port = place(one).split("/")
    return f"{frame}/{slot:>2}/{port}"


def when(at: float | None) -> str:
    """An instant."""
    return "-" if at is None else f"{clock.stamp(at)}-03:00"


def lasting(seconds: float) -> str:
    """How long."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days} day(s), {hour} hour(s), {minute} minute(s), {second} second(s)"


def run_state(one: LiveOnu) -> str:
    """online or offline."""
    return "online" if one.lit else "offline"


def found(some: list[LiveOnu]) -> str:
    """display ont autofind."""
    lines = []
    for number, one in enumerate(some, 1):
        rows = {
            "Number": number,
            "F/S/P": place(one),
            "Ont SN": both(one.serial),
            "Password": "0x00000000000000000000",
            "Loid": "",
            "Checkcode": "",
            "VendorID": one.serial[:4],
            "Ont Version": "168D.A",
            "Ont SoftwareVersion": "V3R017C10S120",
            "Ont EquipmentID": one.shape.model,
            "Ont Customized Info": "-",
            "Ont autofind time": when(one.up_at),
        }
        lines += [FOUND_RULE, *(f"   {name:<20}: {value}" for name, value in rows.items())]
    return "\n".join([*lines, FOUND_RULE, f"   The number of GPON autofind ONT is {len(some)}"])


def table(some: list[LiveOnu], where: str) -> str:
    """display ont info of a port: two tables and a sum."""
    rows, names = [], []
    for one in some:
        states = ("online", "normal", "match") if one.lit else ("offline", "initial", "initial")
        control = "active" if one.setup and one.setup.active else "deactivated"
        rows.append(
            f"  {spaced(one)}  {one.place:3d}  {hexed(one.serial)}  {control:<11} "
            f"{states[0]:<8} {states[1]:<8} {states[2]:<8} no "
        )
        names.append(f"  {spaced(one)}  {one.place:6d}   {one.setup.name if one.setup else ''}")
    lit = sum(one.lit for one in some)
    return "\n".join(
        [
            RULE,
            "  F/S/P   ONT         SN         Control     Run      Config   Match    Protect",
            "          ID                     flag        state    state    state    side ",
            RULE,
            *rows,
            RULE,
            "  F/S/P   ONT-ID   Description",
            RULE,
            *names,
            RULE,
            f"  In port {where} , the total of ONTs are: {len(some)}, online: {lit}",
            RULE,
        ]
    )


def one(ont: LiveOnu) -> str:
    """display ont info of one ONT: itself, and its profiles."""
    setup = ont.setup
    assert setup is not None
    lit = ont.lit
    rows = {
        "F/S/P": place(ont),
        "ONT-ID": ont.place,
        "Control flag": "active" if setup.active else "deactivated",
        "Run state": run_state(ont),
        "Config state": "normal" if lit else "initial",
        "Match state": "match" if lit else "initial",
        "DBA type": "SR",
        "ONT distance(m)": ont.shape.metres if lit else "-",
        "ONT last distance(m)": ont.shape.metres or "-",
        "ONT battery state": "not support" if lit else "-",
        "Memory occupation": "42%" if lit else "-",
        "CPU occupation": "3%" if lit else "-",
        "Temperature": "49(C)" if lit else "-",
        "Authentic type": "SN-auth",
        "SN": both(ont.serial),
        "Management mode": "OMCI",
        "Software work mode": "normal",
        "Isolation state": "normal",
        "ONT IP 0 address/mask": "-",
        "Description": setup.name or "ONT_NO_DESCRIPTION",
        "Last down cause": CAUSES[ont.last_down],
        "Last up time": when(ont.up_at) if ont.plugged else "-",
        "Last down time": when(ont.down_at),
        "Last dying gasp time": when(ont.down_at if ont.last_down is Fate.POWER else None),
        "ONT online duration": lasting(clock.now() - ont.up_at) if lit else "-",
        "Type C support": "Not support",
        "Interoperability-mode": "ITU-T",
    }
    return "\n".join([RULE, *(f"  {name:<24}: {value}" for name, value in rows.items()), RULE, *_profiles(ont)])


def _profiles(ont: LiveOnu) -> Iterable[str]:
    setup = ont.setup
    assert setup is not None
    yield f"  Line profile ID      : {setup.line_profile}"
    yield f"  Line profile name    : line-profile_{setup.line_profile}"
    yield RULE
    yield "  FEC upstream switch :Disable"
    yield "  OMCC encrypt switch :Off"
    yield "  Qos mode            :PQ"
    yield "  Mapping mode        :VLAN"
    yield "  TR069 management    :Disable"
    yield RULE
    yield "  <T-CONT   1>          DBA Profile-ID:10"
    yield "   <Gem Index 1>"
    yield RULE
    yield f"  Service profile ID   : {setup.service_profile}"
    yield f"  Service profile name : srv-profile_{setup.service_profile}"
    yield RULE
    yield "  Port-type     Port-number     Max-adaptive-number"
    yield RULE
    yield "  POTS          adaptive        32"
    yield "  ETH           adaptive        8"
    yield RULE


def optics(some: list[LiveOnu]) -> str:
    """display ont optical-info of a port."""
    rows = []
    for ont in some:
        if ont.lit:
            rx, tx, heard = ont.light(), 2.3, ont.light() - 2
            rows.append(
                f"  {ont.place:<4} {rx:<9.2f} {tx:<9.2f} {heard:<11.2f} {49:<11} {3.3:<8.3f} {12:<8} {ont.shape.metres}"
            )
        else:
            rows.append(f"  {ont.place:<4} {'-':<9} {'-':<9} {'-':<11} {'-':<11} {'-':<8} {'-':<8} -")
    return "\n".join(
        [
            RULE,
            "  ONT  Rx power  Tx power  OLT Rx ONT  Temperature Voltage  Current  Distance",
            "  ID   (dBm)     (dBm)     power(dBm)  (C)         (V)      (mA)     (m)",
            RULE,
            *rows,
            RULE,
        ]
    )


def optic(ont: LiveOnu) -> str:
    """display ont optical-info of one ONT that is lit."""
    rows = {
        "ONU NNI port ID": 0,
        "Module type": "GPON",
        "Module sub-type": "CLASS B+",
        "Used type": "ONU",
        "Encapsulation Type": "BOSA ON BOARD",
        "Optical power precision(dBm)": "3.0",
        "Vendor name": "HUAWEI          ",
        "Vendor rev": "-",
        "Vendor PN": "HW-BOB-0007     ",
        "Vendor SN": f"{hexed(ont.serial)}",
        "Date Code": "-",
        "Rx optical power(dBm)": f"{ont.light():.2f}",
        "Rx power current warning threshold(dBm)": "[-,-]",
        "Rx power current alarm threshold(dBm)": "[-29.0,-7.0]",
        "Tx optical power(dBm)": "2.30",
        "Tx power current warning threshold(dBm)": "[-,-]",
        "Tx power current alarm threshold(dBm)": "[0.0,5.0]",
        "Laser bias current(mA)": "12",
        "Tx bias current warning threshold(mA)": "[-,-]",
        "Tx bias current alarm threshold(mA)": "[1.000,70.000]",
        "Temperature(C)": "49",
        "Temperature warning threshold(C)": "[-,-]",
        "Temperature alarm threshold(C)": "[-10,80]",
        "Voltage(V)": "3.300",
        "Supply voltage warning threshold(V)": "[-,-]",
        "Supply voltage alarm threshold(V)": "[3.000,3.600]",
        "OLT Rx ONT optical power(dBm)": f"{ont.light() - 2:.2f}, out of range[-35.00, -15.00]"
        if ont.light() - 2 < -35
        else f"{ont.light() - 2:.2f}",
        "CATV Rx optical power(dBm)": "-",
        "CATV Rx power alarm threshold(dBm)": "[-,-]",
    }
    return "\n".join([RULE, *(f"  {name:<39}: {value}" for name, value in rows.items()), RULE])


def flows(rows: list[tuple[LiveOnu, Flow]]) -> str:
    """display service-port of several."""
    lines = []
    for ont, flow in rows:
        frame, slot, port = place(ont).split("/")
        state = "up" if ont.lit else "down"
        lines.append(
            f"  {flow.index:6d} {flow.vlan:4d} common   gpon {frame}/{slot} /{port:<2} {ont.place:<4} {flow.gem:<5} "
            f"vlan  {flow.user_vlan:<10} -    -    {state}"
        )
    lit = sum(ont.lit for ont, _ in rows)
    return "\n".join(
        [
            "  Switch-Oriented Flow List",
            RULE,
            "   INDEX VLAN VLAN     PORT F/ S/ P VPI  VCI   FLOW  FLOW       RX   TX   STATE",
            "         ID   ATTR     TYPE                    TYPE  PARA",
            RULE,
            *lines,
            RULE,
            f"   Total : {len(rows)}  (Up/Down :    {lit}/{len(rows) - lit})",
            "   Note : F--Frame, S--Slot, P--Port(or Virtual Interface ID of xDSL/PON),",
            "          VPI indicates ONT ID for PON, VCI indicates GEM index for GPON,",
            "          v/e--vlan/encap, pritag--priority-tagged,",
            "          ppp--pppoe, ip--ipoe, ip4--ipv4oe, ip6--ipv6oe",
        ]
    )


def flow(ont: LiveOnu, it: Flow) -> str:
    """display service-port of one."""
    rows = {
        "Index": it.index,
        "VLAN ID": it.vlan,
        "VLAN attr": "common",
        "Port type": "gpon",
        "F/S/P": place(ont),
        "ONT ID": ont.place,
        "GEM port index": it.gem,
        "Flow type": "vlan",
        "Flow para": it.user_vlan,
        "RX": "-",
        "TX": "-",
        "Inbound table name": "-",
        "Outbound table name": "-",
        "Admin status": "enable",
        "State": "up" if ont.lit else "down",
        "Label": "-",
        "Priority": "-",
        "PVC bundle": "no",
        "Tag transform": "translate",
        "Description": "",
    }
    return "\n".join([RULE, *(f"  {name:<21}: {value}" for name, value in rows.items()), RULE])


def version(state: State) -> str:
    """display version."""
    return "\n".join(
        [
            "  VERSION : MA5800V100R021C00",
            "  PATCH   : SPC100 SPH102",
            f"  PRODUCT : {state.device.model or 'MA5800-X7'}",
            "",
            "  Active Mainboard Running Area Information:",
            "  --------------------------------------------------",
            "  Current Program Area : Area A",
            "  Current Data Area : Area A",
            "",
            f"  Uptime is {lasting(state.uptime.seconds())}",
        ]
    )


def boards(state: State) -> str:
    """display board 0."""
    slots = sorted({int(pon.name.removeprefix("GPON ").split("/")[1]) for pon in state.device.pons})
    names = dict.fromkeys(slots, "H901GPHF") | {9: "H901MPLA"}
    rule = "  -------------------------------------------------------------------------"
    rows = [
        f"  {slot:<6d}  {name:<9} {'Active_normal' if slot == 9 else 'Normal':<14} {'':<15}"
        for slot, name in names.items()
    ]
    head = "  SlotID  BoardName  Status         SubType0 SubType1    Online/Offline"
    return "\n".join([rule, head, rule, *rows, rule])
