"""The board's words and drawings: a widget's name and definition, and its figures as the templates want them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from billing.attention import Matter
from billing.figures import Overdue, Received
from oss.access.figures import Online
from oss.contracts.figures import Months, Reasons, Survival
from web import formats
from web.catalogues import N_
from web.console.matter_words import matters
from web.console.overview import chart as curve_chart
from web.render import RenderContext, translate
from web.words import END_REASONS

TITLES = {
    "urgent": N_("Needs somebody now"),
    "revenue": N_("Recurring revenue"),
    "online": N_("Online now"),
    "received": N_("Received this month"),
    "overdue": N_("Past due and unpaid"),
    "growth": N_("Customers and growth"),
    "worth": N_("What a customer is worth"),
    "churn": N_("Contracts lost"),
    "reasons": N_("Why they leave"),
    "cohorts": N_("Who stays, by month of activation"),
}
# How each is counted; docs/figures.md says the same with its SQL's edges.
DEFINITIONS = {
    "urgent": N_("What the overview shows: everything that waits for a person, the most urgent first."),
    "revenue": N_(
        "Monthly prices of the plans of all active contracts, without fines and single charges. Compared with the end "
        "of each month; a month that was over before Milha counted is reckoned with today's plans and prices."
    ),
    "online": N_(
        "Sessions open this moment, of all active contracts. Compared with the average of five minutes a week ago."
    ),
    "received": N_(
        "Cash that payments brought into the ledger, by the day of the company's zone. Compared with the same days of "
        "last month."
    ),
    "overdue": N_(
        "What is still unpaid of open invoices whose due date is past. Compared with the end of last month; voided "
        "invoices are left out. A customer with invoices of several ages counts in each."
    ),
    "growth": N_(
        "Customers with at least one active contract. Begun and ended are contracts by their first and last day; their "
        "difference is the growth."
    ),
    "worth": N_(
        "Average revenue: recurring revenue divided by active customers. Value of a life: average revenue divided by "
        "the monthly share of lost contracts of the last twelve whole months."
    ),
    "churn": N_(
        "Of the contracts active when a month began, the share that ended in it. The mean weighs the last twelve "
        "whole months by their contracts."
    ),
    "reasons": N_("Contracts that ended in the last twelve months and this one, by the reason given at their end."),
    "cohorts": N_(
        "Of the contracts that began in a month, the share that still ran at the end of that month (0) and of each "
        "month after it. The present month is still going on."
    ),
}
MONTHS_OF_AGE = 13


def drawn(rc: RenderContext, key: str, figures: Any) -> dict[str, Any]:
    """What a widget's template gets: its title, its definition, its figures, and what its chart is made of."""
    more = DRAWN[key](rc, figures) if key in DRAWN else {}
    return {"title": TITLES[key], "definition": DEFINITIONS[key], "figures": figures, **more}


def _urgent(rc: RenderContext, found: Sequence[Matter]) -> dict[str, Any]:
    return {"matters": matters(rc, found)}


def _by_month(rc: RenderContext, found: Months, series: list[dict[str, Any]], y: dict[str, Any]) -> Any:
    if len(found.rows) < 2:
        return None
    names = [formats.month(row["month"], rc.language) for row in found.rows]
    words = {"thousands": translate(rc.language, N_("k")), "millions": translate(rc.language, N_("M"))}
    return {"x": list(range(len(names))), "time": False, "names": names, "series": series, "y": words | y}


def _revenue(rc: RenderContext, found: Months) -> dict[str, Any]:
    reais = [row["mrr_cents"] / 100 for row in found.rows]
    top = max(reais, default=0) * 1.08
    line = {"values": reais, "colour": "chart-1", "fill": True}
    return {"chart": _by_month(rc, found, [line], {"min": 0, "max": top or 1, "digits": 0})}


