"""Schemathesis over the whole document against a running server: no 5xx, every answer as documented."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from typing import Any
from unittest import SkipTest

import pytest
from aiohttp import web

from oss.base import db, secrets
from oss.network import device_links
from oss.staff import tokens
from tests.conftest import TESTER, Seed

EXAMPLES = 8  # of each operation, by the document and against it
SEED = 5
pytestmark = pytest.mark.slow


def explored(url: str, token: str) -> tuple[int, list[str]]:
    """How many requests were sent, and what was wrong with which; in a thread: its requests are synchronous."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis import GenerationMode
    from schemathesis.core.failures import FailureGroup

    # No schema says which ids, cursors and names exist; that a token is needed is asked in test_permissions.py.
    from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    wrong: list[str] = []
    sent = 0
    headers = {"Authorization": f"Bearer {token}"}
    quiet = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    for operation, mode in itertools.product((one.ok() for one in schema.get_all_operations()), GenerationMode):
        if operation.definition.raw.get("operationId") == "revoke_token":  # would end our own
            continue

        @seed(SEED)
        @quiet
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal sent
            sent += 1
            case.headers = {**(case.headers or {}), **headers}
            try:
                case.call_and_validate(base_url=url, excluded_checks=[ignored_auth, positive_data_acceptance])
            except FailureGroup as failures:  # every one is told, not the first alone
                wrong.extend(f"{case.operation.label}: {one}"[:800] for one in failures.exceptions)

        with contextlib.suppress(Unsatisfiable, SkipTest):  # nothing can be wrong with what takes nothing
            ask()
    return sent, wrong


async def test_the_whole_document_holds_against_a_running_server(
    web_app: web.Application, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "schemathesis", "admin")
    runner = web.AppRunner(web_app)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await web.SockSite(runner, listening).start()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with asyncio.timeout(600), device_links.holding(sealer):
                sent, wrong = await asyncio.to_thread(explored, url, token)
        finally:
            await runner.cleanup()
    assert sent > 500
    assert wrong == [], "\n".join(wrong)
