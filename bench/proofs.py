"""Before anything is measured: does the server check what a fast one could leave out?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

from bench import generator, probe, subscribers
from bench.cases import Server
from bench.table import Proof

SEEN = """create table bench_seen (fsync text, synchronous_commit text, full_page_writes text,
  primary key (fsync, synchronous_commit, full_page_writes));
grant all on bench_seen to public;
create function bench_see() returns trigger language plpgsql as $$ begin
  insert into public.bench_seen values (current_setting('fsync'), current_setting('synchronous_commit'),
    current_setting('full_page_writes')) on conflict do nothing;
  return null; end $$;
create trigger bench_see after insert on {table} for each statement execute function bench_see()"""
GONE = "drop function bench_see() cascade; drop table bench_seen"


async def of(
    server: Server, program: Path, auth_port: int, acct_port: int, admin: asyncpg.Connection
) -> AsyncIterator[Proof]:
    """Everything that is tried on a running server."""
    yield await _signature(server, auth_port, "none", "a login without Message-Authenticator is dropped")
    yield await _signature(server, auth_port, "wrong", "a login with a wrong Message-Authenticator is dropped")
    yield await _passwords(server, program, auth_port)
    yield await _duplicates(server, program, auth_port)
    yield await _settings(server, program, acct_port, admin)


async def _signature(server: Server, port: int, sign: probe.Sign, what: str) -> Proof:
    packet = probe.access_request(
        subscribers.login(1), subscribers.password(1), subscribers.SECRET.encode(), sign, ident=7
    )
    answer = await asyncio.to_thread(probe.ask, port, packet, 1.0)
    return Proof(server.says, what, answer is None, "no answer" if answer is None else f"code {answer[0]}")


async def _passwords(server: Server, program: Path, port: int) -> Proof:
    """A fifth of the logins with a wrong password: those and only those are rejected."""
    found = await generator.load(program, port, "pap", seconds=2, warm_up=0, wrong_passwords=20, timeout=5)
    holds = bool(found["all_ok"]) and not (found["bad_attr"] or found["rejected"] or found["lost"])
    said = f"{found['all_ok']:,} right answers, {found['bad_attr'] + found['rejected']} wrong ones"
    return Proof(server.says, "wrong passwords are rejected, right ones are not", holds, said)


async def _duplicates(server: Server, program: Path, port: int) -> Proof:
    """MS-CHAPv2 answers carry keys salted at random: only a kept answer comes twice with the same octets."""
    found = await generator.load(program, port, "mschap2", seconds=1, warm_up=0, outstanding=16, duplicates=True)
    same, different = found["same_duplicates"], found["different_duplicates"]
    refused = found["rejected"] + found["bad_attr"]  # a rejection is the same each time, kept or not
    holds = bool(found["all_ok"]) and not (different or refused or found["lost"])
    said = f"{same:,} the same, {different:,} different, {refused:,} that were no whole Access-Accept"
    return Proof(server.says, "a repeated MS-CHAPv2 login gets its first answer again", holds, said)


async def _settings(server: Server, program: Path, port: int, admin: asyncpg.Connection) -> Proof:
    """A trigger notes the settings in force in the transactions that write accounting, on the server's connections."""
    table = "session_open" if server.side == "milha" else "radacct"
    await admin.execute(SEEN.format(table=table))
    try:
        await generator.load(program, port, "acct", seconds=1, warm_up=0)
        seen: list[tuple[str, ...]] = []
        for _ in range(50):
            seen = [tuple(row) for row in await admin.fetch("select * from bench_seen")]
            if seen:
                break
            await asyncio.sleep(0.1)
    finally:
        await admin.execute(GONE)
    said = "; ".join("fsync {}, synchronous_commit {}, full_page_writes {}".format(*one) for one in seen) or "no rows"
    what = "durability settings on the server's own connections, in the transactions that write accounting"
    return Proof(server.says, what, seen == [("on", "on", "on")], said)
