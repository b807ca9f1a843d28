"""One POST of JSON to somebody else's server: bounded in time and size, and no redirect is followed."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from oss.monitoring.channels import NotTold

TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
MOST_OCTETS = 4_096


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The first octets of a 2xx answer; raises NotTold. An address may hold a secret, so no error names it."""
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.post(
                url, data=body, headers={"Content-Type": "application/json", **headers}, allow_redirects=False
            ) as answer,
        ):
            said = await answer.content.read(MOST_OCTETS)
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        raise NotTold(why=type(error).__name__) from None
    if answer.status // 100 != 2:
        raise NotTold(why=f"HTTP {answer.status}")
    return said
