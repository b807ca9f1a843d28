"""Measurements, side by side and repeatable: ``make bench`` runs all, ``make bench-NAME`` one."""
