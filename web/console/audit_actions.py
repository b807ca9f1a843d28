"""What was done, as sentences: one for each action that any part of the house writes into the audit (a house test).

``%(who)s`` is the one who acted, ``%(what)s`` what it was done to; the other words are the row's own facts. An action
that both makes and changes has three: `MADE`, `CHANGED`, and the neutral one for rows that do not tell which.
"""

from __future__ import annotations

from web.catalogues import N_

ACTIONS = {
    "account.added": N_("%(who)s made the login %(login)s for %(what)s"),
    "account.binding_set": N_("%(who)s changed how the login %(login)s of %(what)s is bound to its line"),
    "account.enabled": N_("%(who)s switched the login %(login)s of %(what)s on or off"),
    "account.line_forgotten": N_("%(who)s made the login %(login)s of %(what)s forget its line"),
    "account.line_set": N_("%(who)s set the line of the login %(login)s of %(what)s"),
    "account.password_set": N_("%(who)s gave the login %(login)s of %(what)s a new password"),
    "account.password_upgraded": N_("%(who)s kept the password of the login %(login)s of %(what)s in a better way"),
    "account.sessions_set": N_("%(who)s changed how many sessions the login %(login)s of %(what)s may have"),
    "accounts.exported": N_("%(who)s wrote the logins to a file"),
    "accounts.imported": N_("%(who)s read logins from a file"),
    "address.looked_up": N_("%(who)s asked who had the address %(what)s"),
    "audit.broken": N_("%(who)s found the chain of the audit broken"),
    "audit.check_asked": N_("%(who)s had the chain of the audit verified"),
    "audit.exported": N_("%(who)s took the audit as a file"),
    "certificate.issued": N_("%(who)s issued the certificate %(what)s"),
    "certificate.made": N_("%(who)s made the certificate authority %(what)s"),
    "certificate.renewed": N_("%(who)s renewed the certificate %(what)s"),
    "certificate.revoked": N_("%(who)s revoked the certificate %(what)s"),
    "certificate.taken": N_("%(who)s put the certificate %(what)s to use"),
    "company.added": N_("%(who)s made the company %(what)s"),
    "contract.due_day_changed": N_("%(who)s changed the due day of a contract of %(what)s"),
    "contract.ended": N_("%(who)s ended a contract of %(what)s"),
    "contract.plan_changed": N_("%(who)s moved a contract of %(what)s to another plan"),
    "contract.started": N_("%(who)s began a contract of %(what)s"),
    "customer.added": N_("%(who)s registered the customer %(what)s"),
    "customer.changed": N_("%(who)s changed the customer %(what)s"),
    "customer.disclosed": N_("%(who)s looked at document and contacts of %(what)s in clear"),
    "customers.exported": N_("%(who)s took the list of customers as a file"),
    "customers.listed": N_("%(who)s read a list of customers with their documents in clear"),
    "customers.many_read": N_("%(who)s opened the pages of many customers within an hour"),
    "dunning.approved": N_("%(who)s approved a mass cut"),
    "dunning.asked": N_("%(who)s stopped before a mass cut and asked"),
    "dunning.refused": N_("%(who)s refused a mass cut"),
    "freeradius.imported": N_("%(who)s took subscribers over from FreeRADIUS"),
    "hold.lifted": N_("%(who)s released %(what)s"),
    "hold.lifting_undone": N_("%(who)s took back the release of %(what)s"),
    "hold.placed": N_("%(who)s held %(what)s"),
    "hold.placing_undone": N_("%(who)s took back the hold of %(what)s"),
    "hold.promised": N_("%(who)s took a promise to pay from %(what)s"),
    "holds.exported": N_("%(who)s took the list of holds as a file"),
    "home_server.removed": N_("%(who)s removed the home server %(what)s"),
    "home_server.saved": N_("%(who)s saved the home server %(what)s"),
    "invoice.issued": N_("%(who)s issued an invoice to %(what)s"),
    "job.dropped": N_("%(who)s dropped the job %(what)s"),
    "job.retried": N_("%(who)s had jobs tried again"),
    "nas.examined": N_("%(who)s asked the router %(what)s how it is"),
    "nas.knock_heeded": N_("%(who)s wants to hear of the unknown router %(what)s again"),
    "nas.knock_ignored": N_("%(who)s wants to hear no more of the unknown router %(what)s"),
    "nas.saved": N_("%(who)s saved the router %(what)s"),
    "nas.secret_kept": N_("%(who)s took back the new secret of the router %(what)s"),
    "nas.secret_seen": N_("%(who)s looked at the secret of the router %(what)s"),
    "nas.secret_settled": N_("%(who)s made the new secret of the router %(what)s the only one"),
    "nas.signing_forgotten": N_("%(who)s had the signing of the router %(what)s learned anew"),
    "nas.staff_logins": N_("%(who)s changed whether administrators log in to the router %(what)s through us"),
    "nas.transport_saved": N_("%(who)s changed how the router %(what)s comes to us"),
    "nas.watched": N_("%(who)s watched what the router %(what)s says"),
    "payment.registered": N_("%(who)s registered a payment of %(what)s"),
    "plan.saved": N_("%(who)s saved the plan %(what)s"),
    "realm.removed": N_("%(who)s removed the realm %(what)s"),
    "realm.saved": N_("%(who)s saved the realm %(what)s"),
    "rejects.exported": N_("%(who)s took the list of refused logins as a file"),
    "retention.dropped": N_("%(who)s deleted a month of records whose time was over: %(what)s"),
    "retention.purged": N_("%(who)s deleted records whose time was over: %(what)s"),
    "router.accepted": N_("%(who)s logged in to a router"),
    "router.refused": N_("%(who)s was refused by a router"),
    "sealing.rotated": N_("%(who)s changed the sealing key"),
    "sealing.rotation_began": N_("%(who)s began to change the sealing key"),
    "seed.made": N_("%(who)s filled the database with invented customers"),
    "session.disconnected": N_("%(who)s disconnected %(what)s"),
    "session.reapplied": N_("%(who)s had sessions brought to what their contracts want"),
    "sessions.exported": N_("%(who)s took the list of sessions as a file"),
    "setting.changed": N_("%(who)s changed the setting %(what)s"),
    "role.added": N_("%(who)s made the role %(what)s"),
    "role.changed": N_("%(who)s changed what the role %(what)s may do"),
    "role.described": N_("%(who)s renamed or described the role %(what)s"),
    "role.removed": N_("%(who)s removed the role %(what)s"),
    "token.added": N_("%(who)s made the API token %(what)s"),
    "token.revoked": N_("%(who)s revoked the API token %(what)s"),
    "user.added": N_("%(who)s added the user %(what)s"),
    "user.board": N_("%(who)s arranged the board"),
    "user.board_reset": N_("%(who)s put the board back as it came"),
    "user.changed": N_("%(who)s changed the user %(what)s"),
    "user.codes_begun": N_("%(who)s put one-time codes to use"),
    "user.codes_removed": N_("%(who)s removed the one-time codes of %(what)s"),
    "user.preferences": N_("%(who)s changed how the console looks to them"),
    "user.refused": N_("%(who)s was refused at sign-in"),
    "user.router_password_made": N_("%(who)s made a password for routers"),
    "user.router_password_removed": N_("%(who)s removed the password for routers of %(what)s"),
    "user.signed_in": N_("%(who)s signed in"),
    "user.signed_out": N_("%(who)s signed out"),
}
MADE = {
    "home_server.saved": N_("%(who)s added the home server %(what)s"),
    "nas.saved": N_("%(who)s added the router %(what)s"),
    "plan.saved": N_("%(who)s made the plan %(what)s"),
    "realm.saved": N_("%(who)s added the realm %(what)s"),
}
CHANGED = {
    "home_server.saved": N_("%(who)s changed the home server %(what)s"),
    "nas.saved": N_("%(who)s changed the router %(what)s"),
    "plan.saved": N_("%(who)s changed the plan %(what)s"),
    "realm.saved": N_("%(who)s changed the realm %(what)s"),
}
# What people narrow the list to: a group's key, its words, and how its actions begin.
GROUPS = {
    "sign-in": (N_("Sign-ins"), ("user.signed", "user.refused", "router.")),
    "personal": (
        N_("Personal data read"),
        ("customer.disclosed", "customers.", "address.", "sessions.", "rejects.", "holds.", "accounts.exported"),
    ),
    "customers": (N_("Customers and contracts"), ("customer.", "contract.", "account.", "accounts.", "freeradius.")),
    "holds": (N_("Holds and dunning"), ("hold.", "dunning.")),
    "money": (N_("Plans, invoices, payments"), ("plan.", "invoice.", "payment.")),
    "network": (N_("Network"), ("nas.", "realm.", "home_server.", "session.", "certificate.")),
    "staff": (N_("Staff and access"), ("user.", "role.", "token.", "company.")),
    "system": (N_("System"), ("setting.", "sealing.", "retention.", "job.", "audit.", "seed.")),
}


def of_group(key: str) -> tuple[str, ...]:
    """The actions of a group."""
    _, beginnings = GROUPS[key]
    return tuple(action for action in ACTIONS if action.startswith(beginnings))
