"""Routers and OLTs, one file a maker (`makers/`), spoken to over links that are kept open (`transport/`).

What a router or an OLT can do is said in `router.py` and `olt.py`; `registry.py` finds the drivers by their being
there.
"""
