"""Products, serials, places."""
