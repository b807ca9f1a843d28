"""``milha doctor``: examine a router from the command line, beside a running process."""

from __future__ import annotations

import argparse
import shutil
import textwrap

from oss.access import exams
from oss.access.doctor import STATES_FIRST
from oss.access.exams import Exam
from oss.base import db
from oss.base.config import Config
from oss.base.problems import NotFound
from oss.commands import CLI, opened
from web.console import doctor_words
from web.render import RenderContext

SIGNS = {"ok": "ok     ", "wrong": "WRONG  ", "unknown": "?      "}
NAME, SEEN_AT = 24, 33


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    doctor = sub.add_parser("doctor", help="examine a router: what works, what does not, and what helps")
    doctor.add_argument("nas", metavar="NAS", help="its name, or its number")
    doctor.add_argument("--language", choices=("en", "pt-BR"), default="en")
    doctor.set_defaults(run=examine)


async def examine(config: Config, options: argparse.Namespace) -> int:
    """Ask the running nodes and print what they found; 1 if anything is wrong, 3 if nothing could be found out."""
    async with opened(config):
        sql = "select id, name from nas where name = $1 or id::text = $1 order by name = $1 desc limit 1"
        row = await db.fetchrow(sql, options.nas)
        if row is None:
            raise NotFound(thing="router")
        async with db.transaction() as connection:
            number = await exams.ask(connection, CLI, row["id"])
        exam = await exams.finished(number, row["id"])
    print(f"{row['name']}, {exam.asked_at:%Y-%m-%d %H:%M:%S} UTC")
    _tell(exam, options.language)
    return {"ok": 0, "wrong": 1, "unknown": 3}[exam.state]


def _tell(exam: Exam, language: str) -> None:
    rc, width = RenderContext(language=language), min(shutil.get_terminal_size().columns, 120)
    for check in sorted(exam.checks, key=lambda one: STATES_FIRST.index(one.state)):
        told = doctor_words.told(rc, check)
        print(f"{SIGNS[check.state]}{told.name:{NAME}}  {told.seen}")
        for line in textwrap.wrap(told.cure, width - SEEN_AT):
            print(" " * SEEN_AT + line)
