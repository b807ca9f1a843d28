"""Subscribers of a FreeRADIUS, with all the oddities such tables collect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oss.access import accounts, passwords
from oss.access.imports.report import Report
from oss.access.imports.source import NoSuchTable
from oss.access.passwords import Kept
from oss.base import db, secrets
from radius import mschap
from tests.conftest import Seed

from .conftest import Import
from .radius_tables import USERINFO, clear, fill, members

Radius = tuple[str, db.Connection]
ACCOUNT = """select a.id, a.enabled, a.max_sessions, a.when_full, a.reply::text as reply, a.password_sealed,
  p.name as plan, p.down_kbps, p.up_kbps, p.pool, p.reply::text as plan_reply, u.name as customer, u.email, u.phone,
  u.street, u.city, u.state, c.due_day, c.started_on::text as started_on
from access_account a join contract c on c.id = a.contract_id join plan p on p.id = c.plan_id
join customer u on u.id = c.customer_id where a.login = $1"""
COUNTS = """select (select count(*) from access_account) + (select count(*) from contract) +
  (select count(*) from customer) + (select count(*) from plan) + (select count(*) from nas) +
  (select count(*) from session_history) + (select count(*) from audit)"""


async def account(login: str) -> Any:
    found = await db.fetchrow(ACCOUNT, login)
    assert found is not None, login
    return found


def why(report: Report, table: str, attribute: str = "") -> list[tuple[str, int, list[str]]]:
    """(reason, count, examples) of what was not taken of a table's attribute."""
    found = sorted(report.missed.items())
    return [(k.why, f.count, f.examples) for k, f in found if (k.table, k.attribute) == (table, attribute)]


async def test_a_login_comes_with_password_plan_customer_and_contract(
    radius: Radius, take: Import, sealer: secrets.Sealer
) -> None:
    await clear(radius[1], "ana")
    await fill(
        radius[1],
        "radgroupreply",
        ("Fibra 20", "Mikrotik-Rate-Limit", ":=", "10M/20M"),
        ("Fibra 20", "Framed-Pool", ":=", "clientes"),
        ("Fibra 20", "framed-ipv6-pool", "=", "v6"),
        ("Fibra 20", "Session-Timeout", ":=", "86400"),
    )
    await members(radius[1], ("ana", "Fibra 20", 1))
    report = await take(due_day=15)
    found = await account("ana")
    assert sealer.open(found["password_sealed"], f"{accounts.TABLE}/{found['id']}") == b"pw-ana"
    assert (found["plan"], found["down_kbps"], found["up_kbps"], found["pool"]) == (
        "Fibra 20",
        20_000,
        10_000,
        "clientes",
    )
    assert json.loads(found["plan_reply"]) == [["Framed-IPv6-Pool", "v6"], ["Session-Timeout", "86400"]]
    assert (found["customer"], found["due_day"], found["enabled"], found["reply"]) == ("ana", 15, True, "[]")
    assert (found["max_sessions"], found["when_full"]) == (1, "newest")
    assert report.missed == {} and report.taken["logins"] == report.taken["customers"] == report.taken["plans"] == 1
    noted = await db.fetchrow("select detail::text from audit where action = 'freeradius.imported'")
    assert json.loads(noted[0])["counts"]["logins"] == 1 and "pw-ana" not in noted[0]


async def test_logins_are_trimmed_and_lowered_and_passwords_are_not(
    radius: Radius, take: Import, sealer: secrets.Sealer
) -> None:
    await fill(
        radius[1],
        "radcheck",
        (" Ana@ISP.com.br ", "User-Password", "==", " Pw with spaces "),
        ("ana@isp.com.br", "Cleartext-Password", ":=", " Pw with spaces "),
        ("bia", "Cleartext-Password", ":=", '"quoted"'),
    )
    await members(radius[1], ("ANA@isp.com.br", "A", 1))
    report = await take()
    for login, password in (("ana@isp.com.br", b" Pw with spaces "), ("bia", b"quoted")):
        found = await account(login)
        assert sealer.open(found["password_sealed"], f"{accounts.TABLE}/{found['id']}") == password
    assert (await account("ana@isp.com.br"))["plan"] == "A"
    assert why(report, "radcheck") == [("the same login in another spelling: taken as one", 1, ["ana@isp.com.br"])]


