"""The sentence of each cause of `oss.monitoring.diagnosis_causes`, and that of its next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from web.catalogues import N_

# cause -> what is so, what to do about it.
SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "contract_ended": (
        N_("The contract ended on %(on)s, so its logins are refused."),
        N_("Offer a new contract; nothing is broken."),
    ),
    "contract_not_begun": (
        N_("The contract begins on %(on)s, and nobody has connected by it yet."),
        N_("Nothing is broken: say when it begins, or change the day."),
    ),
    "login_off": (
        N_("Somebody switched the login %(login)s off."),
        N_("Switch it on if that was not meant."),
    ),
    "debt_cut": (
        N_("Cut off for debt since %(since)s: %(cents)s, overdue for %(days)s days."),
        N_("Register the payment or a promise to pay; it comes back by itself within seconds."),
    ),
    "debt_walled": (
        N_("Only the notice page opens since %(since)s: %(cents)s, overdue for %(days)s days."),
        N_("Register the payment or a promise to pay; it comes back by itself within seconds."),
    ),
    "debt_slowed": (
        N_("Slowed to %(down_kbps)s for debt since %(since)s: %(cents)s, overdue for %(days)s days."),
        N_("Register the payment or a promise to pay; full speed is back within seconds."),
    ),
    "debt_lifting": (
        N_("The debt behind the hold of %(since)s is paid, and the hold is being lifted."),
        N_("Wait a minute; ask the network again if it lasts."),
    ),
    "held": (
        N_("Blocked by %(by)s since %(since)s%(note)s."),
        N_("Ask whoever placed the hold before releasing it."),
    ),
    "fraud": (
        N_("Blocked for suspected fraud by %(by)s since %(since)s%(note)s."),
        N_("Do not release it without whoever placed it."),
    ),
    "paused": (
        N_("Paused since %(since)s, as the customer asked."),
        N_("Release the pause if the customer wants to come back."),
    ),
    "device_down": (
        N_("%(name)s on the way to the customer does not answer since %(at)s."),
        N_("It is ours and not the customer's: do not send anybody to the customer."),
    ),
    "olt_down": (
        N_("The OLT %(name)s does not answer since %(at)s, and all its customers are away."),
        N_("It is ours and not the customer's: do not send anybody to the customer."),
    ),
    "nas_down": (
        N_("The router %(name)s does not answer since %(at)s, and all its sessions are away."),
        N_("It is ours and not the customer's: do not send anybody to the customer."),
    ),
    "area_power": (
        N_("The power of the street is gone: %(gone)s of %(of)s ONUs of %(place)s gasped %(when)s."),
        N_("Do not send anybody: it comes back with the power."),
    ),
    "area_fibre": (
        N_("The fibre of %(place)s is cut: %(gone)s of %(of)s ONUs lost their light %(when)s."),
        N_("Send a team to the fibre, and nobody to the customer."),
    ),
    "area_lost": (
        N_("%(gone)s of %(of)s ONUs of %(place)s went together %(when)s, and none said why."),
        N_("Ask whether the street has power before a team looks for the fibre; nobody goes to the customer."),
    ),
    "onu_unauthorised": (
        N_("The ONU %(serial)s is not authorised on %(olt)s, so nothing can pass."),
        N_("Authorise it on the OLT for this contract."),
    ),
    "onu_nowhere": (
        N_("The ONU %(serial)s of this login is authorised on no OLT that we know, so nothing can pass."),
        N_("Authorise it where it lights up, or correct which ONU is this login's."),
    ),
    "provision_stuck": (
        N_("The work on the ONU %(serial)s on %(olt)s, begun %(when)s, stopped half-way and waits for a person."),
        N_("Open it and decide: go on, or take it back."),
    ),
    "provision_running": (
        N_("The ONU %(serial)s is being configured on %(olt)s since %(at)s."),
        N_("Wait some minutes; the customer dials when it is done."),
    ),
    "onu_power": (
        N_("The ONU of this customer alone lost its power %(when)s; its neighbours are lit."),
        N_("Ask whether it is plugged in and whether the house has power."),
    ),
    "onu_fibre": (
        N_("The ONU of this customer alone lost its light %(when)s; its neighbours are lit."),
        N_("Ask about a bent or pulled cable; then send a technician from the box to the house."),
    ),
    "onu_dark": (
        N_("The ONU of this customer is away since %(at)s and did not say why."),
        N_("Ask whether its lights are on; if they are, send a technician."),
    ),
    "some_power": (
        N_("The ONU of this customer lost its power %(when)s, and %(gone)s of %(of)s of its PON are dark."),
        N_("Ask whether the house has power, and look at the PON: it may be the street."),
    ),
    "some_fibre": (
        N_("The ONU of this customer lost its light %(when)s, and %(gone)s of %(of)s of its PON are dark."),
        N_("Look at the PON before anybody goes: the others may hang on the same box."),
    ),
    "some_dark": (
        N_("The ONU of this customer is away since %(at)s, and %(gone)s of %(of)s of its PON are dark."),
        N_("Look at the PON before anybody goes: the others may hang on the same box."),
    ),
    "nas_silent": (
        N_("The router %(nas)s has sent nothing since %(at)s, though it has sessions."),
        N_("Look at the router, and at the way from it to us; do not send anybody to the customer."),
    ),
    "nas_unknown": (
        N_("The router %(nas)s asks from %(ip)s, an address we do not know, and gets no answer."),
        N_("Correct the address of the router here, or its source address there."),
    ),
    "nas_secret": (
        N_("The router %(nas)s uses another RADIUS secret: %(count)s of its requests were dropped."),
        N_("Set the same secret on both sides; the doctor shows what to paste."),
    ),
    "nas_off": (
        N_("The router %(nas)s is taken out of use here, so its logins get no answer."),
        N_("Put it into use again, or move the customer to another router."),
    ),
    "wrong_password": (
        N_("The customer's router dials with a wrong password: %(count)s refused, the last %(when)s."),
        N_("Compare the password in the router at home, or set a new one."),
    ),
    "unknown_login": (
        N_("The customer's router dials as %(typed)s, a login that does not exist; here it is %(login)s."),
        N_("Correct the login in the router at home."),
    ),
    "wrong_mac": (
        N_("Another router dials (MAC %(seen)s); the login is bound to %(expected)s."),
        N_("If the customer changed the router, accept the new one."),
    ),
    "wrong_nas": (
        N_("The login comes through the router %(seen)s and is bound to %(expected)s."),
        N_("If the customer was moved, accept the new line; else somebody else uses the login."),
    ),
    "wrong_port": (
        N_("The login comes from port %(seen)s and is bound to port %(expected)s."),
        N_("If the customer was moved, accept the new line; else somebody else uses the login."),
    ),
    "wrong_vlan": (
        N_("The login comes from VLAN %(seen)s and is bound to VLAN %(expected)s."),
        N_("Correct the VLAN of the ONU, or accept the new one if the customer was moved."),
    ),
    "wrong_circuit": (
        N_("The login comes from the circuit %(seen)s and is bound to %(expected)s."),
        N_("If the customer was moved, accept the new line; else somebody else uses the login."),
    ),
    "too_many_sessions": (
        N_("The login is connected already at %(nas)s since %(at)s, and no second session is allowed."),
        N_("End the old session; if it comes back, two routers use one login."),
    ),
    "refused": (
        N_("The customer's router dials and is refused, %(count)s times, the last %(when)s: %(reason)s."),
        N_("Correct what the reason names, then let the customer's router dial again."),
    ),
    "no_address": (
        N_("The login is accepted by %(nas)s, but no address is given: its pool%(pool)s is empty or missing."),
        N_("Add addresses to the pool on the router, or correct the pool of the plan."),
    ),
    "duplicate_mac": (
        N_("The MAC %(mac)s of this customer's router is online as %(other)s."),
        N_("Two routers with one MAC, or one with the wrong login: compare both customers."),
    ),
    "cpe_off": (
        N_("The ONU is lit, but the customer's router has not asked for anything since %(at)s."),
        N_("Ask to switch it off and on, and whether its cable is in the ONU's port 1."),
    ),
    "never_dialled": (
        N_("The ONU is lit, but no login of this customer ever came: VLAN, PPPoE or the cable behind it."),
        N_("Compare VLAN and PPPoE of the ONU and router with the contract."),
    ),
    "offline": (
        N_("Offline since %(at)s, and nothing here says why."),
        N_("Ask for the lights of the ONU and of the router; tie the login to its ONU so that we can see it."),
    ),
    "never_seen": (
        N_("This login has never been online, and nothing is known of its line."),
        N_("Check login and password in the router at home; tie the login to its ONU."),
    ),
    "stale_session": (
        N_("The session at %(nas)s was not heard since %(at)s: the customer is probably away."),
        N_("End it so that the router can dial again, and look at the router if others are silent too."),
    ),
    "limit_differs": (
        N_("The router gives %(applied_kbps)s instead of %(wanted_kbps)s."),
        N_("Ask the router again; if it does not obey, reconnect the session."),
    ),
    "link_full": (
        N_("The link %(name)s on the way carries %(percent)s %% of what it can: all behind it are slow."),
        N_("It is ours and not the customer's: tell the NOC; nothing at the customer's helps."),
    ),
    "plan_full": (
        N_("The customer is using all of the plan: %(bps)s of %(limit_kbps)s."),
        N_("Nothing is broken: ask what is downloading, or offer a larger plan."),
    ),
    "weak_light": (
        N_("The ONU receives %(dbm)s, which is too little light to be reliable."),
        N_("Send a technician to clean and measure from the box to the house."),
    ),
    "light_below_neighbours": (
        N_("The ONU receives %(dbm)s while its neighbours receive about %(median)s."),
        N_("Look for a bent cable or a dirty connector between the box and the house."),
    ),
    "light_falling": (
        N_("The ONU's light fell from %(was)s to %(dbm)s within %(days)s days, and its neighbours' did not."),
        N_("Plan a visit before it goes dark: something bends or corrodes on this drop."),
    ),
    "comes_and_goes": (
        N_("The session ended %(count)s times in the last 24 hours."),
        N_("Look at the light and at the power of the customer's router."),
    ),
    "shared_mac": (
        N_("Online, but the MAC %(mac)s is also online as %(other)s."),
        N_("Two routers with one MAC disturb each other: compare both customers."),
    ),
    "well": (
        N_("All is well: online since %(since)s."),
        N_("Nothing to do on our side; ask what does not work."),
    ),
}
