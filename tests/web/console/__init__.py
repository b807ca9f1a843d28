"""The console's pages, asked for like a browser asks, on a real database."""
