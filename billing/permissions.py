"""What may be done with money, and with the pages that sum it up."""

from __future__ import annotations

from oss.staff.permissions import N_, SCOPED, Permission


class InvoicePermission(Permission):
    """Invoices, and the payments made for them as records."""

    READ = "invoices.read", N_("See invoices and payments"), SCOPED
    WRITE = "invoices.write", N_("Issue invoices"), SCOPED


class PaymentPermission(Permission):
    """Money received."""

    WRITE = "payments.write", N_("Register payments"), SCOPED


class OverviewPermission(Permission):
    """The first page."""

    READ = "overview.read", N_("See the first page")


class BoardPermission(Permission):
    """The owner's figures."""

    READ = "board.read", N_("See the figures of the owner")
