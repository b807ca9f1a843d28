"""One file a maker, found by being here. Each has a ``DRIVER``."""
