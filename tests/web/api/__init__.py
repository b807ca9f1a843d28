"""The API, asked over HTTP with real tokens on a real database."""
