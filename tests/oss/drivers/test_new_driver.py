"""A new maker is one new file and its transcripts (invariant 11): nothing that is there is edited."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DRIVER = '''"""A maker nobody has heard of."""

from oss.drivers.links import Dialect
from oss.drivers.olt import FoundOnu
from oss.drivers.problems import AnswerUnreadable
from oss.drivers.registry import Driver


class Unheard:
    async def unprovisioned(self, link):
        answer = await (await link.shell()).run("list new")
        *rows, end = answer.split("\\n")
        if end != f"{len(rows)} new" or not all(len(row) == 12 and row.isascii() and row.isalnum() for row in rows):
            raise AnswerUnreadable(command="list new", excerpt=answer)
        return [FoundOnu(pon="1", serial=row) for row in rows]

DRIVER = Driver(
    key="unheard", title="Unheard", maker="Unheard", protocols=("ssh",), object_ids=("1.3.6.1.4.1.99999",),
    dialect=Dialect(prompts=(r"^un>$",), errors=(r"^no$",)), olt=Unheard(),
)
'''
TRANSCRIPT = """=== act olt.unprovisioned
=== prompt un>
=== say list new
HWTC00000001
HWTC00000002
2 new
=== gives
[{"pon": "1", "serial": "HWTC00000001"}, {"pon": "1", "serial": "HWTC00000002"}]
"""


def laid(folder: Path, driver: str) -> Path:
    """The folder with a driver and what it answered in it."""
    makers, transcripts = folder / "oss" / "drivers" / "makers", folder / "transcripts" / "unheard"
    makers.mkdir(parents=True)
    transcripts.mkdir(parents=True)
    (makers / "__init__.py").write_text("")
    (makers / "unheard.py").write_text(driver)
    (transcripts / "unprovisioned.txt").write_text(TRANSCRIPT)
    return folder


def contract(folder: Path) -> str:
    """What the contract says of the driver in this folder, which alone is looked at."""
    paths = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    told = {**os.environ, "PYTHONPATH": paths, "MILHA_TRANSCRIPTS": str(folder / "transcripts")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-k", "unheard", "-rA"]
    done = subprocess.run(
        [*command, "tests/oss/drivers/test_contract.py"], env=told, capture_output=True, text=True, timeout=120
    )
    return done.stdout + done.stderr


def test_a_new_file_is_found_and_held_to_the_contract(tmp_path: Path) -> None:
    said = contract(laid(tmp_path, DRIVER))

    for kept in ("read_as_it_was_meant", "never_taken_for_an_answer", "dialect_knows", "never_a_wrong_value"):
        assert any(line.startswith("PASSED") and kept in line for line in said.split("\n")), said
    # It shows one act of many, and the contract says so.
    assert (
        "FAILED tests/oss/drivers/test_contract.py::test_each_thing_a_driver_can_do_has_a_transcript[unheard]" in said
    )


def test_a_wrong_value_made_by_a_new_driver_is_seen(tmp_path: Path) -> None:
    said = contract(laid(tmp_path, DRIVER.replace('end != f"{len(rows)} new" or ', "")))

    assert any(line.startswith("FAILED") and "never_a_wrong_value" in line for line in said.split("\n")), said
