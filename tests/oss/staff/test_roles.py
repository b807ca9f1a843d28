"""Roles are sets of known permissions; who has none may do nothing."""

from __future__ import annotations

from oss.staff.roles import PERMISSIONS, ROLES, permissions_of


def test_every_role_names_known_permissions_only() -> None:
    assert {name for role in ROLES.values() for name in role} <= set(PERMISSIONS)


def test_the_administrator_may_do_everything_and_a_stranger_nothing() -> None:
    assert permissions_of("admin") == set(PERMISSIONS)
    assert permissions_of("janitor") == permissions_of("") == frozenset()


def test_a_reader_changes_nothing() -> None:
    assert permissions_of("reader") and all(name.endswith(".read") for name in permissions_of("reader"))


def test_only_the_administrator_makes_users_and_tokens() -> None:
    assert [role for role in ROLES if "staff.write" in ROLES[role]] == ["admin"]
