"""Pooled connections go back as they came: nothing of ours leaves a mark on one (`oss.base.db`)."""

from __future__ import annotations

import re

from .tree import PRODUCT, text, tracked

# Marks of a session: locks and listeners that outlive a transaction, settings that are not LOCAL to one.
MARKS = re.compile(
    r"""select pg_(?:try_)?advisory_lock\(|["']listen \w|["']set (?!local\b)(?:session )?\w+ (?:= '|to )"""
)
# What leaves one, and the connection of its own that it leaves it on.
APART = {
    "oss/base/audit_check.py": "db.apart()",
    "oss/base/migrations.py": "db.connect(dsn",
    "oss/base/purge.py": "db.apart()",
    "oss/base/rotation.py": "looking(dsn)",
    "oss/monitoring/poller.py": "db.apart()",
    "oss/monitoring/roll_up.py": "db.connect(dsn",
}


def test_what_marks_a_session_has_a_connection_of_its_own() -> None:
    ours = [path for path in tracked() if path.endswith(".py") and path.startswith(PRODUCT)]
    found = {path: source for path in ours if MARKS.search(source := text(path) or "")}
    assert found.keys() == APART.keys()
    assert all(APART[path] in source for path, source in found.items())
