"""Text to tokens and back, with the tokenizer that a model was trained with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer

from vecstore.errors import EncoderNotFound, InvalidArgument
from vecstore_open_clip.hub import first_line

_DEFAULT_LENGTH = 77
_LONGEST_WORD = 2048
_CACHED_WORDS = 100_000
_SPECIAL = ("<start_of_text>", "<end_of_text>")
_BACKEND = ("normalizer", "pre_tokenizer", "model", "post_processor", "added_tokens")
_SETTINGS = ("clean", "strip_sep_token", "language")


class Tokenizer(Protocol):
    """What an encoder needs of a tokenizer.

    Attributes:
        start, end: ids of the tokens that begin and end a text; None where there are none.
        size: how many ids there are.
        length: tokens of one text; the rest is cut off.
    """

    size: int
    length: int

    @property
    def start(self) -> int | None: ...

    @property
    def end(self) -> int | None: ...

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        """Ids, int64 of shape (len(texts), length), padded at the end."""
        ...

    def text(self, ids: Sequence[int]) -> str:
        """The text of ids."""
        ...

    def identity(self) -> Mapping[str, str] | None:
        """Digests of what decides the ids; None where they cannot be told."""
        ...


def make_tokenizer(text_config: Mapping[str, Any], folder: Path | None) -> Tokenizer:
    """The tokenizer of an architecture.

    Args:
        text_config: the text part of its description.
        folder: where the tokenizer is; None for the one that the description names.

    Raises:
        InvalidArgument: the description asks for what is not known, or the folder is damaged.
        EncoderNotFound: the tokenizer is neither on the hub nor in its cache.
    """
    length = int(text_config.get("context_length", _DEFAULT_LENGTH))
    settings = dict(text_config.get("tokenizer_kwargs") or {})
    strange = sorted(set(settings) - set(_SETTINGS))
    if strange:
        raise InvalidArgument(
            f"the architecture's tokenizer_kwargs hold {strange[0]!r}; only {', '.join(_SETTINGS)} "
            "are understood, since anything else could cut texts at random or run code",
            field="source",
        )
    name = text_config.get("hf_tokenizer_name")
    if not name:
        return BytePairs(length, settings.get("clean", "lower"))
    return FromHub(name, folder, length, text_config.get("tokenizer_mode"), settings)


class BytePairs:
    """OpenAI's byte pairs, which most models use, with limits on time and memory.

    The library's own takes six seconds for one word of 20,000 letters, and remembers every word.
    Here tokens beyond the model's length are not made, and words are cut to 2048 letters first.

    Args:
        length: tokens of one text.
        clean: how the library cleans texts: "lower", "whitespace" or "canonicalize".
    """

    def __init__(self, length: int, clean: str) -> None:
        self._pairs, self._digests = _byte_pairs(clean)
        self.start, self.end = int(self._pairs.sot_token_id), int(self._pairs.eot_token_id)
        self.size, self.length = int(self._pairs.vocab_size), length

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        if len(self._pairs.cache) > _CACHED_WORDS:
            self._pairs.cache = {token: token for token in _SPECIAL}
        tokens = torch.zeros(len(texts), self.length, dtype=torch.long)
        for row, text in zip(tokens, texts, strict=True):
            ids = [self.start, *self._ids(text)[: self.length - 2], self.end]
            row[: len(ids)] = torch.tensor(ids)
        return tokens

    def text(self, ids: Sequence[int]) -> str:
        decoded: str = self._pairs.decode(list(ids))
        return decoded.strip()

    def identity(self) -> Mapping[str, str]:
        return self._digests

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = []
        for found in self._pairs.pat.finditer(self._pairs.clean_fn(text)):
            raw = found.group()[:_LONGEST_WORD].encode()
            word = "".join(self._pairs.byte_encoder[byte] for byte in raw)
            ids += (self._pairs.encoder[token] for token in self._pairs.bpe(word).split(" "))
            if len(ids) >= self.length:
                break
        return ids


@cache
def _byte_pairs(clean: str) -> tuple[Any, Mapping[str, str]]:
    """The library's tokenizer, once for all models, and its identity."""
    pairs: Any = SimpleTokenizer(clean=clean)
    merges = sorted(pairs.bpe_ranks, key=lambda pair: int(pairs.bpe_ranks[pair]))
    return pairs, {
        "kind": "byte pairs",
        "vocabulary": _digest(pairs.encoder),
        "merges": _digest(merges),
        "clean": clean,
    }


class FromHub:
    """A tokenizer of the transformers library, from a folder or from the hub.

    Args:
        name: on the hub.
        folder: where it is on this machine; None for the hub or its cache.
        length: tokens of one text.
        mode: the library's tokenizer_mode.
        settings: the library's tokenizer_kwargs.

    Raises:
        InvalidArgument: the folder holds none that can be read.
        EncoderNotFound: it is neither on the hub nor in its cache.
    """

    def __init__(
        self,
        name: str,
        folder: Path | None,
        length: int,
        mode: str | None,
        settings: Mapping[str, Any],
    ) -> None:
        try:
            self._wrapped = HFTokenizer(
                str(folder or name),
                context_length=length,
                tokenizer_mode=mode,
                trust_remote_code=False,
                **settings,
            )
        except Exception as error:
            raise _not_had(name, folder, error) from error
        inner = self._wrapped.tokenizer
        self._settings = {"mode": str(mode or ""), **{k: str(v) for k, v in settings.items()}}
        self.start = inner.bos_token_id if inner.bos_token_id is not None else inner.cls_token_id
        self.end = inner.eos_token_id if inner.eos_token_id is not None else inner.sep_token_id
        self.size, self.length = len(inner), length

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        made: torch.Tensor = self._wrapped(list(texts))
        return made

    def text(self, ids: Sequence[int]) -> str:
        decoded: str = self._wrapped.tokenizer.decode(list(ids), skip_special_tokens=True)
        return decoded.strip()

    def identity(self) -> Mapping[str, str] | None:
        inner = self._wrapped.tokenizer
        backend: Any = getattr(inner, "backend_tokenizer", None)
        if not hasattr(backend, "to_str"):
            return None
        parts = json.loads(backend.to_str())
        return {
            "kind": "transformers",
            **{name: _digest(parts.get(name)) for name in _BACKEND},
            "truncation_side": str(inner.truncation_side),
            "padding_side": str(inner.padding_side),
            "padding": str(inner.pad_token_id),
            **self._settings,
        }


def _not_had(name: str, folder: Path | None, error: Exception) -> InvalidArgument | EncoderNotFound:
    if folder is not None:
        return InvalidArgument(
            f"the tokenizer in {folder.name!r} cannot be read ({first_line(error)}); restore it",
            field="tokenizer",
        )
    return EncoderNotFound(
        f"the model's tokenizer, {name}, cannot be had: it is not in the hub's cache on this "
        f"machine, and the hub did not give it ({first_line(error)}). Check the network, or name "
        "a folder that holds it with tokenizer=FOLDER",
        source=name,
    )


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
