"""Plans and contracts."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from oss.crm.models import Customer
from oss.staff.models import Company


class Plan(Model):
    """What is sold. Rates in kbit/s from the customer's view: down is what the customer receives."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=80, unique=True)
    down_kbps = fields.IntField()
    up_kbps = fields.IntField()
    reduced_down_kbps = fields.IntField(default=1024)
    reduced_up_kbps = fields.IntField(default=512)
    pool = fields.CharField(max_length=64, null=True)
    reply: fields.JSONField[list[list[str]]] = fields.JSONField(
        default=list
    )  # more of its Access-Accept: [name, value]
    binding = fields.CharField(max_length=8, default="off")  # of its logins to their lines: off, learn, fixed
    binding_keys = fields.CharField(max_length=32, default="mac")  # to what: "mac nas"
    price_cents = fields.BigIntField()
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "plan"


class Contract(Model):
    """A customer's agreement on one plan. ``status``: active or ended; holds say whether it is open."""

    id = fields.BigIntField(primary_key=True)
    company: fields.ForeignKeyRelation[Company] = fields.ForeignKeyField(
        "milha.Company", related_name=False, on_delete=fields.RESTRICT
    )
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "milha.Customer", related_name=False, on_delete=fields.RESTRICT
    )
    plan: fields.ForeignKeyRelation[Plan] = fields.ForeignKeyField(
        "milha.Plan", related_name=False, on_delete=fields.RESTRICT
    )
    status = fields.CharField(max_length=16, default="active")
    due_day = fields.SmallIntField(default=10)
    started_on = fields.DateField()
    ended_on = fields.DateField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    company_id: int
    customer_id: int
    plan_id: int

    class Meta:
        table = "contract"
        indexes = (("customer_id",), ("plan_id",), ("company_id",))