async def test_logins_known_by_a_hash_come_with_it(radius: Radius, take: Import, sealer: secrets.Sealer) -> None:
    nt, crypt = mschap.nt_hash(b"pw"), "$1$deadbeef$0Huu6KHrKLVWfqa4WljDE0"
    await fill(
        radius[1],
        "radcheck",
        ("nt", "NT-Password", ":=", nt.hex()),
        ("unix", "Crypt-Password", ":=", crypt),
        ("several", "Crypt-Password", ":=", crypt),
        ("several", "NT-Password", ":=", nt.hex()),
        ("clear", "Cleartext-Password", ":=", "pw"),
        ("clear", "NT-Password", ":=", nt.hex()),
    )
    report = await take()
    found = await db.fetch("select login, id, password_kind, password_sealed from access_account where login !~ '^cli'")
    kept = {row["login"]: passwords.unseal(sealer, *row[1:]) for row in found}
    assert kept == {
        "nt": Kept("nt", nt),
        "unix": Kept("imported", b"{crypt}" + crypt.encode()),
        "several": Kept("nt", nt),
        "clear": Kept("clear", b"pw"),
    }
    assert why(report, "radcheck") == [] and report.taken["logins known by a hash (nt)"] == 2
    assert any("imported" in note and "PAP only" in note for note in report.notes)
    again = await take(update=True)
    assert again.taken["passwords changed"] == 0 and again.taken["logins"] == 0


async def test_damaged_hashes_and_other_logins_that_cannot_come_are_told_by_kind(radius: Radius, take: Import) -> None:
    hashed = [("Crypt-Password", "$1$abc"), ("MD5-Password", "0cc175b9"), ("NT-Password", "x"), ("SSHA-Password", "y")]
    await fill(
        radius[1],
        "radcheck",
        *((f"h{number}", name, ":=", value) for number, (name, value) in enumerate(hashed)),
        ("h4", "MD5-Password", ":=", "z"),
        ("both", "NT-Password", ":=", "n"),
        ("both", "Cleartext-Password", ":=", "clear"),
        ("header", "Password-With-Header", ":=", "{clear}open"),
        ("02:00:00:00:00:01", "Auth-Type", ":=", "Accept"),
        ("two words", "Cleartext-Password", ":=", "x"),
        ("", "Cleartext-Password", ":=", "x"),
        ("long", "Cleartext-Password", ":=", "x" * 129),
        ("empty", "Cleartext-Password", ":=", ""),
    )
    report = await take()
    logins = {row[0] for row in await db.fetch("select login from access_account where login not like 'cli%'")}
    assert logins == {"both", "header"}
    assert why(report, "radcheck", "MD5-Password")[0][1:] == (2, ["h1", "h4"])
    assert why(report, "radcheck", "NT-Password")[0][1:] == (2, ["h2", "both"])
    assert why(report, "radcheck", "Auth-Type") == [
        ("Milha asks every login for its password", 1, ["02:00:00:00:00:01"])
    ]
    left = {reason: count for reason, count, _ in why(report, "radcheck")}
    assert left == {
        "login not imported: its password is a hash Milha cannot check: give it a new one": 5,
        "login not imported: it has no password": 1,
        "login not imported: a login has 1 to 128 characters and no spaces": 2,
        "login not imported: a password has 1 to 128 octets (RFC 2865 5.2)": 2,
    }


