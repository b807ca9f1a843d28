"""How long samples are kept, by how fine they are.

A day is rolled up an hour after its end and a month a day after its own, so that each is kept for longer than that.
"""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("sample_raw", "samples as they were taken", "at", 7, 3, partitions="day"))
keep(Subject("sample_5m", "samples by five minutes", "starts_at", 90, 40, partitions="month"))
keep(Subject("sample_1h", "samples by the hour", "starts_at", 730, 62))
keep(Subject("device_event", "traps of devices", "at", 90))
keep(Subject("sample_object", "what was sampled", "seen_at", days=800, fixed=True))
keep(Subject("sample_roll", "days and months of samples", "starts_at", days=800, fixed=True))
keep(Subject("device_search", "searches for devices", "started_at", 30))
