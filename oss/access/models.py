"""NAS, access accounts and holds. Sessions, rejects and enforcement have no ORM model: their rate is too high."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from oss.contracts.models import Contract


class Nas(Model):
    """A router or OLT that asks us by RADIUS. ``network`` is an address or prefix (CIDR), longest match wins.

    Several may share a network when each says another ``nas_identifier`` ('': whoever says none of the others).
    ``requests_per_s``: what it may send each second while requests wait, 0 for no limit.
    """

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    network = fields.CharField(max_length=43)
    nas_identifier = fields.CharField(max_length=64, default="")
    vendor = fields.CharField(max_length=32, default="mikrotik")
    secret_sealed = fields.TextField()
    next_secret_sealed = fields.TextField(null=True)  # accepted too, until the router has it and the grace is over
    next_secret_at = fields.DatetimeField(null=True)  # when it was set
    next_heard_at = fields.DatetimeField(null=True)  # when the router was first heard with it
    ma_policy = fields.CharField(max_length=16, default="auto")  # auto, required, off
    signs_since = fields.DatetimeField(null=True)  # first request proven to carry a Message-Authenticator
    coa_host = fields.CharField(max_length=45, null=True)  # None: the address its packets come from
    coa_port = fields.IntField(default=3799)
    coa_enabled = fields.BooleanField(default=True)
    interim_s = fields.IntField(default=300)
    requests_per_s = fields.IntField(default=10_000)
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "nas"
        unique_together = (("network", "nas_identifier"),)


class AccessAccount(Model):
    """A login on the network; belongs to a contract. The password is sealed: a CHAP login needs it in clear.

    ``password_kind``: what is sealed, the password itself or a hash of it (``oss.access.passwords``).

    ``max_sessions`` may be open at once. One more is let in and the oldest ended (``when_full`` newest), or refused
    while its NAS says that the other is alive (deny). ``reply``: attributes of its Access-Accept beyond the plan's,
    as [name, value] pairs.

    ``kind`` mac and circuit: the login is the line itself (a MAC, the text of an Option 82), its password a random one
    that nobody knows. ``bound``: where it may come from, by what tells it (`oss.access.bindings.KEYS`), since
    ``bound_at``; ``binding`` and ``binding_keys`` None: the plan's.
    """

    id = fields.BigIntField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "milha.Contract", related_name=False, on_delete=fields.RESTRICT
    )
    login = fields.CharField(max_length=128, unique=True)
    password_sealed = fields.TextField()
    password_kind = fields.CharField(max_length=8, default="clear")  # clear, nt, hashed, imported
    enabled = fields.BooleanField(default=True)
    max_sessions = fields.SmallIntField(default=1)
    when_full = fields.CharField(max_length=8, default="newest")  # newest, deny
    reply: fields.JSONField[list[list[str]]] = fields.JSONField(default=list)
    kind = fields.CharField(max_length=8, default="password")  # password, mac, circuit
    binding = fields.CharField(max_length=8, null=True)  # off, learn, fixed
    binding_keys = fields.CharField(max_length=32, null=True)  # "mac nas"
    bound: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict)
    bound_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    contract_id: int

    class Meta:
        table = "access_account"
        indexes = (("contract_id",),)


class Hold(Model):
    """Why a contract is not open (invariant 2). At most one unlifted hold per contract and reason.

    ``effect``: reduce, wall or cut. ``masked_until``: a promise to pay hides the hold until then.
    """

    id = fields.BigIntField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "milha.Contract", related_name=False, on_delete=fields.CASCADE
    )
    reason = fields.CharField(max_length=24)  # overdue, manual, fraud, pause
    owner = fields.CharField(max_length=24)  # billing, staff, customer
    effect = fields.CharField(max_length=16)
    note = fields.CharField(max_length=240, default="")
    facts: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict)  # of overdue: invoice, due_on
    masked_until = fields.DatetimeField(null=True)
    placed_by = fields.CharField(max_length=80)
    placed_at = fields.DatetimeField(auto_now_add=True)
    lifted_by = fields.CharField(max_length=80, null=True)
    lifted_at = fields.DatetimeField(null=True)

    contract_id: int

    class Meta:
        table = "hold"
        indexes = (("contract_id",),)
