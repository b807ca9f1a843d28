"""The demo has certificates from its first start on, and never lets them end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oss import demo
from oss.access import certificates as store
from oss.base import clock
from oss.base.config import Config
from oss.base.secrets import Sealer


async def test_a_demo_makes_certificates_once_and_again_before_they_end(
    database: str, settings: Config, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.folder_of(settings.data_dir)
    await demo.prepare(sealer, settings)
    first = store.load(folder)
    assert store.subject_of(first.chain[0]) == demo.SERVER_NAME
    await demo.prepare(sealer, settings)
    assert store.load(folder).chain == first.chain
    later = clock.now() + timedelta(days=810)
    monkeypatch.setattr(clock, "now", lambda: later)
    await demo.prepare(sealer, settings)
    assert store.load(folder).chain[0].not_valid_after_utc > later + timedelta(days=800)
