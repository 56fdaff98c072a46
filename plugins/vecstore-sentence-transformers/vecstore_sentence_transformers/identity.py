"""What decides the numbers of a Sentence Transformers model, read from the model itself."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vecstore.artifacts.weights import weights_digest
from vecstore.spaces import Identity
from vecstore_sentence_transformers.images import image_identity, reads_images
from vecstore_sentence_transformers.sources import module_folders
from vecstore_sentence_transformers.weights import invented, weight_files

REVISION = 1
"""Raised whenever this plugin changes what it does to texts or vectors."""

_TOKENIZER = ("normalizer", "pre_tokenizer", "model", "post_processor", "added_tokens")
_NOT_DECIDING = frozenset(
    {
        "_name_or_path",
        "transformers_version",
        "dtype",
        "torch_dtype",
        "use_cache",
        "gradient_checkpointing",
    }
)


def read_identity(
    model: Any, folder: Path, *, prompts: Mapping[str, str], normalized: bool, dim: int
) -> Identity:
    """The identity of a loaded model.

    Args:
        model: the SentenceTransformer.
        folder: where it was loaded from.
        prompts: what is put before inputs, by role.
        normalized: whether every vector has length 1.
        dim: length of the vectors.
    """
    parts = module_folders(folder)
    files = weight_files(folder, parts)
    tokenizer = _tokenizer(model)
    missing = []
    if any(True for _ in model.parameters()) and invented(model, files):
        missing.append("weights")
    if tokenizer is None:
        missing.append("tokenizer")
    return Identity(
        {
            "encoder": f"sentence-transformers/{REVISION}",
            "weights": weights_digest(files),
            "tokenizer": tokenizer,
            "modules": {
                str(number): _module(module, folder / part)
                for number, (module, part) in enumerate(
                    zip(model, _padded(parts, model), strict=True)
                )
            },
            "prompts": dict(prompts),
            "max_length": max_length(model),
            "normalized": normalized,
            "dim": dim,
            # Only where there is something to say: models of text keep their fingerprints.
            **({"images": image_identity(model)} if reads_images(model) else {}),
        },
        tuple(missing),
    )


def max_length(model: Any) -> int | None:
    """Tokens of one text that the model reads; None for no limit."""
    length = getattr(model, "max_seq_length", None)
    return None if length is None or not math.isfinite(length) else int(length)


def _padded(parts: list[str], model: Any) -> list[str]:
    """A folder for every module; those that the library adds by itself have none of their own."""
    return parts + [""] * (len(model) - len(parts))


def _module(module: Any, folder: Path) -> dict[str, Any]:
    kind = type(module).__name__
    if kind in ("Transformer", "CLIPModel"):
        lower = bool(getattr(module, "do_lower_case", False))
        return {"type": kind, "architecture": _architecture(folder), "lower_case": lower}
    if kind == "Pooling":
        return {"type": kind, "mode": _pooling(module), "include_prompt": module.include_prompt}
    if kind in ("Normalize", "Dropout"):
        return {"type": kind}
    return {"type": kind, "config": _configs(folder)}


def _pooling(module: Any) -> list[str]:
    mode = getattr(module, "pooling_mode", None) or module.get_pooling_mode_str().split("+")
    return [mode] if isinstance(mode, str) else list(mode)


def _architecture(folder: Path) -> str:
    """Digest of a transformer's config.json, without what does not decide numbers."""
    config = json.loads((folder / "config.json").read_bytes())
    return _digest({key: config[key] for key in config if key not in _NOT_DECIDING})


def _configs(folder: Path) -> str:
    """Digest of the configuration files of a module of any other kind."""
    files = sorted(folder.rglob("*config.json"))
    return _digest({str(f.relative_to(folder)): json.loads(f.read_bytes()) for f in files})


def _tokenizer(model: Any) -> dict[str, str] | None:
    """Digests of a tokenizer's parts, without what changes at run time; None if it has none."""
    tokenizer = getattr(model, "tokenizer", None)
    backend: Any = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        return None
    parts = json.loads(backend.to_str())
    digests = {name: _digest(parts.get(name)) for name in _TOKENIZER}
    for side in ("truncation_side", "padding_side"):
        digests[side] = str(getattr(tokenizer, side, "right"))
    return digests


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
