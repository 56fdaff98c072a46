"""What decides the numbers of an OpenCLIP model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from vecstore.spaces import Identity

REVISION = 1
"""Raised whenever this plugin changes what it does to texts, images or vectors."""

_NAMES = frozenset({"hf_tokenizer_name", "hf_model_name", "tokenizer_kwargs", "tokenizer_mode"})
_TRAINING = frozenset(
    {
        "hf_model_pretrained",
        "timm_model_pretrained",
        "patch_dropout",
        "timm_drop",
        "timm_drop_path",
        "init_logit_scale",
        "init_logit_bias",
        "custom_text",
    }
)
_NOT_DECIDING = frozenset(
    {"_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache"}
)


def identity_of(
    model: Any,
    config: Mapping[str, Any],
    *,
    weights: str,
    preprocessing: Mapping[str, Any],
    tokenizer: Mapping[str, str] | None,
    context_length: int,
    normalized: bool,
    dim: int,
) -> Identity:
    """The identity of a model.

    Args:
        model: the model.
        config: OpenCLIP's description of its architecture.
        weights: their digest.
        preprocessing: how images are prepared.
        tokenizer: digests of its parts; None where they cannot be told.
        context_length: tokens of one text.
        normalized: whether every vector has length 1.
        dim: length of the vectors.
    """
    return Identity(
        {
            "encoder": f"open-clip/{REVISION}",
            "weights": weights,
            "architecture": _architecture(model, config),
            "preprocessing": dict(preprocessing),
            "tokenizer": None if tokenizer is None else dict(tokenizer),
            "context_length": context_length,
            "normalized": normalized,
            "dim": dim,
        },
        () if tokenizer is not None else ("tokenizer",),
    )


def _architecture(model: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """A description without what is as the library has it by default, so that both ways of
    writing it down are one.
    """
    from open_clip import CLIPTextCfg, CLIPVisionCfg
    from open_clip.coca_model import MultimodalCfg

    kinds = {"vision_cfg": CLIPVisionCfg, "text_cfg": CLIPTextCfg, "multimodal_cfg": MultimodalCfg}
    found: dict[str, Any] = {"model": type(model).__name__}
    for name, value in config.items():
        if name in kinds:
            found[name.removesuffix("_cfg")] = _differing(kinds[name], value)
        elif name not in _TRAINING and value not in (None, False):
            found[name] = value
    inner = getattr(getattr(model, "text", None), "config", None)
    if inner is not None:
        parts = {k: v for k, v in inner.to_dict().items() if k not in _NOT_DECIDING}
        text = json.dumps(parts, sort_keys=True, default=str)
        found["text_model"] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _differing(kind: Any, part: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {one.name: one.default for one in dataclasses.fields(kind)}
    ignored = _NAMES | _TRAINING
    return {
        name: value
        for name, value in part.items()
        if name not in ignored and value != defaults.get(name)
    }
