"""The session with an OLT as it stands after a day of work: open, a key that changed, a budget, what was said."""

from __future__ import annotations

from oss.base import db

OLT = "select min(id) from device where role = 'olt'"
REACHED = f"""update device set cli_protocol = 'ssh', cli_user = 'milha', ssh_host_key =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFJvdXRlcnMgYW5kIE9MVHMgaGF2ZSBrZXlzIG9m' where id = ({OLT})"""
SESSION = f"""insert into device_session (device_id, node, open_since, busy, waiting, done_at, failed_at, problem,
  facts, budget, seen_ssh_key, seen_at)
select ({OLT}), 'milha', null, false, 0, now() - interval '2 hours', now() - interval '4 minutes', 'key-changed',
  '{{"name": "OLT", "seen": "SHA256:2xY0kz1mFQbTnqv0sGd1lqj6r0Yb6cJm7r8hVnE3aQs"}}',
  '{{"cli": {{"per_minute": 300, "burst": 20, "last_minute": 12, "most": 188, "total": 4210, "waiting": 0}},
     "snmp": {{"per_minute": 3000, "burst": 100, "last_minute": 640, "most": 1210, "total": 90412, "waiting": 0}}}}',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5ldyBrZXlzIGFyZSBiZWxpZXZlZCBieSBwZW9w', now() - interval '4 minutes'"""
SAID = f"""insert into device_transcript (device_id, at, act, what, asked_by, via, command, answer, took_ms, failure)
select ({OLT}), now() - make_interval(mins => 20 - n), '00000000000000a' || n / 4, what, who, 'ssh', command, answer,
  40 + 31 * n, failure
from unnest(
  array[0, 1, 2, 4, 5], array['configuration', 'configuration', 'configuration', 'reboot', 'reboot'],
  array['system:backup', 'system:backup', 'system:backup', 'ana', 'ana'],
  array['enable', 'undo smart', 'display ont info 0 1 all', 'interface gpon 0/1', 'ont reset 6 99'],
  array['', '',
    E'  F/S/P   ONT         SN         Control     Run\\n  0/ 1/0    0  48575443A1B2C3D4  active      online',
    '', 'Failure: The ONT does not exist'],
  array['', '', '', '', 'command-refused']) t(n, what, who, command, answer, failure)"""


async def furnish(connection: db.Connection) -> None:
    """Into the first OLT."""
    for sql in (REACHED, SESSION, SAID):
        await connection.execute(sql)
