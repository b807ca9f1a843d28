"""Problems of OLTs that were kept, and how an ONU went, in the reader's words."""

from __future__ import annotations

import pytest

from oss.drivers.olt import OnuNow
from oss.drivers.problems import DeviceSlow, NotAsOrdered
from web.console import network_words, provision_words
from web.console.device_sessions import SAID_FOR
from web.render import RenderContext, render, translate


def test_what_an_olt_was_asked_is_said_in_the_readers_language() -> None:
    kept = provision_words.kept(DeviceSlow(name="OLT-1", what="unprovisioned ONUs", seconds="20"))
    told = provision_words.sentence("pt-BR", kept)
    assert "OLT-1" in told and "ONUs esperando" in told and "unprovisioned" not in told


def test_what_differs_is_told_by_the_words_of_its_fields_and_the_name_of_the_olt() -> None:
    kept = provision_words.kept(NotAsOrdered(name="OLT", what="line_profile, vlan"))
    told = provision_words.sentence("pt-BR", kept, "OLT-Centro")
    assert told.startswith("OLT-Centro aceitou") and "Perfil de linha, VLAN" in told
    assert "line_profile" not in told


@pytest.mark.parametrize("what", ["traffic of an interface", "the limit of a session", "queues", "address lists"])
def test_what_routers_are_asked_has_words(what: str) -> None:
    assert what in SAID_FOR and translate("pt-BR", what) != what


SILENT = ("router_known", "router_problem", "router_asked", "on_router", "session", "rate", "limit")


@pytest.mark.parametrize("why", ["los", "dying-gasp", "offline", "Deactive"])
def test_how_an_onu_went_is_said_in_words_and_a_makers_own_word_stands(why: str) -> None:
    rc = RenderContext(language="pt-BR")
    words = {"los": "sem luz", "dying-gasp": "falta de energia", "offline": "causa não informada"}.get(why, why)
    now = OnuNow("online", last_down=why)
    live = {"olt_known": True, "olt_asked": True, "olt_problem": "", "onu": now} | dict.fromkeys(SILENT)
    states, downs = network_words.ONU_STATES, network_words.LAST_DOWNS
    line = render("console/diagnosis/_devices.html", rc, live=live, onu_states=states, last_downs=downs)
    page = {"row": {"serial": "HWTC1"}, "now": now, "problem": "", "runs": [], "words": network_words}
    sheet = render("console/provisioning/now.html", rc, run_words=provision_words, **page)
    assert words in line and words in sheet
