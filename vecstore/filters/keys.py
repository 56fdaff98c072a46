"""Keys of a payload as filters write them, and the paths that they name."""

from __future__ import annotations

import re

from vecstore.errors import InvalidFilter
from vecstore.inputs import shorten, text_flaw

MAX_PATH = 32
_ESCAPED = re.compile(r"\\([.$\\])|(\.)")


def key_path(key: str) -> tuple[str, ...]:
    r"""The path that a key names: ``"a.b"`` is ``b`` inside ``a``.

    A literal dot is written ``\.``, a ``$`` at the beginning ``\$``, and a backslash before one of
    these ``\\``.

    Raises:
        InvalidFilter: it names none: a key is empty, begins with a bare ``$``, is no string, or
            goes deeper than 32.
    """
    if not isinstance(key, str):
        raise InvalidFilter(
            f"the key {shorten(key)} is a {type(key).__name__}; keys are strings", field="key"
        )
    if key.startswith("$"):
        raise InvalidFilter(
            f"the key {shorten(key)} begins with $; a key that does is written \\$", field="key"
        )
    try:
        return check_path(split(key))
    except InvalidFilter as error:
        raise InvalidFilter(error.message, field="key") from None


def key_text(path: tuple[str, ...]) -> str:
    """The key that names ``path``; the inverse of :func:`key_path`."""
    text = ".".join(re.sub(r"([.\\])", r"\\\1", segment) for segment in path)
    return "\\" + text if text.startswith("$") else text


def split(key: str) -> tuple[str, ...]:
    """The path that a key names, not yet checked."""
    if "." not in key and "\\" not in key:
        return (key,)
    segments = [""]
    end = 0
    for found in _ESCAPED.finditer(key):
        segments[-1] += key[end : found.start()]
        end = found.end()
        if found[1]:
            segments[-1] += found[1]
        else:
            segments.append("")
    segments[-1] += key[end:]
    return tuple(segments)


def check_path(path: object) -> tuple[str, ...]:
    """A path of 1 to 32 keys that a database can hold, as plain strings.

    Raises:
        InvalidFilter: it is none.
    """
    if not isinstance(path, tuple) or not 1 <= len(path) <= MAX_PATH:
        raise InvalidFilter(
            f"the path {shorten(path)} is no tuple of 1 to {MAX_PATH} keys", field="filter"
        )
    for segment in path:
        if type(segment) is not str or not segment or not segment.isascii() or "\0" in segment:
            return tuple(_segment(one, path) for one in path)
    return path


def _segment(segment: object, path: tuple[object, ...]) -> str:
    if not isinstance(segment, str):
        raise InvalidFilter(
            f"the path {shorten(path)} holds {shorten(segment)}; keys are strings", field="filter"
        )
    if not segment:
        raise InvalidFilter(
            f"the path {shorten(path)} has an empty key; write a.b for b inside a, and a literal "
            "dot as \\.",
            field="filter",
        )
    flaw = text_flaw(segment)
    if flaw:
        raise InvalidFilter(
            f"the key {shorten(segment)} contains {flaw}; remove it", field="filter"
        )
    return str.__str__(segment)
