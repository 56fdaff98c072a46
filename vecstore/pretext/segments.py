"""Documents as passages of about equal length that end where sentences end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sentencex
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vecstore.pretext.wordpieces import Pieces, pieces_of


@dataclass(frozen=True, slots=True)
class Segments:
    """The passages of some documents, document by document.

    Args:
        pieces: each passage's.
        document: shape (passages,): the number of each passage's document, ascending.
        first, end: shape (documents,): where its passages begin, and where the next one's do.
    """

    pieces: Pieces
    document: NDArray[np.int64]
    first: NDArray[np.int64]
    end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pieces)

    def followed(self) -> NDArray[np.int64]:
        """The numbers of the passages that another one of their document follows."""
        return np.flatnonzero(self.document[:-1] == self.document[1:])


def segments_of(
    tokenizer: Tokenizer, documents: Sequence[Sequence[str]], least: int, most: int, language: str
) -> Segments:
    """Split documents into sentences, and put these together again to passages.

    Args:
        tokenizer: makes word pieces.
        documents: each a sequence of texts.
        least: pieces after which a passage is full; 0 for a passage each sentence. What is left
            at a document's end is a passage too.
        most: pieces after which a passage is cut off.
        language: whose rules tell where a sentence ends.
    """
    parts: list[list[int]] = []
    ends = []
    for document in documents:
        sentences = [one for text in document for one in sentences_of(text, language)]
        encoded = tokenizer.encode_batch_fast(sentences, add_special_tokens=False)
        parts += [part[:most] for part in _filled([one.ids for one in encoded], least)]
        ends.append(len(parts))
    end = np.array(ends, dtype=np.int64)
    first = np.concatenate([[0], end[:-1]]).astype(np.int64)
    document_of = np.repeat(np.arange(len(ends)), end - first)
    return Segments(pieces_of(parts), document_of, first, end)


def sentences_of(text: str, language: str) -> list[str]:
    """The sentences of a text, without the space around them."""
    return [one.strip() for one in sentencex.segment(language, text) if one.strip()]


def _filled(sentences: Sequence[list[int]], least: int) -> Iterator[list[int]]:
    part: list[int] = []
    for sentence in sentences:
        part = part + sentence
        if part and len(part) >= least:
            yield part
            part = []
    if part:
        yield part
