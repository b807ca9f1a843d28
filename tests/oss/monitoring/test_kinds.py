"""Kinds: numbers and places are what stored rows are read by."""

from __future__ import annotations

import pytest

from oss.base.problems import NotFound
from oss.monitoring import kinds
from oss.monitoring.kinds import BY_NUMBER, KINDS

# Rows are read by these. A number or a place may be added at the end, and none may change.
STORED = {
    "interface": "1 in_bps out_bps in_pps out_pps in_errors_s out_errors_s in_discards_s out_discards_s oper",
    "device": "2 cpu_pct memory_pct temperature_c uptime_s sessions",
    "sensor": "3 value",
    "onu": "4 rx_dbm tx_dbm olt_rx_dbm distance_m state",
    "ping": "5 rtt_ms loss_pct",
    "server": "6 requests_s accepts_s rejects_s drops_s aaa_lag_ms main_lag_ms journal_lag p99_ms sample_drops_s",
    "nas": "7 sessions in_bps out_bps",
}


def test_stored_rows_can_still_be_read() -> None:
    found = {name: " ".join([str(kind.number), *(m.name for m in kind.metrics)]) for name, kind in KINDS.items()}
    assert {name: found[name][: len(text)] for name, text in STORED.items()} == STORED
    assert len(BY_NUMBER) == len(KINDS)


def test_an_unknown_kind_or_metric_is_not_found() -> None:
    with pytest.raises(NotFound):
        kinds.named("toaster")
    with pytest.raises(NotFound):
        kinds.INTERFACE.place("slices")
    assert kinds.named("onu").metric("olt_rx_dbm").low
