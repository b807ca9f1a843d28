"""Whose a record is: from each kind of record that has an address of its own, the customer it belongs to."""

from __future__ import annotations

from oss.crm.within import CUSTOMER, Thing

CONTRACT = Thing("contract", "select id as key, customer_id from contract")
ACCOUNT = Thing(
    "login", "select a.id as key, k.customer_id from access_account a join contract k on k.id = a.contract_id"
)
SESSION = Thing(
    "open session",
    "select s.uid as key, k.customer_id from session_open s join contract k on k.id = s.contract_id",
    "uuid",
)
INVOICE = Thing("invoice", "select id as key, customer_id from invoice")
CREDIT = Thing(
    "outage credit",
    "select o.id as key, k.customer_id from outage_credit o join contract k on k.id = o.contract_id",
)
PAYMENT = Thing("payment", "select id as key, customer_id from payment")

# How addresses and bodies name them.
BY_NAME = {
    "customer_id": CUSTOMER,
    "contract_id": CONTRACT,
    "account_id": ACCOUNT,
    "uid": SESSION,
    "invoice_id": INVOICE,
    "payment_id": PAYMENT,
    "credit_id": CREDIT,
}
