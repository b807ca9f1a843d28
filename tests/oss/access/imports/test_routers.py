"""NAS of a FreeRADIUS: address, secret, maker and interim."""

from __future__ import annotations

from oss.access import nas
from oss.base import db, secrets

from .conftest import Import
from .radius_tables import clear, fill
from .test_freeradius import Radius, why


async def test_nas_come_with_secret_maker_and_interim(radius: Radius, take: Import, sealer: secrets.Sealer) -> None:
    sql = "insert into nas (nasname, shortname, type, secret) values ($1, $2, $3, $4)"
    await radius[1].executemany(
        sql,
        [
            ("10.0.0.1", "bng-1", "mikrotik", "s1"),
            ("10.0.1.0/24", "bng-1", "other", "s2"),
            ("2001:db8::1", "", "cisco-9000", "s3"),
            ("router.example", "r", "other", "s4"),
            ("10.0.0.9", "no-secret", "other", ""),
            ("127.0.0.1", "there", "other", "s5"),
        ],
    )
    await clear(radius[1], "ana")
    for number, interim in enumerate(("600", "600", "60")):
        rows = (
            (f"G{number}", "Acct-Interim-Interval", ":=", interim),
            (f"G{number}", "Mikrotik-Rate-Limit", ":=", "1M"),
        )
        await fill(radius[1], "radgroupreply", *rows)
    report = await take()
    rows = await db.fetch(
        "select name, network, vendor, interim_s, id, secret_sealed from nas where network <> '127.0.0.1' order by id"
    )
    assert [tuple(row)[:4] for row in rows] == [
        ("bng-1", "10.0.0.1", "mikrotik", 600),
        ("bng-1 10.0.1.0/24", "10.0.1.0/24", "mikrotik", 600),
        ("2001:db8::1", "2001:db8::1", "standard", 600),
    ]
    opened = [sealer.open(row["secret_sealed"], f"{nas.TABLE}/{row['id']}") for row in rows]
    assert opened == [b"s1", b"s2", b"s3"] and report.left["NAS"] == 1
    assert why(report, "nas", "nasname") == [("a host name: give its address", 1, ["router.example"])]
    assert why(report, "nas", "secret")[0][2] == ["10.0.0.9"] and why(report, "nas", "type")[0][2] == ["2001:db8::1"]
    assert why(report, "radgroupreply", "Acct-Interim-Interval")[0][2] == ["G2"]


async def test_a_router_of_any_make_is_mikrotik_where_the_logins_are(radius: Radius, take: Import) -> None:
    await clear(radius[1], "ana")
    await radius[1].execute("insert into nas (nasname, shortname, secret) values ('10.0.0.1', 'r1', 's')")
    await fill(radius[1], "radgroupreply", ("G", "Framed-Pool", ":=", "x"))
    await take()
    await fill(radius[1], "radreply", ("ana", "Mikrotik-Rate-Limit", ":=", "1M"))
    await radius[1].execute("insert into nas (nasname, shortname, secret) values ('10.0.0.2', 'r2', 's')")
    await take()
    rows = await db.fetch("select name, vendor from nas where name like 'r_'")
    assert dict(map(tuple, rows)) == {"r1": "standard", "r2": "mikrotik"}
