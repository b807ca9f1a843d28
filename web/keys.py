"""What the web application is given by the roof, under typed keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from oss.access.aaa import Snapshot
from oss.base.config import Config
from oss.base.secrets import Sealer
from oss.base.supervisor import HealthBoard

CONFIG = web.AppKey("config", Config)
SEALER = web.AppKey("sealer", Sealer)
HEALTH = web.AppKey("health", HealthBoard)
SNAPSHOT: web.AppKey[Callable[[], Snapshot | None]] = web.AppKey("snapshot", Callable[[], Any])  # type: ignore[arg-type]
PERMISSIONS: web.AppKey[dict[web.AbstractRoute, str]] = web.AppKey("permissions", dict)
FRESH: web.AppKey[set[web.AbstractRoute]] = web.AppKey("fresh", set)  # routes that want a proof of the last minutes
STATS: web.AppKey[Callable[[], dict[str, Any]]] = web.AppKey("stats", Callable[[], Any])  # type: ignore[arg-type]