async def test_no_value_ever_stands_in_the_report(radius: Radius, take: Import) -> None:
    secret = "hunter2-segredo"
    await clear(radius[1], "ana")
    for table in ("radcheck", "radreply", "radgroupcheck", "radgroupreply"):
        rows = [("ana", name, op, secret) for name in ("Cleartxt-Password", "Auth-Type") for op in (":=", "~=")]
        rows += [("ana", "Mikrotik-Rate-Limit", ":=", secret), ("ana", "Session-Timeout", ":=", secret)]
        rows += [("ana", "Crypt-Password", ":=", secret), ("ana", "Simultaneous-Use", ":=", secret)]
        await fill(radius[1], table, *rows)
    await radius[1].execute("insert into nas (nasname, shortname, secret) values ('router.local', 'r', $1)", secret)
    report = await take()
    assert len(report.missed) > 20
    assert secret not in json.dumps(report.as_json()) and secret not in "\n".join(report.lines())


async def test_what_switches_a_login_off_does_so_here(radius: Radius, take: Import) -> None:
    """daloRADIUS disables a user by a group whose check is Auth-Type := Reject."""
    await clear(radius[1], "rejected", "expired", "dalo", "none", "later", "vague")
    await fill(
        radius[1],
        "radcheck",
        ("rejected", "Auth-Type", ":=", "Reject"),
        ("expired", "Expiration", ":=", "31 Dec 2019"),
        ("none", "Simultaneous-Use", ":=", "0"),
        ("later", "Expiration", ":=", "31 Dec 2099"),
        ("vague", "Expiration", ":=", "one day"),
    )
    await fill(radius[1], "radgroupcheck", ("daloRADIUS-Disabled-Users", "Auth-Type", ":=", "Reject"))
    await members(radius[1], ("dalo", "daloRADIUS-Disabled-Users", 0), ("dalo", "Fibra", 1))
    report = await take()
    enabled = {login: (await account(login))["enabled"] for login in ("rejected", "expired", "dalo", "none", "later")}
    assert enabled == {"rejected": False, "expired": False, "dalo": False, "none": False, "later": True}
    assert (await account("dalo"))["plan"] == "Fibra" and report.taken["plans"] == 2
    assert [found[2] for found in why(report, "radcheck", "Expiration")] == [["later"], ["vague"]]
    assert await db.fetchval("select count(*) from plan where name like 'dalo%'") == 0


async def test_simultaneous_use_denies_as_freeradius_does(radius: Radius, take: Import) -> None:
    await clear(radius[1], "own", "group", "many")
    await fill(
        radius[1], "radcheck", ("own", "Simultaneous-Use", ":=", "3"), ("many", "Simultaneous-Use", ":=", "9999")
    )
    await fill(radius[1], "radgroupcheck", ("G", "Simultaneous-Use", ":=", "2"))
    await members(radius[1], ("own", "G", 1), ("group", "G", 1))
    report = await take()
    sessions = {login: tuple(await account(login))[2:4] for login in ("own", "group", "many")}
    assert sessions == {"own": (3, "deny"), "group": (2, "deny"), "many": (1000, "deny")}
    assert why(report, "radcheck", "Simultaneous-Use") == [("at most 1000 sessions at once", 1, ["many"])]


