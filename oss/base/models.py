"""Rows of the ground floor. Jobs, periodic jobs, nodes and audit rows have no ORM model: plain SQL writes them."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Setting(Model):
    """What an operator changes while Milha runs and that has no table of its own."""

    key = fields.CharField(max_length=64, primary_key=True)
    value: dict[str, Any] = fields.JSONField()
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "setting"
