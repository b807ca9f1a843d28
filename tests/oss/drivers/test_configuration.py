"""Configurations compared by what they say; secrets are marks, a change of them is seen."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oss.drivers import configuration_diff
from oss.drivers.configuration import Form, Stated, canonical, masked, statements, told
from oss.drivers.configuration_diff import Change, back, compared, subject
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


HELD = {
    "cisco_ios": """snmp-server host 192.0.2.1 version 2c @ udp-port 162
snmp-server host 192.0.2.1 traps @
snmp-server host 192.0.2.1 vrf mgmt informs version 2c @
snmp-server community @ view all RO
 standby 1 authentication md5 key-string 7 @
 standby 1 authentication @
enable password level 7 7 @
enable secret level 5 5 @
enable secret 9 @
username ana privilege 15 password 7 @
  pre-shared-key local @
  pre-shared-key address 0.0.0.0 0.0.0.0 key @
crypto isakmp key 6 @ address 192.0.2.7
 wpa-psk ascii 0 @
 ip ospf message-digest-key 1 md5 7 @
ntp authentication-key 1 md5 @ 7
 key 7 @
 key @
  key-string 7 @
 ppp pap sent-username eu password 7 @
snmp-server user zabbix all v3 auth sha @ priv aes 128 @
 neighbor 192.0.2.4 password @""",
    "huawei_vrp": """snmp-agent target-host trap address udp-domain 192.0.2.1 params securityname @ v2c
snmp-agent target-host trap address udp-domain 192.0.2.1 params securityname cipher @ v2c
snmp-agent community read cipher @
snmp-agent community write @
snmp-agent usm-user v3 ana authentication-mode sha @ privacy-mode aes128 @
 radius-server shared-key-cipher @
 radius-server shared-key cipher @
 local-user ana password irreversible-cipher @
 pre-shared-key local @
  security wpa2 psk pass-phrase @ aes
 ospf authentication-mode md5 1 cipher @""",
    "zte-c300": """snmp-server host 192.0.2.1 version 2c @ enable NOTIFICATIONS server-index 1 udp-port 162
snmp-server host 192.0.2.1 trap version 2c @
snmp-server community @ view AllView rw
tacacs-server host 192.0.2.1 key @ port 49
 server 1 192.0.2.1 master key @ port 1812
radius-server host 192.0.2.1 shared-key @
username zte password @ privilege 15
 ssid auth wpa wifi_0/1 wpa2-psk key @
 pppoe 1 nat enable user ana password @""",
    "vsol": """onu 1 pri wifi_ssid 1 name x auth_mode wpa2psk encrypt_type aes shared_key @ rekey_interval 0
snmp-server community ro @""",
    "mikrotik": r"""/interface wireless security-profiles set [ find default=yes ] static-key-0=@ name=default
/interface wireless security-profiles add name=a mode=dynamic-keys wpa2-pre-shared-key="@" supplicant-identity=b
/ppp secret add name=ana password=@ profile=default
/interface wifi security add name=a passphrase=@ wps=disable
/interface wifi add security.passphrase=@ name=wifi1
/snmp community set [ find default=yes ] name=@ addresses=::/0
/snmp set trap-community=@
/interface wireguard add name=wg private-key="@" listen-port=1
/system script add name=a source="/ppp secret add password=\"@\" name=x\r\n/log info ok"
/system script add name=a source="/ppp secret add password=@ name=x\r\n/log info ok"
/radius add address=192.0.2.10 secret=@ service=ppp""",
}
"""Lines of each maker; an @ is a secret."""
BARE = {
    "cisco_ios": """service password-encryption
no service password-encryption
!
no ip http server
service password-recovery
ip bgp-community new-format
ip community-list 1 permit 65000:100
 set community 65000:100 additive
 match community 1
 neighbor 192.0.2.4 send-community both
 neighbor 192.0.2.4 send-community
key chain OSPF
 key 1
 standby 1 authentication md5 key-chain OSPF
 hash md5
crypto ipsec transform-set a esp-md5-hmac esp-3des
ntp trusted-key 1
ntp server 192.0.2.3 key 1
ntp server 192.0.2.3 key 1 prefer
snmp-server host 192.0.2.1 version 3 priv zabbix
snmp-server host 192.0.2.1 traps version 3 auth zabbix
snmp-server group all v3 priv
 keepalive 10
 passive-interface default
aaa authentication login default local
 ip ospf authentication message-digest
end""",
    "huawei_vrp": """local-aaa-user password policy administrator
 password alert original
 password expire 0
