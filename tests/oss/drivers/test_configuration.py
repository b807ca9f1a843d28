"""Configurations compared by what they say; secrets are marks, a change of them is seen."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from oss.drivers.configuration import Form, canonical, masked, statements, told
from oss.drivers.configuration_diff import Change, back, compared
from oss.drivers.registry import drivers

ROUTEROS, VRP, IOS = (drivers()[key].form for key in ("mikrotik", "huawei_vrp", "cisco_ios"))


def mark(secret: str) -> str:
    return f"‹{hashlib.sha256(b'key' + secret.encode()).hexdigest()[:8]}›"


def differences(before: str, after: str, form: Form) -> list[Change]:
    return compared(statements(before, form), statements(after, form), form)


EXPORT = """# 2026-11-26 03:00:01 by RouterOS 7.16.1
/interface bridge add name=bridge
/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1
/ip firewall nat add action=netmap chain=srcnat src-address=100.64.0.0/24 to-addresses=203.0.113.0/28
/ppp secret add name=ana password=segredo1 profile=default
/ppp secret add name=bia password="com espaço" profile=default
/radius add address=192.0.2.10 secret=0123456 service=ppp
/system identity set name=BNG-1
# last change: 2026-11-26 01:12:40 by joão
"""


def test_a_date_in_the_head_is_no_difference() -> None:
    later = EXPORT.replace("03:00:01", "03:00:02").replace("joão", "ana")
    assert canonical(EXPORT, ROUTEROS) == canonical(later, ROUTEROS)
    assert differences(EXPORT, later, ROUTEROS) == []


def test_another_order_is_a_difference_where_order_counts_and_only_there() -> None:
    lines = EXPORT.split("\n")
    people, rules = list(lines), list(lines)
    people[4], people[5] = people[5], people[4]
    rules[2], rules[3] = rules[3], rules[2]
    assert differences(EXPORT, "\n".join(people), ROUTEROS) == []
    assert canonical(EXPORT, ROUTEROS) == canonical("\n".join(people), ROUTEROS)
    found = differences(EXPORT, "\n".join(rules), ROUTEROS)
    assert [(one.kind, one.section) for one in found] == [("moved", "/ip firewall nat")]
    assert canonical(EXPORT, ROUTEROS) != canonical("\n".join(rules), ROUTEROS)


def test_secrets_are_marks_and_their_change_is_a_change() -> None:
    before = masked(EXPORT, ROUTEROS, mark)
    for secret in ("segredo1", "com espaço", "0123456"):
        assert secret not in before
    assert "profile=default" in before and "/ppp secret add name=ana password=‹" in before
    after = masked(EXPORT.replace("0123456", "outra"), ROUTEROS, mark)
    (change,) = differences(before, after, ROUTEROS)
    assert change.kind == "changed" and change.section == "/radius"
    assert change.before != change.after and "outra" not in change.after


def test_the_commands_lead_back() -> None:
    after = EXPORT.replace("name=BNG-1", "name=BNG-X").replace(
        "/ppp secret add name=bia", "/ppp secret add name=eva password=x\n/ppp secret add name=bia"
    )
    after = after.replace("/interface bridge add name=bridge\n", "")
    assert set(back(differences(EXPORT, after, ROUTEROS), ROUTEROS)) == {
        "/system identity set name=BNG-1",
        "/ppp secret remove [ find name=eva ]",
        "/interface bridge add name=bridge",
    }


VRP_TEXT = """!Last configuration was updated at 2026-11-26 10:00:00-03:00 by admin
#
radius-server group milha
 radius-server shared-key-cipher %^%#Q75cNQ6IF(e#L4WMxP%^%#
 radius-server authentication 192.0.2.10 1812 weight 0
#
aaa
 local-user ana password irreversible-cipher $1c$abc$def
 domain isp
  radius-server group milha
#
return
"""


def test_blocks_are_compared_by_block() -> None:
    after = VRP_TEXT.replace("1812", "1645").replace("  radius-server group milha\n", "")
    found = differences(masked(VRP_TEXT, VRP, mark), masked(after, VRP, mark), VRP)
    assert [(one.kind, one.section) for one in found] == [
        ("changed", "radius-server group milha"),
        ("removed", "aaa / domain isp"),
    ]
    assert back(found, VRP) == [
        "radius-server group milha",
        "undo radius-server authentication 192.0.2.10 1645 weight 0",
        "radius-server authentication 192.0.2.10 1812 weight 0",
        "aaa",
        "domain isp",
        "radius-server group milha",
    ]


def test_ciphered_secrets_are_marks_too() -> None:
    shown = masked(VRP_TEXT, VRP, mark)
    assert "Q75c" not in shown and "$1c$" not in shown
    assert " radius-server authentication 192.0.2.10 1812 weight 0" in shown
    shown = masked(
        "snmp-server community publica RO\nusername ana secret 9 $9$abc\n key 7 08701E\nenable secret 5 $1$x\n"
        "interface Gi0/0\n ip ospf message-digest-key 1 md5 7 0822\n keepalive 10\ncrypto key-chain x\n",
        IOS,
        mark,
    )
    for secret in ("publica", "$9$abc", "08701E", "$1$x", "0822"):
        assert secret not in shown
    assert " keepalive 10" in shown


def test_who_and_when_stand_in_the_devices_own_remarks() -> None:
    assert told(EXPORT, ROUTEROS) == ("joão", "2026-11-26 01:12:40")
    assert told(VRP_TEXT, VRP) == ("admin", "2026-11-26 10:00:00-03:00")
    ios = "! Last configuration change at 10:00:00 BRT Thu Nov 26 2026 by admin\n!\nversion 15.9\nend\n"
    assert told(ios, IOS) == ("admin", "10:00:00 BRT Thu Nov 26 2026")
    assert told("end\n", IOS) == ("", "")


@given(st.lists(st.sampled_from(EXPORT.split("\n"))), st.lists(st.sampled_from(EXPORT.split("\n"))))
def test_what_is_compared_is_all_and_only_what_differs(before: list[str], after: list[str]) -> None:
    old, new = "\n".join(before), "\n".join(after)
    found = differences(old, new, ROUTEROS)
    assert (found == []) == (canonical(old, ROUTEROS) == canonical(new, ROUTEROS))
    have = sorted(statements(old, ROUTEROS))
    for one in found:
        if one.before:
            have.remove((one.section, one.before))
        if one.after:
            have.append((one.section, one.after))  # type: ignore[arg-type]
    assert sorted(have) == sorted(statements(new, ROUTEROS))
