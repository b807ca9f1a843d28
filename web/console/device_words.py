"""What a browser calls itself (User-Agent, RFC 9110 section 10.1.5), in words: "Chrome on Android"."""

from __future__ import annotations

# The first that is found names it: browsers claim to be those they descend from.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Python/", "Python"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> tuple[str | None, str | None]:
    """Browser and system, None for what is not known."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    return browser, next((name for mark, name in SYSTEMS if mark in user_agent), None)


def is_phone(user_agent: str) -> bool:
    """Whether it is something held in a hand."""
    return any(mark in user_agent for mark in ("Mobile", "iPhone", "Android"))
