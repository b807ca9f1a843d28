"""Tests of the outbox, its letters and its channels."""
