"""A Sentence Transformers model as an encoder."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.evaluations import TaskCard
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder, Options
from vecstore_sentence_transformers.cards import card_of
from vecstore_sentence_transformers.identity import max_length, read_identity
from vecstore_sentence_transformers.images import (
    batches,
    decoded,
    image_runtime,
    numbered,
    reads_images,
)
from vecstore_sentence_transformers.sources import ModelFolder, find, first_line
from vecstore_sentence_transformers.twins import redrawn

_DTYPES = ("float32", "float16", "bfloat16")
_LIBRARIES = ("sentence-transformers", "transformers", "tokenizers", "torch")
_OWN_PROMPTS = {Role.QUERY: ("query",), Role.DOCUMENT: ("document", "passage", "corpus")}


class SentenceTransformerEncoder(Encoder):
    """A loaded model. Calls from several threads wait for each other, decoding of images aside.

    Args:
        model: the SentenceTransformer.
        folder: where it was loaded from.
        prompts: what is put before inputs, by role.
        normalize: whether to make vectors length 1, also where the model does not.
        batch_size: texts or images that the model reads at a time.
    """

    def __init__(
        self,
        model: Any,
        folder: ModelFolder,
        prompts: Mapping[Role, str],
        normalize: bool,
        batch_size: int,
    ) -> None:
        self._model, self._folder, self._prompts = model, folder, prompts
        self._reads_images = reads_images(model)
        images = {Modality.IMAGE} if self._reads_images else set()
        self.modalities = frozenset({Modality.TEXT} | images)
        # The library looks the prompt of each role up under these names.
        model.prompts.update({str(role): prompt for role, prompt in prompts.items()})
        self._normalize = normalize
        self._batch_size = batch_size
        self._image_runtime = {"image processor": image_runtime(model)} if images else {}
        self._lock = threading.Lock()
        self.normalized = normalize or type(model[-1]).__name__ == "Normalize"
        self.dim = int(self._encoded(["probe"], Role.DOCUMENT).shape[1])
        self._identity = read_identity(
            model,
            folder.path,
            prompts={str(role): prompt for role, prompt in prompts.items()},
            normalized=self.normalized,
            dim=self.dim,
        )

    def identity(self) -> Identity:
        return self._identity

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:
        if not self._reads_images:
            return self._encoded([str(one.data) for one in inputs], role)
        vectors = np.empty((len(inputs), self.dim), dtype=np.float32)
        for modality, encoded in ((Modality.TEXT, self._texts), (Modality.IMAGE, self._images)):
            rows = [row for row, one in enumerate(inputs) if one.modality is modality]
            if rows:
                with numbered(rows):
                    vectors[rows] = encoded([inputs[row] for row in rows], role)
        return vectors

    def _texts(self, inputs: Sequence[Input], role: Role) -> FloatArray:
        # Said to be text: what looks like a place of an image would be fetched from there.
        return self._encoded([{"text": str(one.data)} for one in inputs], role)

    def _images(self, inputs: Sequence[Input], role: Role) -> FloatArray:
        """A batch at a time, so that no more than that is decoded at once."""
        return np.concatenate(
            [
                self._encoded(decoded(batch, first), role)
                for first, batch in batches(inputs, self._batch_size)
            ]
        )

    def _encoded(self, items: Sequence[object], role: Role) -> FloatArray:
        # One call: the library sorts by length over all inputs before it makes batches.
        encode = self._model.encode_query if role is Role.QUERY else self._model.encode_document
        with self._lock:
            vectors = encode(
                items,
                batch_size=self._batch_size,
                normalize_embeddings=self._normalize,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    def runtime(self) -> Mapping[str, str]:
        return {
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
            "device": str(self._model.device),
            "dtype": str(self._model.dtype).removeprefix("torch."),
            **self._image_runtime,
            **self._folder.provenance,
        }

    def card(self) -> TaskCard | None:
        return card_of(self._folder.path)

    def random_twin(self, seed: int) -> Encoder:
        with self._lock:
            model = redrawn(self._model, seed)
        twin = SentenceTransformerEncoder(
            model, self._folder, self._prompts, self._normalize, self._batch_size
        )
        parts = {**self._identity.parts, "random_twin": seed}
        twin._identity = Identity(parts, self._identity.missing)
        return twin

    def close(self) -> None:
        with self._lock:
            del self._model


def load(source: str, options: Options) -> Encoder:
    """Load a model from a folder, an installed package or the hub.

    Args:
        source: a folder, ``package:NAME``, or a name on the hub.
        options: every option of the loader with its value.

    Raises:
        InvalidArgument: an option's value, or the source, is not usable.
        EncoderNotFound: the source is not there.
        PluginError: a package's weights are not those that it should carry.
    """
    _check_options(options)
    folder = find(source, options["revision"])
    try:
        model = _load_model(folder, options)
        return SentenceTransformerEncoder(
            model, folder, _prompts(model, options), options["normalize"], options["batch_size"]
        )
    except VecstoreError:
        raise
    except ImportError as error:
        raise InvalidArgument(
            f"the model {source!r} needs a library that is not installed ({first_line(error)}); "
            "models that read images need: pip install 'vecstore-sentence-transformers[images]'",
            field="source",
        ) from error
    except Exception as error:
        raise InvalidArgument(
            f"the model {source!r} cannot be loaded: {first_line(error)}. "
            "Is it a whole Sentence Transformers model? Loading it with "
            "sentence_transformers.SentenceTransformer shows more",
            field="source",
        ) from error


def _check_options(options: Options) -> None:
    for name in ("batch_size", "max_length"):
        if options[name] is not None and options[name] < 1:
            raise InvalidArgument(
                f"the option {name} is {options[name]}; 1 or more is needed", field=name
            )
    if options["dtype"] not in _DTYPES:
        raise InvalidArgument(
            f"the option dtype is {options['dtype']!r}; one of {', '.join(_DTYPES)} is needed",
            field="dtype",
        )


def _load_model(folder: ModelFolder, options: Options) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    with _without_bars():
        model = SentenceTransformer(
            str(folder.path),
            device=options["device"],
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": getattr(torch, options["dtype"])},
        )
    _require_text(model)
    _require_tokenizer(model, folder.path)
    if options["max_length"] is not None:
        _limit(model, options["max_length"])
    return model


@contextmanager
def _without_bars() -> Iterator[None]:
    """No progress bars on a server's standard error; afterwards as it was."""
    import transformers

    logging: Any = transformers.utils.logging  # its functions carry no types
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _require_text(model: Any) -> None:
    supports = getattr(model, "supports", None)
    if supports is not None and not supports("text"):
        raise InvalidArgument("the model does not read text, and this loader makes text encoders")


