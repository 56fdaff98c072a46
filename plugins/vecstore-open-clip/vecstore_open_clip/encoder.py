"""An OpenCLIP model as an encoder."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluations import TaskCard
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder
from vecstore_open_clip.identity import identity_of
from vecstore_open_clip.preprocessing import Preprocessing
from vecstore_open_clip.tokenizers import Tokenizer
from vecstore_open_clip.weights import digest_of

_LIBRARIES = ("open-clip-torch", "timm", "torch", "torchvision", "transformers", "pillow")


class OpenClipEncoder(Encoder):
    """A loaded model. Calls from several threads wait for each other; images are decoded before.

    Args:
        model: in float32 on the CPU.
        config: OpenCLIP's description of its architecture.
        tokenizer, preprocessing: what goes before it.
        normalize: whether to make vectors length 1.
        batch_size: texts or images that the model reads at a time.
        dtype: of the weights in memory from now on.
        device: where they are from now on.
        provenance: where the model came from, for the record.
        card: what it was made for, where that is known.
        twin: (seed) -> an encoder of the same kind, its weights drawn by the seed.

    Raises:
        InvalidArgument: the parts do not fit together.
    """

    modalities = frozenset({Modality.TEXT, Modality.IMAGE})

    def __init__(
        self,
        model: Any,
        config: Mapping[str, Any],
        tokenizer: Tokenizer,
        preprocessing: Preprocessing,
        *,
        normalize: bool,
        batch_size: int,
        dtype: torch.dtype,
        device: torch.device,
        provenance: Mapping[str, str],
        card: TaskCard | None,
        twin: Callable[[int], Encoder],
    ) -> None:
        weights = digest_of(model)
        self._model = model.to(device=device, dtype=dtype)
        self._tokenizer, self._preprocessing = tokenizer, preprocessing
        self._batch_size, self._dtype, self._device = batch_size, dtype, device
        self._provenance = dict(provenance)
        self._card, self._twin = card, twin
        self._lock = threading.Lock()
        self.normalized = normalize
        self.dim = self._tried(config)
        self._identity = identity_of(
            model,
            config,
            weights=weights,
            preprocessing=preprocessing.identity(),
            tokenizer=tokenizer.identity(),
            context_length=tokenizer.length,
            normalized=normalize,
            dim=self.dim,
        )

    def identity(self) -> Identity:
        return self._identity

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002
        vectors = np.empty((len(inputs), self.dim), dtype=np.float32)
        for modality, encoded in ((Modality.TEXT, self._texts), (Modality.IMAGE, self._images)):
            rows = [row for row, one in enumerate(inputs) if one.modality is modality]
            if rows:
                with _numbered(rows):
                    vectors[rows] = np.concatenate(list(encoded([inputs[row] for row in rows])))
        return vectors

    def runtime(self) -> Mapping[str, str]:
        return {
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
            "device": str(self._device),
            "precision": str(self._dtype).removeprefix("torch."),
            **self._provenance,
        }

    def card(self) -> TaskCard | None:
        return self._card

    def random_twin(self, seed: int) -> Encoder:
        return self._twin(seed)

    def close(self) -> None:
        self._preprocessing.close()
        with self._lock:
            del self._model

    def _texts(self, inputs: Sequence[Input]) -> Iterator[FloatArray]:
        for start in range(0, len(inputs), self._batch_size):
            batch = [str(one.data) for one in inputs[start : start + self._batch_size]]
            with self._lock, torch.inference_mode():
                tokens = self._tokenizer.tokens(batch)
                self._require_known(tokens)
                features = self._model.encode_text(tokens.to(self._device), normalize=False)
                yield self._vectors(features)

    def _images(self, inputs: Sequence[Input]) -> Iterator[FloatArray]:
        for batch in self._preprocessed(inputs):
            with self._lock, torch.inference_mode():
                features = self._model.encode_image(self._on_device(batch), normalize=False)
                yield self._vectors(features)

    def _preprocessed(self, inputs: Sequence[Input]) -> Iterator[torch.Tensor]:
        return self._preprocessing.batches([_bytes(one) for one in inputs], self._batch_size)

    def _on_device(self, batch: torch.Tensor) -> torch.Tensor:
        return batch.to(device=self._device, dtype=self._dtype)

    def _vectors(self, features: torch.Tensor) -> FloatArray:
        features = features.float()
        if self.normalized:
            features = torch.nn.functional.normalize(features, dim=-1)
        vectors: FloatArray = features.cpu().numpy()
        return vectors

    def _require_known(self, tokens: torch.Tensor) -> None:
        size = int(getattr(self._model, "text", self._model).vocab_size)
        if int(tokens.max()) >= size:
            raise InvalidArgument(
                f"the tokenizer gives the token {int(tokens.max())}, and the model knows {size} "
                "of them; the two do not belong together: name the right one with tokenizer=FOLDER",
                field="tokenizer",
            )

    def _tried(self, config: Mapping[str, Any]) -> int:
        """The length of vectors, after one text and one image."""
        ids = torch.tensor([[self._tokenizer.size - 1]])
        if not config["text_cfg"].get("hf_tokenizer_name"):
            self._require_known(ids)
        height, width = self._preprocessing.identity()["size"]
        white = torch.ones(1, 3, height, width)
        with torch.inference_mode():
            image = self._model.encode_image(self._on_device(white), normalize=False)
        (text,) = self._texts([Input(Modality.TEXT, "probe")])
        if image.shape != text.shape:
            raise InvalidArgument(
                f"the model gives texts {text.shape[-1]} numbers and images {image.shape[-1]}; "
                "they cannot share a space",
                field="source",
            )
        return int(text.shape[1])


def _bytes(one: Input) -> bytes:
    return one.data if isinstance(one.data, bytes) else one.data.encode()


@contextmanager
def _numbered(rows: Sequence[int]) -> Iterator[None]:
    """Call an input that is refused by its number among all inputs."""
    try:
        yield
    except InvalidInput as error:
        details: dict[str, object] = dict(error.details)
        if "input" in details:
            details["input"] = rows[int(str(details["input"]))]
        raise InvalidInput(error.message, **details) from error
