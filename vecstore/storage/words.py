"""Words of a text: the same on every database, in documents and in queries."""

from __future__ import annotations

import functools
import re
import unicodedata

# A longer word is cut, and so is a text of more words, or of more bytes in all: what a row of
# PostgreSQL's can hold of words with their places.
MAX_CHARACTERS = 64
MAX_WORDS = 16_000
_MAX_BYTES = 400_000

_ASCII = re.compile(r"[0-9a-z]+")
# Han, Hiragana and Katakana are written without spaces: each character is a word.
_SINGLE = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Accents and other marks on Latin, Greek and Cyrillic letters; elsewhere marks are vowels.
_ACCENTS = re.compile("[\u0300-\u036f]+")


def words_of(text: str) -> list[str]:
    """The words of a text, in order: runs of letters and digits, in lower case, without accents.

    Chinese and Japanese characters are words by themselves.
    """
    if text.isascii():
        found = _ASCII.findall(text.lower())
    else:
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
        found = _pattern().findall(unicodedata.normalize("NFKC", plain).casefold())
    if len(text) > MAX_CHARACTERS:
        found = [word[:MAX_CHARACTERS] for word in found[:MAX_WORDS]]
    return found if len(text) < _MAX_BYTES // 4 else _fitting(found)


def _fitting(words: list[str]) -> list[str]:
    room = _MAX_BYTES
    for number, word in enumerate(words):
        room -= len(word.encode())
        if room < 0:
            return words[:number]
    return words


@functools.cache
def _pattern() -> re.Pattern[str]:
    # Marks belong to the letter before them, but no class of ``re`` holds them.
    marks = "".join(
        re.escape(chr(code))
        for code in range(0x300, 0x20000)
        if unicodedata.category(chr(code)) in ("Mn", "Mc")
    )
    return re.compile(f"[{_SINGLE}]|(?:[^\\W_{_SINGLE}][{marks}]*)+")
