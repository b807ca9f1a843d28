"""Contracts: their terms, and what of a running one may change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.api.fields import Body, Change, Day, Id, Whole, left_out

DueDay = Annotated[int, Whole(1, 28), Field(description="Day of the month invoices fall due", examples=[10])]


EndReason = Literal["price", "service", "competitor", "moved", "no_need", "debt", "ours", "other"]


class Terms(Body):
    """What of a contract can still be changed while it runs."""

    plan_id: Id
    due_day: DueDay = 10


class NewContract(Terms):
    """What a contract is made of."""

    customer_id: Id
    started_on: Day = left_out(description="Today if left out")
    company_id: Id = left_out(description="May be left out while there is one company")


class ContractChange(Change):
    """What of a running contract may change."""

    plan_id: Id = left_out(description="Moves it to another plan")
    due_day: DueDay = left_out(description="From the next invoice on")
    ended_on: Day = left_out(description="Ends it; today or a day past, not before it began")
    end_reason: EndReason = left_out(description="Why it ends; needed with `ended_on`")