def _growth(rc: RenderContext, found: Months) -> dict[str, Any]:
    up, down = [row["started"] for row in found.rows], [-row["ended"] for row in found.rows]
    names = translate(rc.language, N_("begun")), translate(rc.language, N_("brought to an end"))
    begun = {"values": up, "colour": "chart-1", "bars": True, "name": names[0]}
    ended = {"values": down, "colour": "chart-5", "bars": True, "name": names[1]}
    low, high = min([0, *down]), max([1, *up])
    margin = (high - low) * 0.08
    return {"chart": _by_month(rc, found, [begun, ended], {"min": low - margin if low else 0, "max": high + margin})}


def _churn(rc: RenderContext, found: Months) -> dict[str, Any]:
    shares = [100 * row["lost"] / row["at_start"] if row["at_start"] else None for row in found.rows]
    bars = {"values": shares, "colour": "chart-1", "bars": True}
    top = max((one for one in shares if one is not None), default=0) * 1.15
    return {"shares": shares, "chart": _by_month(rc, found, [bars], {"min": 0, "max": top or 1, "unit": " %"})}


def _received(rc: RenderContext, found: Received) -> dict[str, Any]:
    days = max(len(found.running), len(found.running_before))
    before = _padded([cents / 100 for cents in found.running_before], days)
    now = _padded([cents / 100 for cents in found.running], days)
    names = translate(rc.language, N_("last month")), translate(rc.language, N_("this month"))
    series = [
        {"values": before, "colour": "chart-ghost", "dashed": True, "name": names[0]},
        {"values": now, "colour": "chart-1", "fill": True, "name": names[1]},
    ]
    top = max([1, *(one for one in [*before, *now] if one is not None)]) * 1.06
    scale = {"min": 0, "max": top, "digits": 0, "thousands": translate(rc.language, N_("k"))}
    scale["millions"] = translate(rc.language, N_("M"))
    chart = {"x": list(range(1, days + 1)), "time": False, "labels": "number", "series": series, "y": scale}
    return {"chart": chart if any(one for one in [*before, *now]) else None}


def _padded(values: list[float], length: int) -> list[float | None]:
    return [*values, *[None] * (length - len(values))]


def _overdue(rc: RenderContext, found: Overdue) -> dict[str, Any]:
    last = found.ageing[-1]["from_day"] if found.ageing else 0
    following = {
        row["from_day"]: after["from_day"] - 1 for row, after in zip(found.ageing, found.ageing[1:], strict=False)
    }
    bars = []
    for row in found.ageing:
        first = row["from_day"]
        words = N_("over %(days)s days") if first == last else N_("%(first)s to %(last)s days")
        label = translate(rc.language, words, days=first - 1, first=first, last=following.get(first))
        value, said = row["overdue_cents"], formats.money(row["overdue_cents"], rc.language)
        bars.append({"label": label, "value": value, "words": said, "state": "overdue"})
    return {"bars": bars}


def _reasons(rc: RenderContext, found: Reasons) -> dict[str, Any]:
    bars = [
        {
            "label": translate(rc.language, END_REASONS[row["reason"]]),
            "value": row["contracts"],
            "state": "chart-5",
            "href": f"/console/board/contracts?view=ended&reason={row['reason'] or 'none'}",
        }
        for row in found.rows
    ]
    return {"bars": bars}


def _cohorts(rc: RenderContext, found: Survival) -> dict[str, Any]:
    ages = max((len(one.left) for one in found.cohorts), default=0)
    return {"ages": list(range(min(ages, MONTHS_OF_AGE))), "tint": tint}


def tint(share: float | None) -> str:
    """A cell's ground, from five: the fewer stay, the lighter."""
    if share is None:
        return "none"
    return str(next((n for n, least in ((5, 97), (4, 92), (3, 85), (2, 75)) if share >= least), 1))


def _online(rc: RenderContext, found: Online) -> dict[str, Any]:
    return {"chart": curve_chart(rc.language, found.curve)}


DRAWN: dict[str, Callable[[RenderContext, Any], dict[str, Any]]] = {
    "urgent": _urgent,
    "online": _online,
    "revenue": _revenue,
    "growth": _growth,
    "churn": _churn,
    "received": _received,
    "overdue": _overdue,
    "reasons": _reasons,
    "cohorts": _cohorts,
}
