"""What is kept, and what a purge took or would take, as tables of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from oss.base.purge import Purged
from oss.base.retention_survey import Kept

UNITS = ("octets", "kB", "MB", "GB", "TB")


def dry_run(found: Sequence[Kept]) -> str:
    """What is kept, by which policy, and what would go."""
    head = ["subject", "rows", "size", "oldest", "policy", "would go", "frees", "before"]
    return table(head, [_kept(one) for one in found])


def _kept(one: Kept) -> list[str]:
    going = one.going
    rows = f"{going.rows:,} rows" + (f", {len(going.partitions)} months" if going.partitions else "")
    return [
        one.subject.name,
        f"{'' if one.exact else '~'}{one.rows:,}",
        size(one.octets),
        f"{one.oldest:%Y-%m-%d}" if one.oldest else "",
        "for ever" if one.days is None else f"{one.days} days",
        rows if going.rows or going.partitions else "nothing",
        size(going.octets) if going.octets else "",
        f"{going.before:%Y-%m-%d}" if going.before else "",
    ]


def done(found: Sequence[Purged]) -> str:
    """What went, and what was left for later."""
    rows = [
        [
            one.subject,
            f"{one.before:%Y-%m-%d}" if one.before else "never",
            f"{one.rows:,}",
            ", ".join(one.partitions),
            ", ".join(one.left),
        ]
        for one in found
    ]
    return table(["subject", "before", "rows", "months", "left for later"], rows)


def size(octets: int) -> str:
    """Octets as people read them: 812 kB, 3.1 GB."""
    value, unit = float(octets), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit > 1 and value < 100 else f"{value:.0f} {UNITS[unit]}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their heads, two spaces apart."""
    widths = [max(len(line[at]) for line in (head, *rows)) for at in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)
