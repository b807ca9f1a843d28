"""Tests of what is told to people: notices, the outbox, its letters and its channels."""
