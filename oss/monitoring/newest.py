"""The newest value of everything that is sampled, in Prometheus' text format, piece by piece and bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from oss.base import db
from oss.monitoring import objects
from oss.monitoring.kinds import KINDS, Kind

MOST_VALUES = 200_000  # lines of one scrape (25 MB); what is beyond is said to be left out
OWNERS_AT_ONCE, LINES_AT_ONCE = 20, 500
FRESH = "10 minutes"

OWNERS = """select distinct owner_id from sample_object where kind = $1 and seen_at > now() - interval '2 days'
order by 1"""
LAST = f"""select w.owner_id, s.at, s.objects, s.metrics from unnest($1::int[]) w(owner_id) cross join lateral (
  select at, objects, metrics from sample_raw where owner_id = w.owner_id and kind = $2
  and at > now() - interval '{FRESH}' and at < now() + interval '1 minute' order by at desc limit 1) s"""


async def exposition(connection: db.Connection, only: Kind | None = None) -> AsyncIterator[str]:
    """Lines ``milha_<kind>_<metric>{owner=, object=, name=} value milliseconds``; what was not told is left out."""
    left = MOST_VALUES
    for kind in [only] if only is not None else KINDS.values():
        lines: dict[str, list[str]] = {metric.name: [] for metric in kind.metrics}
        async for row in _newest(connection, kind):
            names = {one.id: one.name for one in await objects.named(connection, kind, row["objects"])}
            left -= len(row["metrics"])
            if left < 0:
                yield f"# more than {MOST_VALUES} values: ask for one kind at a time\n"
                break
            _add(lines, kind, row, names)
        for name, found in lines.items():  # the format wants a metric's lines together
            yield f"# TYPE milha_{kind.name}_{name} gauge\n"
            for first in range(0, len(found), LINES_AT_ONCE):
                yield "".join(found[first : first + LINES_AT_ONCE])


async def _newest(connection: db.Connection, kind: Kind) -> AsyncIterator[Any]:
    owners = [row["owner_id"] for row in await connection.fetch(OWNERS, kind.number)]
    for first in range(0, len(owners), OWNERS_AT_ONCE):
        for row in await connection.fetch(LAST, owners[first : first + OWNERS_AT_ONCE], kind.number):
            yield row


def _add(lines: dict[str, list[str]], kind: Kind, row: Any, names: dict[int, str]) -> None:
    width, at = kind.width, int(row["at"].timestamp() * 1000)
    for place, number in enumerate(row["objects"]):
        labels = f'{{owner="{row["owner_id"]}",object="{number}",name="{_escaped(names[number])}"}}'
        values = row["metrics"][place * width : (place + 1) * width]
        for metric, value in zip(kind.metrics, values, strict=False):
            if value == value:
                lines[metric.name].append(f"milha_{kind.name}_{metric.name}{labels} {value:.9g} {at}\n")


def _escaped(text: str) -> str:
    """A label's value (text format 0.0.4)."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
