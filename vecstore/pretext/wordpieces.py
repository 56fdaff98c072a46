"""A WordPiece tokenizer, trained here on the texts themselves."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from vecstore.errors import InvalidInput

PAD, UNKNOWN, CLS, SEP, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""The special pieces; their ids are their places here."""

TOKENIZER_FILE = "tokenizer.json"

_CONTINUES = "##"
_CHARACTERS = 1_000
_ALL = 2**31
_WIDTHS = 8
_CHUNK = 10_000


def train_tokenizer(
    texts: Sequence[str], vocabulary: int, lower_case: bool, *, fewer: bool = False
) -> Tokenizer:
    """Learn word pieces; the same ones from the same texts.

    Args:
        texts: what to learn from.
        vocabulary: how many pieces, the special ones included.
        lower_case: whether case and accents are dropped.
        fewer: whether that is a limit only, and fewer pieces will do.

    Raises:
        InvalidInput: the texts give fewer pieces than they should, or have more characters.
    """
    # The library numbers the characters inside words by chance, and then ties between pieces are
    # decided by chance too. Named beforehand, in order, they have the same numbers every time.
    alphabet = _trained(texts, 0, lower_case, []).get_vocab()
    inner = sorted(piece for piece in alphabet if piece.startswith(_CONTINUES))
    letters = _most_common(texts, alphabet, lower_case)
    inner = [piece for piece in inner if piece.removeprefix(_CONTINUES) in letters]
    pieces = _trained(texts, vocabulary, lower_case, inner, sorted(letters)).get_vocab()
    if len(pieces) > vocabulary or (len(pieces) < vocabulary and not fewer):
        raise InvalidInput(
            f"the texts give {len(pieces)} word pieces, and the option vocabulary asks for "
            f"{vocabulary}; set vocabulary to {len(pieces)}"
            + (" or less, or train on more text" if len(pieces) < vocabulary else " or more"),
            field="vocabulary",
        )
    tokenizer = _blank(models.WordPiece(pieces, unk_token=UNKNOWN), lower_case)
    tokenizer.add_special_tokens(list(SPECIALS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        special_tokens=[(name, SPECIALS.index(name)) for name in (CLS, SEP)],
    )
    return tokenizer


def _blank(model: models.WordPiece, lower_case: bool) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _trained(
    texts: Iterable[str],
    vocabulary: int,
    lower_case: bool,
    first: list[str],
    letters: Sequence[str] = (),
) -> Tokenizer:
    """A tokenizer whose pieces begin with the special ones and ``first``."""
    tokenizer = _blank(models.WordPiece(unk_token=UNKNOWN), lower_case)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        special_tokens=[*SPECIALS, *first],
        initial_alphabet=list(letters),
        limit_alphabet=len(letters) or _ALL,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _most_common(texts: Iterable[str], alphabet: Iterable[str], lower_case: bool) -> frozenset[str]:
    """The characters of an alphabet; the most common ones where there are very many."""
    letters = frozenset(piece for piece in alphabet if len(piece) == 1)
    if len(letters) <= _CHARACTERS:
        return letters
    counts: Counter[str] = Counter()
    normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    for text in texts:
        counts.update(normalizer.normalize_str(text))
    ranked = sorted(letters, key=lambda letter: (-counts[letter], letter))
    return frozenset(ranked[:_CHARACTERS])


def read_tokenizer(file: Path) -> Tokenizer:
    """A tokenizer as :func:`write_tokenizer` wrote it."""
    return Tokenizer.from_str(file.read_text(encoding="utf-8"))


def write_tokenizer(tokenizer: Tokenizer, file: Path) -> None:
    """Write a tokenizer, in one step; processes that train together may do so at once.

    Raises:
        OSError: the disk's answer.
    """
    beside = file.with_name(f"{file.name}.{uuid4().hex}.tmp")
    beside.write_text(tokenizer.to_str(), encoding="utf-8")
    beside.replace(file)


def tokenizer_digest(file: Path) -> str:
    """sha256 (hex) over what decides the pieces of a text, as :func:`write_tokenizer` wrote it.

    Of the file and not of the tokenizer: another release of the library may write it otherwise.
    """
    parts = json.loads(file.read_bytes())
    deciding = ("normalizer", "pre_tokenizer", "model", "post_processor", "added_tokens")
    text = json.dumps({name: parts[name] for name in deciding}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def continuing(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Shape (vocabulary,): whether a piece goes on with the word of the piece before it."""
    marks = np.zeros(tokenizer.get_vocab_size(), dtype=np.bool_)
    for piece, number in tokenizer.get_vocab().items():
        marks[number] = piece.startswith(_CONTINUES)
    return marks


@dataclass(frozen=True, slots=True)
class Pieces:
    """Texts as pieces, without special ones, one after the other.

    Args:
        ids: shape (pieces of all texts,), int32.
        starts: shape (texts + 1,): where each text begins in ``ids``, and the end.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def lengths(self) -> NDArray[np.int64]:
        """Shape (texts,): the pieces of each."""
        return np.diff(self.starts)

    def rows(
        self, texts: NDArray[np.int64], before: int, after: int, most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Some texts, each between two special pieces, filled up to one width.

        Args:
            texts: their numbers.
            before, after: ids of the special pieces.
            most: see :func:`batch_width`.

        Returns:
            The ids, shape (len(texts), width), and where they are those of pieces of a text.
        """
        lengths = self.starts[texts + 1] - self.starts[texts]
        places = np.arange(batch_width(int(lengths.max(initial=0)) + 2, most))[None, :] - 1
        inside = (places >= 0) & (places < lengths[:, None])
        taken = np.where(inside, self.starts[texts][:, None] + places, 0)
        known = self.ids if len(self.ids) else np.zeros(1, dtype=np.int32)  # all may be empty
        rows = np.where(inside, known[taken], SPECIALS.index(PAD)).astype(np.int64)
        rows[:, 0] = before
        rows[np.arange(len(texts)), lengths + 1] = after
        return rows, inside


def batch_width(longest: int, most: int) -> int:
    """The width of a batch whose longest row is this long, in steps of 8 up to ``most``.

    Every other width costs torch's kernels time once, and memory from then on.
    """
    return max(longest, min(-(-longest // _WIDTHS) * _WIDTHS, most))


def to_pieces(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> Pieces:
    """Texts as pieces. A text of more than ``longest`` pieces becomes several."""
    parts: list[list[int]] = []
    for ids in ids_of(tokenizer, texts):
        parts += [ids[at : at + longest] for at in range(0, len(ids), longest)]
    return pieces_of(parts)


def ids_of(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[list[int]]:
    """The ids of each text, without special ones."""
    for start in range(0, len(texts), _CHUNK):  # encodings take many times what their ids take
        chunk = list(texts[start : start + _CHUNK])
        for encoding in tokenizer.encode_batch_fast(chunk, add_special_tokens=False):
            yield encoding.ids


def pieces_of(parts: Sequence[Sequence[int]]) -> Pieces:
    """Pieces from the ids of every text."""
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    ids = np.fromiter((one for part in parts for one in part), np.int32, count=int(starts[-1]))
    return Pieces(ids, starts)
