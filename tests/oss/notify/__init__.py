"""Tests of what is told to people."""
