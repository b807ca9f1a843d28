"""Attacks on the web from outside and from inside, each tried for real on every address, form and field there is."""
