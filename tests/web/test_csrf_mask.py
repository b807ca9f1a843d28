"""The token in a page is another text each time, and the same token."""

from __future__ import annotations

import secrets

from hypothesis import given
from hypothesis import strategies as st

from web.csrf_mask import masked, unmasked


@given(st.text(alphabet="abcdefABCDEF0123456789-_", min_size=1, max_size=60))
def test_what_is_masked_comes_back(token: str) -> None:
    assert unmasked(masked(token)) == token


def test_two_answers_share_nothing_of_it() -> None:
    token = secrets.token_urlsafe(24)
    one, other = masked(token), masked(token)
    assert one != other
    assert token not in one


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(unmasked(text), str)