async def test_the_first_group_is_the_plan_and_the_others_are_told(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana", "bia")
    await members(radius[1], ("ana", "B", 2), ("ana", "A", 1), ("ana", "A", 1), ("bia", "C", 1), ("bia", "D", 1))
    await members(radius[1], ("gone", "A", 1))
    report = await take()
    assert ((await account("ana"))["plan"], (await account("bia"))["plan"]) == ("A", "C")
    assert why(report, "radusergroup", "B") == [("a login has one plan: that of its first group", 1, ["ana"])]
    assert why(report, "radusergroup") == [("of a login that radcheck does not know", 1, ["A"])]


async def test_a_members_own_speed_and_pool_make_a_plan_of_their_own(radius: Radius, take: Import) -> None:
    await clear(radius[1], "same", "fast", "pool", "alone", "bare")
    await fill(radius[1], "radgroupreply", ("G", "Mikrotik-Rate-Limit", "=", "5M/10M"))
    await fill(
        radius[1],
        "radreply",
        ("fast", "Mikrotik-Rate-Limit", ":=", "50M/100M"),
        ("pool", "Framed-Pool", ":=", "fixed"),
        ("alone", "Mikrotik-Rate-Limit", ":=", "1M/2M"),
    )
    await members(radius[1], *((login, "G", 1) for login in ("same", "fast", "pool")))
    report = await take()
    named = {login: tuple(await account(login))[6:10] for login in ("same", "fast", "pool", "alone", "bare")}
    assert named == {
        "same": ("G", 10_000, 5_000, None),
        "fast": ("G 100M/50M", 100_000, 50_000, None),
        "pool": ("G fixed", 10_000, 5_000, "fixed"),
        "alone": ("FreeRADIUS 2M/1M", 2_000, 1_000, None),
        "bare": ("FreeRADIUS 1000M/1000M", 1_000_000, 1_000_000, None),
    }
    assert why(report, "radgroupreply") == [
        ("no speed is known: 1000M/1000M was given to it (--speed)", 1, ["(no group)"])
    ]


async def test_the_operators_of_replies_do_what_freeradius_does(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana")
    await fill(
        radius[1],
        "radreply",
        ("Ana", "Framed-Route", "=", "10.1.0.0/24 0.0.0.0 1"),
        ("ana", "Framed-Route", "+=", "10.2.0.0/24 0.0.0.0 1"),
        ("ana", "Framed-Route", "=", "10.3.0.0/24 0.0.0.0 1"),
        ("ana", "Idle-Timeout", "=", "60"),
        ("ana", "Idle-Timeout", ":=", "90"),
        ("ana", "Session-Timeout", "=", "100"),
        ("ana", "Filter-Id", "==", "x"),
        ("ana", "Fall-Through", "=", "Yes"),
    )
    await fill(radius[1], "radgroupreply", ("G", "Session-Timeout", ":=", "200"), ("G", "Filter-Id", "=", "g"))
    await members(radius[1], ("ana", "G", 1))
    report = await take()
    found = await account("ana")
    assert json.loads(found["reply"]) == [
        ["Framed-Route", "10.1.0.0/24 0.0.0.0 1"],
        ["Framed-Route", "10.2.0.0/24 0.0.0.0 1"],
        ["Idle-Timeout", "90"],
    ]
    assert json.loads(found["plan_reply"]) == [["Session-Timeout", "200"], ["Filter-Id", "g"]]
    assert why(report, "radreply", "Filter-Id")[0][0] == "no operator of a reply"
    told = "the group sets it with := and FreeRADIUS reads the group last"
    assert why(report, "radreply", "Session-Timeout") == [(told, 1, ["ana"])]


async def test_attributes_are_taken_where_the_dictionary_knows_them(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana")
    await fill(
        radius[1],
        "radreply",
        ("ana", "Framed-IP-Address", ":=", "10.0.0.7"),
        ("ana", "Delegated-IPv6-Prefix", ":=", "2001:db8:7::/56"),
        ("ana", "Framed-IPv6-Prefix", ":=", "2001:db8::/200"),
        ("ana", "My-Own-Attribute", ":=", "x"),
        ("ana", "Class", ":=", "gold"),
        ("ana", "Reply-Message", "=", "`%{User-Name}`"),
        ("ana", "Acct-Interim-Interval", ":=", "60"),
        ("nobody", "Session-Timeout", ":=", "1"),
    )
    report = await take()
    found = json.loads((await account("ana"))["reply"])
    assert found == [["Framed-IP-Address", "10.0.0.7"], ["Delegated-IPv6-Prefix", "2001:db8:7::/56"]]
    told = {kind.attribute: kind.why for kind in report.missed if kind.table == "radreply"}
    assert told == {
        "Framed-IPv6-Prefix": "the attribute has no such value",
        "My-Own-Attribute": "no such attribute in the dictionary",
        "Class": "Milha marks its sessions with Class",
        "Reply-Message": "an expression is not worked out",
        "Acct-Interim-Interval": "interims are the NAS's, not a login's",
        "Session-Timeout": "of a login that radcheck does not know",
    }


@pytest.mark.parametrize(
    ("replies", "down", "up", "told"),
    [
        ([("WISPr-Bandwidth-Max-Down", "2000000"), ("WISPr-Bandwidth-Max-Up", "1000000")], 2_000, 1_000, []),
        ([("Huawei-Output-Average-Rate", "2000000"), ("Huawei-Input-Average-Rate", "1000000")], 2_000, 1_000, []),
        ([("Ascend-Xmit-Rate", "2000000"), ("Ascend-Data-Rate", "1000000")], 2_000, 1_000, []),
        ([("Mikrotik-Rate-Limit", "1M/2M 2M/4M")], 2_000, 1_000, ["Mikrotik-Rate-Limit"]),
        (
            [("Mikrotik-Rate-Limit", "1M/2M"), ("Huawei-Output-Peak-Rate", "9")],
            2_000,
            1_000,
            ["Huawei-Output-Peak-Rate"],
        ),
        (
            [
                ("Mikrotik-Rate-Limit", "1M/2M"),
                ("WISPr-Bandwidth-Max-Down", "1"),
                ("WISPr-Bandwidth-Max-Up", "1000000"),
            ],
            *(2_000, 1_000, ["WISPr-Bandwidth-Max-Down", "WISPr-Bandwidth-Max-Up"]),
        ),
        ([("Mikrotik-Rate-Limit", "fast")], 1_000_000, 1_000_000, ["", "Mikrotik-Rate-Limit"]),
        ([("ZTE-Rate-Ctrl-SCR-Down", "9")], 1_000_000, 1_000_000, ["", "ZTE-Rate-Ctrl-SCR-Down"]),
        ([("WISPr-Bandwidth-Max-Down", "2000000")], 1_000_000, 1_000_000, ["", "WISPr-Bandwidth-Max-Down"]),
    ],
)
async def test_a_groups_speed_is_read_in_its_makers_words(
    radius: Radius, take: Import, replies: list[tuple[str, str]], down: int, up: int, told: list[str]
) -> None:
    await clear(radius[1], "ana")
    await fill(radius[1], "radgroupreply", *(("G", name, ":=", value) for name, value in replies))
    await members(radius[1], ("ana", "G", 1))
    report = await take()
    found = await account("ana")
    assert (found["down_kbps"], found["up_kbps"], found["plan_reply"]) == (down, up, "[]")
    assert sorted(kind.attribute for kind in report.missed if kind.table == "radgroupreply") == told


async def test_daloradius_knows_the_person(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana", "firm", "odd")
    await radius[1].execute(USERINFO)
    await radius[1].execute(
        """insert into userinfo (username, firstname, lastname, email, mobilephone, address, city, state, creationdate)
        values ('Ana', 'Ana', 'Peçanha', 'ana@example.com', '(35) 9 9999-0000', 'Rua do Ipê, 1', 'Lavras', 'mg',
        '2021-03-04 10:00:00'), ('odd', '', '', repeat('x', 170), null, null, null, 'Minas Gerais', null)"""
    )
    await radius[1].execute("insert into userinfo (username, company) values ('firm', 'Padaria Ltda')")
    report = await take()
    found = tuple(await account("ana"))[11:]
    where = ("Ana Peçanha", "ana@example.com", "35999990000", "Rua do Ipê, 1", "Lavras", "MG")
    assert found == (*where, 10, "2021-03-04")
    assert (await account("firm"))["customer"] == "Padaria Ltda" and (await account("odd"))["customer"] == "odd"
    assert [why(report, "userinfo", column)[0][2] for column in ("email", "state")] == [["odd"], ["odd"]]


async def test_what_exists_already_is_left_alone(
    radius: Radius, take: Import, seed: Seed, sealer: secrets.Sealer
) -> None:
    await fill(
        radius[1], "radcheck", ("CLI1", "Cleartext-Password", ":=", "other"), ("new", "User-Password", ":=", "n")
    )
    await members(radius[1], ("cli1", "Fibra 500", 1), ("new", "Fibra 500", 1))
    report = await take()
    found = await account("cli1")
    assert sealer.open(found["password_sealed"], f"{accounts.TABLE}/{found['id']}") == b"pw1"
    assert (await account("new"))["down_kbps"] == 500_000 and report.left == {"plans": 1, "logins": 1}
    before = await db.fetchval(COUNTS)
    again = await take()
    assert again.taken["logins"] == 0 and again.left["logins"] == 2
    assert await db.fetchval(COUNTS) == before + 1  # the audit's note of the second run


async def test_an_update_brings_password_and_plan(
    radius: Radius, take: Import, seed: Seed, sealer: secrets.Sealer
) -> None:
    await fill(radius[1], "radcheck", *((f"cli{n}", "Cleartext-Password", ":=", f"pw{min(n, 2)}") for n in (1, 2, 3)))
    await members(radius[1], *((f"cli{n}", "Outro" if n == 1 else "Fibra 500", 1) for n in (1, 2, 3)))
    report = await take(update=True)
    assert (report.taken["passwords changed"], report.taken["contracts moved to another plan"]) == (1, 1)
    first, third = await account("cli1"), await account("cli3")
    assert (first["plan"], third["plan"]) == ("Outro", "Fibra 500")
    assert sealer.open(third["password_sealed"], f"{accounts.TABLE}/{third['id']}") == b"pw2"


async def test_a_dry_run_says_the_same_and_changes_nothing(radius: Radius, take: Import, seed: Seed) -> None:
    await clear(radius[1], "ana", "bia")
    await fill(radius[1], "radcheck", ("ana", "Called-Station-Id", "==", "pppoe-centro"))
    await radius[1].execute("insert into nas (nasname, shortname, secret) values ('10.0.0.1', 'r', 's')")
    await radius[1].execute(
        """insert into radacct (acctsessionid, username, nasipaddress, acctstarttime, acctstoptime) values
        ('1', 'ana', '10.0.0.1', '2024-01-02 03:00:00+00', '2024-01-02 04:00:00+00')"""
    )
    before = await db.fetchval(COUNTS)
    dry = await take(dry_run=True)
    assert await db.fetchval(COUNTS) == before
    assert await db.fetchval("select to_regclass('session_history_2024_01')") is None
    wet = await take()
    assert dry.as_json() == wet.as_json() and wet.taken["logins"] == 2 and wet.taken["sessions"] == 1
    assert why(wet, "radcheck", "Called-Station-Id")[0][1:] == (1, ["ana"])


async def test_a_database_that_is_no_freeradius_is_refused(radius: Radius, take: Import) -> None:
    await radius[1].execute("drop table radcheck")
    with pytest.raises(NoSuchTable, match="radcheck"):
        await take()


async def test_only_radcheck_need_be_there(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana")
    await radius[1].execute("drop table radreply, radgroupreply, radgroupcheck, radusergroup, nas, radacct")
    assert (await take()).taken["logins"] == 1


async def test_a_calling_station_that_is_asked_for_is_a_fixed_line_here(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana", "bia")
    await fill(
        radius[1],
        "radcheck",
        ("ana", "Calling-Station-Id", "==", "AABB.CC00.0001"),
        ("bia", "Calling-Station-Id", "==", "+55 35 99999"),
    )
    report = await take()
    rows = await db.fetch("select login, binding, bound::text from access_account where login in ('ana', 'bia')")
    assert {tuple(row) for row in rows} == {("ana", "fixed", '{"mac": "aa:bb:cc:00:00:01"}'), ("bia", None, "{}")}
    assert report.taken["logins bound to their line"] == 1
    assert why(report, "radcheck", "Calling-Station-Id") == [("is not a MAC address: bind it by hand", 1, ["bia"])]
