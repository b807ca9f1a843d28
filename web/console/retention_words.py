"""What is kept, in words: a subject's name, what it is good for, and why it may not be kept shorter."""

from __future__ import annotations

from web.catalogues import N_

# subject -> what it is, what it tells
SUBJECTS = {
    "session_history": (N_("Ended sessions"), N_("Who had which address, from when to when, and the traffic")),
    "session_address": (N_("Addresses of sessions"), N_("Addresses that a session had and lost while it was open")),
    "staff_session": (
        N_("Sessions on routers"),
        N_("When an administrator was logged in to a router, and from where"),
    ),
    "auth_log": (N_("Logins"), N_("Every login that was asked for, and what became of it")),
    "auth_reject": (N_("Refused logins"), N_("Why they were refused, folded by minute")),
    "enforcement": (N_("Changes of the network"), N_("What a contract asked of a router, and what the router did")),
    "auth_minute": (N_("Login figures"), N_("The curves of the front page")),
    "nas_knock": (N_("Unknown routers"), N_("Addresses that asked without being known")),
    "interface_change": (N_("Changes of interfaces"), N_("What was found, changed and gone when a device was read")),
    "nas_watch": (N_("What watched routers said"), N_("a day, or until somebody watches again")),
    "device_search": (N_("Searches for devices"), N_("Which addresses were asked, and who answered")),
    "device_configuration": (
        N_("Configurations"),
        N_("What devices were set to, sealed; the one in force is never old"),
    ),
    "session_limit": (N_("Limits read from routers"), N_("a week after the last reading")),
    "device_transcript": (N_("Said to devices"), N_("Every command and its answer, secrets masked, and who wanted it")),
    "device_call": (N_("Questions to devices"), N_("What one process asks of another, until it has the answer")),
    "device_event": (N_("Traps"), N_("What devices told by themselves")),
    "sample_raw": (N_("Samples"), N_("Each poll of the network as it was, by the day")),
    "sample_5m": (N_("Samples by five minutes"), N_("What graphs of weeks are drawn from, by the month")),
    "sample_1h": (N_("Samples by the hour"), N_("What graphs of years are drawn from, and each month's percentile")),
    "sample_object": (N_("What was sampled"), N_("800 days after its last sample")),
    "sample_roll": (N_("Days of samples that were summed up"), N_("800 days")),
    "notice": (N_("Notices"), N_("What each member of staff was told at the bell")),
    "web_session": (N_("Sign-ins to the console"), N_("until they run out")),
    "customer_reading": (N_("Customers' pages that were opened"), N_("one day")),
    "setup_link": (N_("Set-up links"), N_("until they run out")),
    "staff_link": (N_("Invitations and recovery links"), N_("until they run out")),
    "staff_device": (N_("Browsers staff have signed in with"), N_("half a year after the first sign-in")),
    "mail": (N_("E-mails that were sent"), N_("three months")),
    "idempotency": (N_("Answers to repeated API calls"), N_("two days")),
    "form_answer": (N_("Answers to posted forms"), N_("two days")),
    "nas_tally": (N_("What routers sent"), N_("three days")),
    "nas_state": (N_("Routers as nodes hear them"), N_("thirty days after they were heard last")),
    "saved_view": (N_("Views that were deleted"), N_("a day, in which they can be brought back")),
    "list_export": (N_("Files of lists"), N_("a day after they were asked for")),
    "node": (N_("Processes that ended"), N_("a week after their last sign")),
}
LAW = N_(
    "By law at least one year: whoever provides access keeps connection records that long "
    "(Marco Civil da Internet, law 12.965/2014, art. 13). The year is counted from the end of a session."
)
WHY = {
    "law": LAW,
    "week": N_("The front page compares with the same day a week ago."),
    "use": N_("Shorter would take from the console what it shows every day."),
}


def named(subject: str) -> str:
    """A subject's name as a msgid."""
    return SUBJECTS.get(subject, (subject, ""))[0]
