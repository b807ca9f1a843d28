"""Companies, staff users, API tokens, console sessions."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Company(Model):
    """One legal entity (CNPJ) inside the provider; contracts, invoices and series belong to one."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=120)
    legal_name = fields.CharField(max_length=160)
    cnpj = fields.CharField(max_length=14, unique=True)
    zone = fields.CharField(max_length=64)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "company"


class User(Model):
    """A member of staff. ``password_hash`` is argon2id; ``role`` names a set in oss.staff.roles;
    ``zone`` None is the company's."""

    id = fields.BigIntField(primary_key=True)
    login = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=120)
    password_hash = fields.CharField(max_length=200)
    role = fields.CharField(max_length=32)
    language = fields.CharField(max_length=8, default="pt-BR")
    theme = fields.CharField(max_length=8, default="system")
    density = fields.CharField(max_length=16, default="comfortable")
    zone = fields.CharField(max_length=64, null=True)
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    last_login_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_user"


class ApiToken(Model):
    """A bearer token; only its SHA-256 is kept."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=80)
    token_hash = fields.CharField(max_length=64, unique=True)
    role = fields.CharField(max_length=32)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(null=True)
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_token"


class WebSession(Model):
    """A console session; the primary key is the SHA-256 of the cookie's identifier."""

    sid_hash = fields.CharField(max_length=64, primary_key=True)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "milha.User", related_name=False, null=True, on_delete=fields.CASCADE
    )
    data: dict[str, Any] = fields.JSONField()
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "web_session"
