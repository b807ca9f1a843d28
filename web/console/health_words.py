"""A node's parts and counters in words: what `oss.base.supervisor` and the AAA node report by name."""

from __future__ import annotations

from collections.abc import Mapping

from web.catalogues import N_

PARTS = {
    "database": N_("Database"),
    "child": N_("Child for heavy work"),
    "node": N_("Report of this node"),
    "collector": N_("Tidying of old memory"),
    "audit": N_("Audit sealer"),
    "jobs.access": N_("Jobs: access"),
    "jobs.default": N_("Jobs: default"),
    "jobs.bulk": N_("Jobs: bulk"),
    "jobs.schedule": N_("Clock of the periodic jobs"),
    "web.pulse": N_("Pulse of the screens"),
    "aaa.scribe": N_("Scribe: logins to database"),
    "aaa.applier": N_("Applier: journal to database"),
    "aaa.index": N_("Index of logins"),
    "aaa.clock": N_("Clock of the AAA loop"),
    "aaa.bell": N_("Bell of the database"),
    "aaa.reach": N_("RadSec and home servers"),
    "aaa.journal": N_("Journal"),
    "aaa.secrets": N_("Secrets of routers"),
    "aaa.staff": N_("Logins on routers"),
    "sealing": N_("Sealing of secrets"),
    "samples": N_("Writer of samples"),
    "own sensors": N_("Samples of our own processes"),
    "poller": N_("Poller of the network"),
    "traps": N_("Traps of devices"),
    "configurations": N_("Configurations of devices"),
    "limits": N_("Limits read back from routers"),
}
CERTIFICATES = {"server": N_("What we show: EAP, RadSec"), "clients": N_("Who may sign clients")}
LANES = {"access": N_("Access"), "default": N_("Ordinary"), "bulk": N_("Bulk")}
PERIODIC = {
    "billing.dunning.walk_the_ladder": N_("Dunning"),
    "oss.base.purge.tidy": N_("Tidying up"),
    "oss.base.purge.daily": N_("Purge of old records"),
    "oss.base.audit_check.daily": N_("Check of the audit"),
    "oss.base.partitions.make_ahead": N_("Months and days made ahead"),
    "oss.monitoring.roll_up.due": N_("Samples summed up"),
    "oss.monitoring.line_samples.sample": N_("Traffic of lines sampled"),
    "oss.monitoring.own_sensors.routers": N_("Samples of routers' sessions"),
    "oss.monitoring.telling.escalate": N_("Incidents told to the next in line"),
    "oss.monitoring.sla.propose": N_("Credits for outages proposed"),
    "oss.contracts.figures.renew": N_("Figures of contracts"),
    "billing.figures.renew": N_("Figures of money"),
    "billing.notices.tell_of_matters": N_("Notices of what needs somebody"),
}
# name -> words, and whether more than none of it asks for a person
COUNTERS = {
    "requests": (N_("Requests"), False),
    "answers": (N_("Answers"), False),
    "duplicates": (N_("Sent again by the router"), False),
    "unexpected_code": (N_("Of no kind we serve"), False),
    "malformed": (N_("Not well formed"), False),
    "bad_authenticator": (N_("Signed with another secret"), True),
    "bad_message_authenticator": (N_("Message-Authenticator wrong"), True),
    "missing_message_authenticator": (N_("Message-Authenticator missing"), True),
    "garbled": (N_("Password hidden with another secret"), True),
    "limited": (N_("Above a router's limit"), True),
    "put_off": (N_("Accounting put off, logins came first"), True),
    "bad_status": (N_("Are-you-there, not signed"), False),
    "unknown_nas": (N_("From unknown routers"), False),
    "dropped": (N_("Left without an answer"), False),
    "failed": (N_("Failed on our side"), True),
    "unanswerable": (N_("Answer too long for a packet"), True),
    "kernel_drops": (N_("Lost before we read them"), True),
    "held": (N_("Password attempts held back"), False),
    "coa_ack": (N_("CoA accepted"), False),
    "coa_nak": (N_("CoA refused"), False),
    "coa_silent": (N_("CoA without an answer"), False),
    "disconnect_ack": (N_("Disconnect accepted"), False),
    "disconnect_nak": (N_("Disconnect refused"), False),
    "disconnect_silent": (N_("Disconnect without an answer"), False),
    "not_obeyed": (N_("Accepted and not obeyed"), False),
    "radsec_connections": (N_("Routers connected by TLS"), False),
    "radsec_refused": (N_("Not let in by TLS"), True),
    "proxied": (N_("Logins asked of home servers"), False),
    "proxy_silent": (N_("Logins no home server answered"), True),
    "proxy_unsigned": (N_("Answers of home servers without a signature"), True),
    "proxy_loops": (N_("Requests that came back in a circle"), True),
    "proxy_full": (N_("Logins dropped, too many wait for home servers"), True),
    "copies_sent": (N_("Accounting copied to home servers"), False),
    "copies_waiting": (N_("Copies of accounting that wait"), False),
    "copies_lost": (N_("Copies of accounting given up"), True),
}


def part(name: str) -> str:
    """A part's name as a msgid; one we have no words for is itself."""
    return PARTS.get(name, name)


def certificate(use: str) -> str:
    """What a certificate is for, as a msgid."""
    return CERTIFICATES.get(use, use)


def lane(name: str) -> str:
    """A lane's name as a msgid."""
    return LANES.get(name, name)


def periodic(name: str) -> str:
    """What comes by the clock, as a msgid; one we have no words for is its function's name."""
    return PERIODIC.get(name, ".".join(name.split(".")[-2:]))


def counters(told: Mapping[str, int]) -> list[tuple[str, int, bool]]:
    """Words (msgid), count and whether it asks for a person, of those that counted anything; ours have an order."""
    known = [(*COUNTERS[name], told[name]) for name in COUNTERS if told.get(name)]
    more = [(name.replace("_", " "), False, told[name]) for name in sorted(told) if name not in COUNTERS and told[name]]
    return [(words, count, loud) for words, loud, count in [*known, *more]]
