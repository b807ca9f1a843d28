"""What may be done with customers."""

from __future__ import annotations

from oss.staff.permissions import N_, SCOPED, Permission


class CustomerPermission(Permission):
    """Customers, their contracts and logins as records."""

    READ = "customers.read", N_("See customers, contracts and logins"), SCOPED
    WRITE = "customers.write", N_("Create and change customers"), SCOPED
    EXPORT = "customers.export", N_("Export lists of customers, holds and invoices"), SCOPED


class PersonalPermission(Permission):
    """Personal data in clear."""

    READ = "personal.read", N_("See whole CPF, telephone and e-mail"), SCOPED
