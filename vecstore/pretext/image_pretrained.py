"""Backbones that others have trained: ResNets and ViTs in transformers' format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, ResNetModel, ViTModel
from transformers.utils.hub import cached_file

from vecstore.errors import InvalidArgument
from vecstore.pretext.image_backbone import MEAN, STD, Backbone, architecture_of

_PREPROCESSOR = "preprocessor_config.json"
_KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "resnet": (ResNetModel, {}),
    "vit": (ViTModel, {"add_pooling_layer": False}),
}
_COLOURS = 3


def pretrained_backbone(name: str) -> tuple[Backbone, int | None]:
    """A backbone with its weights, and the side of the images that it was trained on, if known.

    Args:
        name: a folder that ``save_pretrained`` wrote, or a model on the hub. Weights are read from
            safetensors only, and code that comes with a model is never run.

    Raises:
        InvalidArgument: there is no such model, it is neither ResNet nor ViT, or it lacks weights.
    """
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    _check_kind(name, config)
    given = _preprocessing(name)
    mean, std = _normalising(given)
    with torch.random.fork_rng():  # what it draws first is thrown away
        backbone = Backbone(architecture_of(config, mean, std))
    backbone.inner.load_state_dict(_weights(name, config))
    return backbone, _side(given)


def _check_kind(name: str, config: Any) -> None:
    if config.model_type not in _KINDS:
        raise InvalidArgument(
            f"the pretrained model {name} is of the kind {config.model_type!r}; name a resnet or "
            "a vit",
            field="pretrained",
        )
    if config.num_channels != _COLOURS:
        raise InvalidArgument(
            f"the pretrained model {name} reads images of {config.num_channels} channels; name "
            "one that reads the 3 of RGB",
            field="pretrained",
        )


def _weights(name: str, config: Any) -> Mapping[str, Any]:
    """All weights of the backbone, without those of a head."""
    kind, settings = _KINDS[config.model_type]
    try:
        model, found = kind.from_pretrained(
            name,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            **settings,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(name, error) from error
    missing = sorted(found["missing_keys"])
    if missing:
        raise InvalidArgument(
            f"the weights of the pretrained model {name} lack {len(missing)} parameters, such as "
            f"{missing[0]!r}; it is damaged, or no {config.model_type}: get it again, or name "
            "another",
            field="pretrained",
        )
    weights: Mapping[str, Any] = model.float().state_dict()
    return weights


def _preprocessing(name: str) -> Mapping[str, Any]:
    """What the model wants done to images, as far as it says so."""
    try:
        file = cached_file(name, _PREPROCESSOR, _raise_exceptions_for_missing_entries=False)
        found: Mapping[str, Any] = json.loads(Path(file).read_text()) if file else {}
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    return found


def _normalising(given: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not given.get("do_normalize", True):
        return (0.0,) * _COLOURS, (1.0,) * _COLOURS
    return _colours(given, "image_mean", MEAN), _colours(given, "image_std", STD)


def _colours(given: Mapping[str, Any], name: str, usual: tuple[float, ...]) -> tuple[float, ...]:
    found = given.get(name)
    if found is None:
        return usual
    numbers = isinstance(found, list) and all(isinstance(one, int | float) for one in found)
    if not numbers or len(found) != _COLOURS:
        raise InvalidArgument(
            f"{name} of the pretrained model is {found!r} in its {_PREPROCESSOR}; three numbers "
            "are needed: mend the file, or leave the line out for those of ImageNet",
            field="pretrained",
        )
    return tuple(map(float, found))


def _side(given: Mapping[str, Any]) -> int | None:
    size = given.get("crop_size") or given.get("size")
    if isinstance(size, Mapping):
        size = size.get("height") or size.get("shortest_edge")
    return size if isinstance(size, int) else None


def _unreadable(name: str, error: Exception) -> InvalidArgument:
    return InvalidArgument(
        f"the pretrained model {name} cannot be read ({error}); name a folder that save_pretrained "
        "wrote, with a config.json and weights as safetensors, or a model on a hub that this "
        "machine reaches",
        field="pretrained",
    )
