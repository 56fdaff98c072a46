"""Pages of a listing: how much goes into one, and tokens that say where the next one begins."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from vecstore.errors import InvalidArgument, InvalidRecord
from vecstore.inputs import MAX_INT, shorten, text_flaw
from vecstore.inputs.payload import compact
from vecstore.records import FieldValue, Page, Record
from vecstore.spaces import Vector

MAX_PAGE = 1000
_SHOWN = 40
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
# Records read at first, and how many times more are read next, as long as they are small.
_PART = 16
_GROWTH = 8


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
    if not isinstance(page_token, str):
        raise InvalidArgument(
            f"page_token is {shorten(page_token)}; give next_page_token of the page before",
            field="page_token",
        )
    try:
        made_for, last = json.loads(base64.urlsafe_b64decode(page_token.encode()))
    except (ValueError, TypeError, RecursionError):
        made_for, last = None, None
    if made_for != asked or not isinstance(last, str) or text_flaw(last):
        raise _strange(page_token)
    return last


def after_number(page_token: str, asked: str) -> int | None:
    """As :func:`after`, where ids are numbers from 1 on; None for the first page."""
    last = after(page_token, asked)
    if not last:
        return None
    if not _NUMBER.fullmatch(last) or int(last) > MAX_INT:
        raise _strange(page_token)
    return int(last)


def _strange(page_token: str) -> InvalidArgument:
    return InvalidArgument(
        f"the page token {page_token[:_SHOWN]!r} belongs to another listing; begin again without "
        "one",
        field="page_token",
    )


def page(
    read: Callable[[str, int], Sequence[Record]],
    asked: str,
    page_size: int,
    page_token: str,
    limit: int,
) -> Page:
    """One page of a listing.

    Args:
        read: (an id, a number) -> up to so many records beyond it.
        asked: the listing's name.
        page_size, page_token: as the caller gave them.
        limit: bytes that a page may hold.

    Raises:
        InvalidArgument: no such size, or a token of another listing.
    """
    check_size(page_size)
    found, cut = gathered(read, after(page_token, asked), page_size + 1, limit)
    records = tuple(found[:page_size])
    more = cut or len(found) > page_size
    return Page(records, token(records[-1].id, asked) if more else "")


def check_size(page_size: object) -> None:
    """Raise InvalidArgument unless it is a whole number of 1 to :data:`MAX_PAGE`."""
    whole = isinstance(page_size, int | np.integer) and not isinstance(page_size, bool)
    if not whole or not 1 <= page_size <= MAX_PAGE:  # type: ignore[operator]
        raise InvalidArgument(
            f"page_size is {page_size!r}; 1 to {MAX_PAGE} are allowed", field="page_size"
        )


def gathered(
    read: Callable[[str, int], Sequence[Record]], after: str, size: int, limit: int
) -> tuple[list[Record], bool]:
    """The records of a page, read in parts, so that many large ones are never in memory at once.

    Args:
        read: (an id, a number) -> up to so many records beyond it.
        after: the id to begin after.
        size: records wanted at most.
        limit: bytes that they may hold in all; a first record may hold more.

    Returns:
        The records, and whether some were left out because of ``limit``.
    """
    found: list[Record] = []
    taken, step = 0, _PART
    while len(found) < size:
        wanted = min(step, size - len(found))
        part = read(after, wanted)
        for record in part:
            taken += record_bytes(record)
            if found and taken > limit:
                return found, True
            found.append(record)
        if len(part) < wanted:
            break
        after = part[-1].id
        room = limit * len(found) // max(taken, 1)  # as many records of such a size
        step = max(_PART, min(room, _GROWTH * step))
    return found, False


def record_bytes(record: Record) -> int:
    """About how many bytes a record has in a message, whatever it holds."""
    try:
        values = record.field_values().values()
    except InvalidRecord:
        values = {}.values()  # it is refused when it is written
    size = len(str(record.id)) + _payload_bytes(record.payload)
    return size + sum(_value_bytes(value) for value in values)


def image_bytes(record: Record) -> int:
    """How many bytes the images of a record have."""
    return sum(len(value.image or b"") for value in record.field_values().values())


def _value_bytes(value: FieldValue) -> int:
    text = len(value.text.encode(errors="replace")) if isinstance(value.text, str) else 0
    image = len(value.image) if isinstance(value.image, bytes) else 0
    vector = value.vector.values.nbytes if isinstance(value.vector, Vector) else 0
    cells = value.categories.items() if isinstance(value.categories, Mapping) else ()
    return text + image + vector + sum(len(str(cell)) for pair in cells for cell in pair)


def _payload_bytes(payload: object) -> int:
    if payload == {}:
        return 0
    try:
        return 2 * len(compact(payload))  # what many small numbers take in a message
    except (TypeError, ValueError, RecursionError):
        return 0  # it is refused when it is written
