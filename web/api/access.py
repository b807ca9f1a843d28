"""How the API shows a decision of the rule (oss.access.decide)."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from oss.access.decide import Access
from web.api.fields import Resource


class AccessNow(Resource):
    """What a contract or login gets now."""

    decision: Access = Field(description="full; reduced: slower; walled: only the provider's pages; reject: nothing")
    reason: str = Field(description="Why, as a code", examples=["in_order"])
    words: str = Field(description="Why, in words", examples=["In good standing"])
    until: datetime | None = Field(description="When it may change by itself")
    down_kbps: int
    up_kbps: int
