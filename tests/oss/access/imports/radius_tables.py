"""A FreeRADIUS's tables (and daloRADIUS's) in a PostgreSQL database of their own."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oss.base import db
from tests.conftest import renamed

_numbers = itertools.count(1)
PAIRS = """id serial primary key, {owner} text not null default '', attribute text not null default '',
  op varchar(2) not null default '==', value text not null default ''"""
TABLES = f"""
create table radcheck ({PAIRS.format(owner="username")});
create table radreply ({PAIRS.format(owner="username")});
create table radgroupcheck ({PAIRS.format(owner="groupname")});
create table radgroupreply ({PAIRS.format(owner="groupname")});
create table radusergroup (id serial primary key, username text not null, groupname text not null,
  priority integer not null default 0);
create table nas (id serial primary key, nasname text not null, shortname text not null, type text not null
  default 'other', ports integer, secret text not null, server text, community text, description text);
create table radacct (radacctid bigserial primary key, acctsessionid text not null, acctuniqueid text, username text,
  realm text, nasipaddress inet not null, nasportid text, acctstarttime timestamptz, acctupdatetime timestamptz,
  acctstoptime timestamptz, acctsessiontime bigint, acctinputoctets numeric, acctoutputoctets numeric,
  calledstationid text, callingstationid text, acctterminatecause text, framedipaddress inet, framedipv6prefix inet,
  delegatedipv6prefix inet);
"""
USERINFO = """create table userinfo (id serial, username text, firstname text, lastname text, email text,
  company text, workphone text, homephone text, mobilephone text, address text, city text, state text,
  creationdate timestamp)"""


@asynccontextmanager
async def radius_database(server: str) -> AsyncIterator[tuple[str, db.Connection]]:
    """The DSN of empty tables, and a connection to fill them."""
    name = f"radius_{os.getpid()}_{next(_numbers)}"
    maintenance = await db.connect(server)
    await maintenance.execute(f"create database {name}")
    connection = await db.connect(renamed(server, name))
    await connection.execute(TABLES)
    try:
        yield renamed(server, name), connection
    finally:
        await connection.close()
        await maintenance.execute(f"drop database {name} with (force)")
        await maintenance.close()


async def fill(connection: db.Connection, table: str, *rows: tuple[object, ...]) -> None:
    """Rows of radcheck, radreply, radgroupcheck or radgroupreply: (owner, attribute, op, value)."""
    owner = "groupname" if "group" in table else "username"
    sql = f"insert into {table} ({owner}, attribute, op, value) values ($1, $2, $3, $4)"
    await connection.executemany(sql, rows)


async def members(connection: db.Connection, *rows: tuple[str, str, int]) -> None:
    """Rows of radusergroup: (login, group, priority)."""
    await connection.executemany("insert into radusergroup (username, groupname, priority) values ($1, $2, $3)", rows)


async def clear(connection: db.Connection, *logins: str) -> None:
    """Logins with a password in clear, pw-LOGIN."""
    await fill(connection, "radcheck", *((login, "Cleartext-Password", ":=", f"pw-{login}") for login in logins))