ssh server cipher aes256_ctr aes128_ctr
ssh server key-exchange dh_group14_sha1
 peer 192.0.2.4 advertise-community
ip community-filter 1 permit 65000:100
 apply community 65000:100
#
return""",
    "mikrotik": """/interface wireguard peers add interface=wg public-key="abcd=" allowed-address=0.0.0.0/0
/interface wireless security-profiles set [ find default=yes ] group-key-update=5m static-transmit-key=key-0
/ip ssh set host-key-size=2048 strong-crypto=yes
/interface ovpn-client add cipher=aes256-cbc name=a
/snmp set enabled=yes trap-generators=interfaces
/ip firewall filter add action=passthrough chain=forward
/system identity set name=pinheiro""",
}
"""Lines that have none."""
LINES_OF_SECRETS = [(key, line) for key, text in HELD.items() for line in text.split("\n")]
LETTERS = st.sampled_from("abcdefghjkABCDEFGHJK0123456789!@#&*._-+")
PASSWORDS = st.text(LETTERS, min_size=6, max_size=30).filter(lambda one: one.strip("0123456789-_.") != "")


@settings(max_examples=400, deadline=None)
@given(PASSWORDS, st.sampled_from(LINES_OF_SECRETS), st.data())
def test_no_secret_is_seen_and_what_is_none_stays(secret: str, held: tuple[str, str], data: st.DataObject) -> None:
    key, line = held
    plain = BARE.get(key, BARE["cisco_ios"]).split("\n")
    above, below = (data.draw(st.lists(st.sampled_from(plain), max_size=3)) for _ in range(2))
    form = drivers()[key].form
    bare = line.replace('\\"@\\"', "@").replace('"@"', "@")
    text, shown = (
        "\n".join([*above, one, *below]) for one in (line.replace("@", secret), bare.replace("@", mark(secret)))
    )
    assert masked(text, form, mark) == shown


def test_a_secret_that_a_screen_s_end_pushed_to_the_next_line_is_none_to_be_seen() -> None:
    form = drivers()["huawei-olt"].form
    text = (
        "  snmp-agent target-host trap-paramsname milha v2c securityname cipher\n  hunter22 private-netmanager\n quit"
    )
    assert masked(text, form, mark) == text.replace("hunter22", mark("hunter22"))


def test_who_and_when_stand_in_the_devices_own_remarks() -> None:
    assert told(EXPORT, ROUTEROS) == ("joão", "2026-11-26 01:12:40")
    assert told(VRP_TEXT, VRP) == ("admin", "2026-11-26 10:00:00-03:00")
    ios = "! Last configuration change at 10:00:00 BRT Thu Nov 26 2026 by admin\n!\nversion 15.9\nend\n"
    assert told(ios, IOS) == ("admin", "10:00:00 BRT Thu Nov 26 2026")
    assert told("end\n", IOS) == ("", "")


def paired_one_by_one(gone: list[str], come: list[str]) -> list[Change]:
    """A statement gone and the one that came of the same subject, each looked for among all."""
    changes, left = [], list(come)
    for text in gone:
        key = subject(text, ROUTEROS)
        like = [one for one in left if subject(one, ROUTEROS) == key]
        if len(like) == 1 and sum(subject(one, ROUTEROS) == key for one in gone) == 1:
            left.remove(like[0])
            changes.append(Change("changed", "/ppp secret", text, like[0]))
        else:
            changes.append(Change("removed", "/ppp secret", text))
    return changes + [Change("added", "/ppp secret", after=text) for text in left]


ROWS = st.lists(st.builds("add name={} profile={}".format, st.integers(0, 5), st.integers(0, 3)), max_size=12)


@given(ROWS, ROWS)
def test_pairs_are_those_that_looking_at_each_with_each_finds(before: list[str], after: list[str]) -> None:
    gone, come = (
        list((Counter(before) - Counter(after)).elements()),
        list((Counter(after) - Counter(before)).elements()),
    )
    old, new = ([Stated("/ppp secret", text) for text in rows] for rows in (before, after))
    assert compared(old, new, ROUTEROS) == ([] if before == after else paired_one_by_one(gone, come))


def test_a_statement_s_subject_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Counter[str]()

    def counted(text: str, form: Form) -> str:
        asked[text] += 1
        return subject(text, form)

    monkeypatch.setattr(configuration_diff, "subject", counted)
    old, new = ([Stated("/ppp secret", f"add name={n} profile={way}") for n in range(300)] for way in "ab")
    assert {one.kind for one in compared(old, new, ROUTEROS)} == {"changed"}
    assert set(asked.values()) == {1}


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
