"""BERT as the backbone of text encoders: made, kept without its head, and loaded again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.errors import ArtifactDamaged
from vecstore.pretext.torch_parts import check_load_batch, device_named, redrawn, runtime
from vecstore.pretext.wordpieces import (
    TOKENIZER_FILE,
    read_tokenizer,
    tokenizer_digest,
    write_tokenizer,
)
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder, Options

WEIGHTS_FILE = "model.safetensors"

_REVISION = 1
_SHAPE = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "hidden_act",
    "layer_norm_eps",
)
LIBRARIES = ("transformers", "tokenizers", "torch")


class BertEncoder(Encoder):
    """A text's vector is the mean over its pieces in the last layer kept, at length 1.

    Texts are cut to the model's length. May be used from several threads.

    Args:
        task: the task that trained it.
        model: the backbone.
        tokenizer: makes pieces.
        digests: of its weights and its tokenizer, by these names.
        batch_size: texts that the model reads at a time.
    """

    modalities = frozenset({Modality.TEXT})
    normalized = True

    def __init__(
        self,
        task: str,
        model: BertModel,
        tokenizer: Tokenizer,
        digests: Mapping[str, str],
        batch_size: int,
    ) -> None:
        self._model, self._tokenizer, self._batch_size = model, tokenizer, batch_size
        self._task, self._digests = task, digests
        self._device = next(model.parameters()).device
        shape = shape_of(model.config)
        self.dim = int(shape["hidden_size"])
        self._identity = Identity(
            {
                "encoder": f"{task}/{_REVISION}",
                **digests,
                "architecture": {"type": "bert", **shape},
                "layer": shape["num_hidden_layers"],
                "pooling": "mean",
                "max_length": shape["max_position_embeddings"],
                "normalized": True,
                "dim": self.dim,
            }
        )
        tokenizer.no_padding()
        tokenizer.enable_truncation(shape["max_position_embeddings"])

    def identity(self) -> Identity:
        return self._identity

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002 - one way
        texts = [str(item.data) for item in inputs]
        ids = [one.ids for one in self._tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(ids)), key=lambda number: -len(ids[number]))
        vectors = np.empty((len(ids), self.dim), dtype=np.float32)
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            vectors[batch] = self._vectors([ids[number] for number in batch])
        return vectors

    @torch.inference_mode()
    def _vectors(self, ids: list[list[int]]) -> FloatArray:
        """Of texts of about equal length, the longest first."""
        rows = np.zeros((len(ids), len(ids[0])), dtype=np.int64)
        real = np.zeros(rows.shape, dtype=np.int64)
        for number, row in enumerate(ids):
            rows[number, : len(row)] = row
            real[number, : len(row)] = 1
        mask = torch.from_numpy(real).to(self._device)
        given = torch.from_numpy(rows).to(self._device)
        hidden = self._model(input_ids=given, attention_mask=mask).last_hidden_state
        mean = mean_over(hidden, mask)
        unit = torch.nn.functional.normalize(mean, dim=1)
        result: FloatArray = unit.float().cpu().numpy()
        return result

    def runtime(self) -> Mapping[str, str]:
        return {**runtime(*LIBRARIES), "device": str(self._device)}

    def random_twin(self, seed: int) -> Encoder:
        model = redrawn(
            lambda: BertModel(self._model.config, add_pooling_layer=False), self._device, seed
        )
        digests = {**self._digests, "weights": f"random:{seed}"}
        return BertEncoder(self._task, model, deepcopy(self._tokenizer), digests, self._batch_size)


def mean_over(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of rows (n, length, dim) where the mask (n, length) is 1; shape (n, dim)."""
    weights = mask.to(hidden.dtype)[:, :, None]
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


def new_config(options: Options) -> BertConfig:
    """A BERT of the shape that a task's options, once checked, ask for."""
    config = BertConfig(
        vocab_size=options["vocabulary"],
        hidden_size=options["hidden_size"],
        num_hidden_layers=options["layers"],
        num_attention_heads=options["heads"],
        intermediate_size=4 * options["hidden_size"],
        max_position_embeddings=options["max_length"],
        hidden_dropout_prob=options["dropout"],
        attention_probs_dropout_prob=options["dropout"],
    )
    config._attn_implementation = "eager"  # quicker than the others on short texts
    return config


def shape_of(config: BertConfig) -> dict[str, Any]:
    """What of a configuration decides numbers; JSON values."""
    return {name: getattr(config, name) for name in _SHAPE}


def write_backbone(model: BertModel, tokenizer: Tokenizer, layers: int, folder: Path) -> None:
    """Write the lower layers of a backbone, and its tokenizer.

    Raises:
        OSError: the disk's answer.
    """
    kept = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in model.state_dict().items()
        if _is_kept(name, layers)
    }
    save_file(kept, folder / WEIGHTS_FILE)
    write_tokenizer(tokenizer, folder / TOKENIZER_FILE)


def _is_kept(name: str, layers: int) -> bool:
    parts = name.split(".")
    if parts[0] == "encoder":
        return int(parts[2]) < layers
    return parts[0] == "embeddings"


def fill_backbone(model: BertModel, artifact: Artifact) -> None:
    """Give a backbone of the same shape the weights of an artifact.

    Raises:
        ArtifactDamaged: they are not those of such a backbone.
    """
    weights = load_file(artifact.file(WEIGHTS_FILE))
    found = model.load_state_dict(weights, strict=False)
    missing = [name for name in found.missing_keys if name.startswith(("embeddings", "encoder"))]
    if missing or found.unexpected_keys:
        raise ArtifactDamaged(
            f"the weights of {artifact.manifest.name} do not fit its model: "
            f"{(missing + list(found.unexpected_keys))[0]!r} is missing or too much; get the "
            "artifact again",
            file=WEIGHTS_FILE,
        )


def load_encoder(artifact: Artifact, options: Options) -> BertEncoder:
    """The encoder of an artifact.

    Raises:
        InvalidArgument: a device that there is not, or no batch size.
        ArtifactDamaged: weights that do not fit.
    """
    check_load_batch(options)
    device = device_named(options["device"])
    config = BertConfig(**artifact.manifest.encoder["shape"])
    with torch.random.fork_rng():
        model = BertModel(config, add_pooling_layer=False)
    fill_backbone(model, artifact)
    model.train(False).to(device)
    pieces = artifact.file(TOKENIZER_FILE)
    digests = {
        "weights": weights_digest([("0", artifact.file(WEIGHTS_FILE))]),
        "tokenizer": tokenizer_digest(pieces),
    }
    tokenizer = read_tokenizer(pieces)
    return BertEncoder(artifact.manifest.task, model, tokenizer, digests, options["batch_size"])
