"""API: how a session with a device is, what was said in it, and the key that is believed by hand."""

from __future__ import annotations

import pytest

from oss.base import db, secrets
from oss.drivers.problems import KeyChanged
from oss.network import configurations, device_links
from tests.conftest import Seed
from tests.oss.access.olts import olt

from .conftest import Caller


async def test_a_session_is_told_searched_and_its_new_key_believed(
    ask: Caller, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with olt("huawei-olt", sealer) as one, device_links.holding(sealer) as keeper:
        path = f"/devices/{one.device_id}"
        assert (await ask("GET", f"{path}/session")).body["open_since"] is None
        await configurations.take(sealer, one.device_id, "asked", "ana")
        await keeper.tell()
        found = (await ask("GET", f"{path}/session")).body
        assert found["open_since"] and found["problem"] is None and found["budget"]["cli"]["total"] > 0
        said = (await ask("GET", f"{path}/transcript?limit=1&asked_by=ana")).body
        more = (await ask("GET", f"{path}/transcript?cursor={said['next']}")).body
        assert more["items"][0]["id"] < said["items"][0]["id"]
        turn = (await ask("GET", f"{path}/transcript/{said['items'][0]['act']}")).body
        assert turn["asked_by"] == "ana" and turn["items"][-1]["id"] == said["items"][0]["id"]
        await db.execute("update device set ssh_host_key = 'ssh-ed25519 AAAA' where id = $1", one.device_id)
        with pytest.raises(KeyChanged):
            await configurations.take(sealer, one.device_id, "asked", "ana")
        await keeper.tell()
        (shown,) = (await ask("GET", f"{path}/session")).body["shown_keys"]
        wrong = {"column": shown["column"], "key": "ssh-ed25519 BBBB"}
        assert (await ask("PATCH", f"{path}/session/key", wrong)).status == 409
        right = {"column": shown["column"], "key": shown["key"]}
        assert (await ask("PATCH", f"{path}/session/key", right)).body["shown_keys"] == []
        await configurations.take(sealer, one.device_id, "asked", "ana")


async def test_a_device_that_is_none_has_no_session(ask: Caller, seed: Seed) -> None:
    for path in ("session", "transcript", "transcript/0123456789abcdef"):
        assert (await ask("GET", f"/devices/7/{path}")).status == 404
