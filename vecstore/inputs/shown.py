"""Values in messages, and what a database cannot hold."""

from __future__ import annotations

import reprlib

_MAX_INT_BITS_SHOWN = 1024


class _Short(reprlib.Repr):
    """A repr that fits into a message, whatever it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 60
        self.maxlevel = 2

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to print very long integers.
        if x.bit_length() > _MAX_INT_BITS_SHOWN:
            return f"<an integer of {x.bit_length()} bits>"
        return super().repr_int(x, level)

    def repr_bytes(self, x: bytes, _level: int) -> str:
        return repr(x[:16]) + (f"... ({len(x)} bytes)" if len(x) > 16 else "")  # noqa: PLR2004


_short = _Short()


def shorten(value: object) -> str:
    """``repr(value)``, shortened so that it fits into a message; never raises."""
    return _short.repr(value)


def text_flaw(text: str) -> str | None:
    """What keeps a str out of a database, in words; None where nothing does."""
    if "\0" in text:
        return f"a NUL character (at position {text.index(chr(0))})"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return (
                f"a lone surrogate ({text[error.start]!a} at position {error.start}), which is no "
                "character"
            )
    return None


def utf8_size(text: str) -> int:
    """How many bytes a text has as UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
