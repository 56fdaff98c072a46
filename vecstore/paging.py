"""Page tokens: where a listing goes on, tied to the listing that they were made for."""

from __future__ import annotations

import base64
import hashlib
import json

from vecstore.errors import InvalidArgument
from vecstore.inputs import text_flaw

_SHOWN = 40


def listing(*what: object) -> str:
    """A short name for one listing: tokens of another are refused."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def token(last: str, made_for: str) -> str:
    """The token of the page after the record ``last``."""
    return base64.urlsafe_b64encode(json.dumps([made_for, last]).encode()).decode()


def after(page_token: str, asked: str) -> str:
    """The id after which the page begins; empty for the first page.

    Raises:
        InvalidArgument: the token is of another listing, or none.
    """
    if not page_token:
        return ""
    try:
        made_for, last = json.loads(base64.urlsafe_b64decode(page_token.encode()))
    except (ValueError, TypeError, RecursionError):
        made_for, last = None, None
    if made_for != asked or not isinstance(last, str) or text_flaw(last):
        raise InvalidArgument(
            f"the page token {page_token[:_SHOWN]!r} belongs to another listing; begin again "
            "without one",
            field="page_token",
        )
    return last
