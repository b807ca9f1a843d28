"""What this room keeps of the network, and for how long if nobody says otherwise.

Connection records (who had which address, from when to when) are kept at least a year by whoever provides access:
Marco Civil da Internet, law 12.965/2014, art. 13. The year is counted from a session's end.
"""

from __future__ import annotations

from oss.base.retention import Subject, keep

YEAR = 365

keep(Subject("session_history", "ended sessions", "started_at", 400, YEAR, "law", partitions="month", ended="ended_at"))
keep(Subject("session_address", "addresses that sessions had", "until_at", 400, YEAR, "law"))
keep(Subject("staff_session", "administrators' sessions on routers", "started_at", 400, 90))
keep(Subject("auth_log", "logins", "at", 180, 7, partitions="month"))
keep(Subject("auth_reject", "refused logins by minute", "minute", 90, 7))
keep(Subject("enforcement", "changes of the network", "ended_at", 180, 7))
keep(Subject("auth_minute", "login figures by minute", "minute", 60, 8, "week"))
keep(Subject("nas_knock", "unknown routers that asked", "last_at", 30))
keep(Subject("nas_tally", "what routers sent, by five minutes", "slot", days=3, fixed=True))
keep(Subject("nas_state", "routers as nodes hear them", "heard_at", days=30, fixed=True))
