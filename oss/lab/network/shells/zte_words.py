"""How the two dialects of ZTE's OLTs name things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

USER, PRIVILEGED, CONFIG, OLT, ONU, VPORT, MNG = "user", "privileged", "config", "olt", "onu", "vport", "mng"
ANY: Final = (USER, PRIVILEGED, CONFIG, OLT, ONU, VPORT, MNG)
LOOK: Final = (PRIVILEGED, CONFIG, OLT, ONU, VPORT, MNG)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Beginnings of interface names; ``vport`` empty: service ports are said in the ONU's interface itself."""

    olt: str
    onu: str
    vport: str
    successful: str
    named_views: bool
    no_onu: str = "%Code 32310-GPONSRV : The ONU does not exist."

    def kind(self, name: str) -> str | None:
        """OLT, ONU or VPORT; None: no interface of ours."""
        if name.startswith(self.olt):
            return OLT
        if name.startswith(self.onu):
            return ONU
        return VPORT if self.vport and name.startswith(self.vport) else None

    def place(self, name: str) -> tuple[str, int | None, int] | None:
        """PON, number of the ONU, number of the virtual port (0: none) that a name is of."""
        found = re.fullmatch(rf"(?:{re.escape(self.olt)}|{re.escape(self.onu)})(\d+/\d+/\d+)(?::(\d+))?", name)
        if found:
            return found[1], int(found[2]) if found[2] else None, 0
        found = re.fullmatch(rf"{re.escape(self.vport)}(\d+/\d+/\d+)\.(\d+):(\d+)", name) if self.vport else None
        return (found[1], int(found[2]), int(found[3])) if found else None

    def view(self, view: str, at: str) -> str:
        """What stands in the brackets of the prompt."""
        if view == CONFIG:
            return "config"
        if view == MNG:
            return f"gpon-onu-mng-{at}" if self.named_views else f"gpon-onu-mng {at.removeprefix(self.onu)}"
        return f"config-if-{at}" if self.named_views else "config-if"
