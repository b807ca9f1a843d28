"""The staff's console, one file a feature."""
