"""The lines that put one rule of a router right: of the text to paste (`nas_paste`), what concerns it."""

from __future__ import annotations

import re
from typing import Final

from oss.access.nas_paste import Values, pastes

MAKERS: Final = {"mikrotik": "routeros7", "huawei_vrp": "huawei", "cisco_ios": "cisco"}
LINES: Final = {
    "routeros": {
        "used": r"/ppp aaa .*",
        "accounting": r"/ppp aaa .*",
        "interim": r"/ppp aaa .*",
        "server": r"/radius add .*",
        "coa": r"/radius incoming .*|.*milha CoA.*",
        "ntp": r"/system ntp .*",
    },
    "huawei": {
        "used": r"authentication-(?:scheme|mode) .*|radius-server group .*",
        "accounting": r"accounting-(?:scheme|mode) .*",
        "interim": r"accounting interim .*",
        "server": r"radius-server (?:authentication|accounting) .*",
        "secret": r"radius-server shared-key-cipher .*",
        "coa": r"radius-server authorization .*",
        "ntp": r"ntp-service .*",
    },
    "cisco": {
        "used": r"aaa authentication ppp .*|server name .*",
        "accounting": r"aaa accounting network .*",
        "interim": r"aaa accounting update .*",
        "server": r"address ipv4 .*",
        "secret": r"key .*",
        "coa": r"client .*|port .*|auth-type .*",
        "ntp": r"ntp server .*",
    },
}


def cure(driver: str, version: str, rule: str, values: Values) -> str:
    """What to paste; empty where we have no text for this maker."""
    key = MAKERS.get(driver, "")
    if key == "routeros7" and version.startswith("6."):
        key = "routeros6"
    text = next((one.text for one in pastes(values) if one.key == key), "")
    if key.startswith("routeros") and rule == "secret":
        secret = values.secret.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        return f'/radius set [ find address={values.host} ] secret="{secret}"'
    wanted = LINES.get(key.rstrip("67"), {}).get(rule)
    return "\n".join(_with_blocks(text, wanted)) if wanted else ""


def _with_blocks(text: str, wanted: str) -> list[str]:
    """The lines that are like this, under the lines of the blocks they stand in; VRP's commit with them."""
    found: list[str] = []
    above: list[str] = []
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip())
        above = [one for one in above if len(one) - len(one.lstrip()) < depth]
        if re.fullmatch(wanted, line.strip()):
            found += [*(one for one in above if one not in found), line]
        above.append(line)
    return found + (["commit"] if found and text.endswith("\ncommit") else [])
