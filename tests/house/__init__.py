"""Rules of the house as tests.

Each rule is a function from content to findings: beside the real files it also gets a case it must find.
"""
