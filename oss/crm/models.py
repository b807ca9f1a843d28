"""The customer."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Customer(Model):
    """A person or company that buys. ``search_key`` is made by us (unaccented, lower case): see customers.py."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=160)
    document = fields.CharField(max_length=14, null=True)  # CPF or CNPJ, digits (letters in new CNPJs)
    email = fields.CharField(max_length=160, null=True)
    phone = fields.CharField(max_length=20, null=True)  # digits with area code
    street = fields.CharField(max_length=160, null=True)
    city = fields.CharField(max_length=80, null=True)
    state = fields.CharField(max_length=2, null=True)
    search_key = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "customer"
