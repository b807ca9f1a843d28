"""Fiscal documents, one file a kind."""