def _require_tokenizer(model: Any, folder: Path) -> None:
    """Without its files a tokenizer is made with an empty vocabulary, and no word is said."""
    names = getattr(getattr(model, "tokenizer", None), "vocab_files_names", None)
    wanted = {"tokenizer.json", *(names or {}).values()}
    if names and not any(any(folder.rglob(name)) for name in wanted):
        raise InvalidArgument(
            f"the model has no tokenizer: none of the files {', '.join(sorted(wanted))} is there",
            field="source",
        )


def _limit(model: Any, length: int) -> None:
    """Set the maximum length, and try it: a model may have fewer positions than that."""
    own = max_length(model)
    model.max_seq_length = length
    try:
        model.encode("word " * (length + 8), show_progress_bar=False)
    except (RuntimeError, IndexError, ValueError) as error:
        raise InvalidArgument(
            f"the option max_length is {length}, which the model cannot read; its own limit is "
            f"{own or 'not set'}",
            field="max_length",
        ) from error


def _prompts(model: Any, options: Options) -> dict[Role, str]:
    """The prompt of each role: the one asked for, by name or as text, or the model's own."""
    own: dict[str, str] = {name: prompt or "" for name, prompt in model.prompts.items()}
    chosen: dict[Role, str] = {}
    for role in Role:
        given = options[f"{role}_prompt"]
        if given is not None:
            chosen[role] = own.get(given, str(given))
        else:
            chosen[role] = next((own[n] for n in _OWN_PROMPTS[role] if own.get(n)), "")
    return chosen
