"""The customers' portal, one file a feature."""
