"""Connections to PostgreSQL by themselves, without the ORM: for other threads, other processes, LISTEN and locks."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

Connection = Any  # asyncpg's connection or its pool proxy; asyncpg ships no types
# What asyncpg raises when the database is away or goes away: try again later, nothing is wrong with the statement.
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # of a connection whose server said farewell while it was idle
)


def credentials(dsn: str) -> dict[str, Any]:
    """asyncpg keyword arguments from a URL; ``host`` in the query names a Unix socket folder."""
    parts = urlsplit(dsn)
    query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    found: dict[str, Any] = {
        "host": query.get("host") or parts.hostname or "localhost",
        "port": int(query.get("port") or parts.port or 5432),
        "user": unquote(parts.username or query.get("user") or "milha"),
        "password": unquote(parts.password) if parts.password else None,
        "database": unquote(parts.path.strip("/")),
    }
    if query.get("sslmode") in ("require", "verify-ca", "verify-full"):
        found["ssl"] = ssl.create_default_context()
        if query["sslmode"] == "require":
            found["ssl"].check_hostname, found["ssl"].verify_mode = False, ssl.CERT_NONE
    return found


async def connect(dsn: str, name: str = "milha") -> Connection:
    """One connection outside the pool: for LISTEN, for locks, for another thread's loop."""
    return await asyncpg.connect(**credentials(dsn), server_settings={"application_name": name})
