"""Invoices, payments and dunning. The ledger's rows (journal_entry, posting) are written by plain SQL only."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from oss.contracts.models import Contract
from oss.crm.models import Customer
from oss.staff.models import Company


class Invoice(Model):
    """A debt of a customer. ``status``: open, paid or void; overdue is open with ``due_on`` in the past."""

    id = fields.BigIntField(primary_key=True)
    company: fields.ForeignKeyRelation[Company] = fields.ForeignKeyField(
        "milha.Company", related_name=False, on_delete=fields.RESTRICT
    )
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "milha.Customer", related_name=False, on_delete=fields.RESTRICT
    )
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "milha.Contract", related_name=False, on_delete=fields.RESTRICT
    )
    series = fields.CharField(max_length=8, default="1")
    number = fields.BigIntField()
    period_from = fields.DateField()
    period_to = fields.DateField()
    issued_on = fields.DateField()
    due_on = fields.DateField()
    amount_cents = fields.BigIntField()
    paid_cents = fields.BigIntField(default=0)
    status = fields.CharField(max_length=8, default="open")
    paid_at = fields.DatetimeField(null=True)
    explanation = fields.CharField(max_length=240, default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    company_id: int
    customer_id: int
    contract_id: int

    class Meta:
        table = "invoice"
        unique_together = (("company_id", "series", "number"),)
        indexes = (("contract_id",), ("customer_id",))


class Payment(Model):
    """Money received for an invoice; its row is never changed."""

    id = fields.BigIntField(primary_key=True)
    company: fields.ForeignKeyRelation[Company] = fields.ForeignKeyField(
        "milha.Company", related_name=False, on_delete=fields.RESTRICT
    )
    invoice: fields.ForeignKeyRelation[Invoice] = fields.ForeignKeyField(
        "milha.Invoice", related_name=False, on_delete=fields.RESTRICT
    )
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "milha.Customer", related_name=False, on_delete=fields.RESTRICT
    )
    amount_cents = fields.BigIntField()
    method = fields.CharField(max_length=16)  # pix, boleto, card, cash, transfer
    reference = fields.CharField(max_length=120, null=True)
    received_at = fields.DatetimeField()
    registered_by = fields.CharField(max_length=80)
    created_at = fields.DatetimeField(auto_now_add=True)

    company_id: int
    invoice_id: int
    customer_id: int

    class Meta:
        table = "payment"
        indexes = (("invoice_id",), ("customer_id",))


class DunningStep(Model):
    """One rung of the dunning ladder: ``day`` days after the due date do ``action`` (notice, reduce, wall, cut)."""

    id = fields.BigIntField(primary_key=True)
    company: fields.ForeignKeyRelation[Company] = fields.ForeignKeyField(
        "milha.Company", related_name=False, on_delete=fields.CASCADE
    )
    day = fields.IntField()
    action = fields.CharField(max_length=16)
    active = fields.BooleanField(default=True)

    company_id: int

    class Meta:
        table = "dunning_step"
        unique_together = (("company_id", "day", "action"),)


class DunningRun(Model):
    """What one look at the overdue changed, or would change when the mass-cut brake stopped it."""

    id = fields.BigIntField(primary_key=True)
    started_at = fields.DatetimeField(auto_now_add=True)
    state = fields.CharField(max_length=16)  # done, asked, approved, refused
    placed = fields.IntField(default=0)
    worsened = fields.IntField(default=0)
    lifted = fields.IntField(default=0)
    touched_share = fields.FloatField(default=0.0)  # newly held contracts / active contracts
    decided_by = fields.CharField(max_length=80, null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "dunning_run"
