"""Tests of what the measurements compute and write; the measurements themselves are run by hand."""
