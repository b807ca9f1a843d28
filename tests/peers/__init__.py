"""Programs that nobody here wrote, against our listeners and our whole node."""
