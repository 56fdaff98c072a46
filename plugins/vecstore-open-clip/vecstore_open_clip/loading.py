"""A source and its options to an encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.specs import Encoder, Options
from vecstore_open_clip.architecture import build
from vecstore_open_clip.captions import CaptioningEncoder
from vecstore_open_clip.cards import card_of
from vecstore_open_clip.encoder import OpenClipEncoder
from vecstore_open_clip.hub import first_line
from vecstore_open_clip.preprocessing import Preprocessing
from vecstore_open_clip.sources import ModelSource, find
from vecstore_open_clip.tokenizers import make_tokenizer
from vecstore_open_clip.weights import load_weights

_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}

# Added to the seeds of twins: a model random:NAME is drawn by a seed too, and its twin is another.
# Torch looks at the lower 32 bits.
_TWINS = 2**31


def load(source: str, options: Options) -> Encoder:
    """Load a model.

    Args:
        source: an architecture's name, ``hf-hub:ORG/NAME``, a folder, a JSON file with an
            architecture, or ``random:`` before any of them but the hub's.
        options: every option of the loader with its value.

    Raises:
        InvalidArgument: an option's value, or the source, is not usable.
        EncoderNotFound: neither the hub nor its cache has it.
    """
    _check_options(options)
    device = _device(options["device"])
    found = find(source, options)
    try:
        return _encoder(found, options, device)
    except VecstoreError:
        raise
    except Exception as error:
        raise InvalidArgument(
            f"the model {source!r} cannot be loaded: {first_line(error)}. Is its architecture one "
            "of OpenCLIP's? Loading it with open_clip.create_model shows more",
            field="source",
        ) from error


def _encoder(found: ModelSource, options: Options, device: torch.device) -> Encoder:
    tokenizer = make_tokenizer(found.config["text_cfg"], found.tokenizer)
    model: Any = build(found.config, found.seed)
    if found.weights is not None:
        load_weights(model, found.weights)
    captions = hasattr(model, "text_decoder") and tokenizer.start is not None
    kind = CaptioningEncoder if captions else OpenClipEncoder
    return kind(
        model,
        found.config,
        tokenizer,
        Preprocessing(found.preprocess, model.visual.image_size),
        normalize=options["normalize"],
        batch_size=options["batch_size"],
        dtype=_DTYPES[options["precision"]],
        device=device,
        provenance=found.provenance,
        card=card_of(found),
        twin=lambda seed: _encoder(_drawn(found, seed), options, device),
    )


def _drawn(found: ModelSource, seed: int) -> ModelSource:
    """The same architecture with weights of a draw that no model was made by."""
    return replace(found, weights=None, seed=_TWINS + seed, provenance={})


def _check_options(options: Options) -> None:
    if options["batch_size"] < 1:
        raise InvalidArgument(
            f"the option batch_size is {options['batch_size']}; 1 or more is needed",
            field="batch_size",
        )
    if options["precision"] not in _DTYPES:
        raise InvalidArgument(
            f"the option precision is {options['precision']!r}; one of {', '.join(_DTYPES)} is "
            "needed",
            field="precision",
        )


def _device(name: str | None) -> torch.device:
    if name is None:
        fast = torch.accelerator.current_accelerator(check_available=True)
        return fast or torch.device("cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InvalidArgument(
            f"the option device is {name!r}, which is not there ({first_line(error)}); cpu always "
            "is",
            field="device",
        ) from error
