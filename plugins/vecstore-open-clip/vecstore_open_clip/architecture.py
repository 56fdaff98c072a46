"""From OpenCLIP's description of an architecture to a model, every number of it set by a seed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from vecstore.errors import EncoderNotFound
from vecstore_open_clip.hub import first_line

# Random numbers come from torch's one generator: two models at a time would share them.
_drawing = threading.Lock()
_EMPTY = frozenset({torch.empty, torch.empty_like, torch.Tensor.new_empty})


def build(config: Mapping[str, Any], seed: int) -> torch.nn.Module:
    """A freshly initialised model, in float32 on the CPU, in evaluation mode.

    The same description and seed give the same model. The library leaves some parameters as they
    lie in memory (``text_decoder.text_projection`` of CoCa, in 3.3.0); these are drawn too, from
    the normal distribution that it means for such projections, of deviation width ** -0.5.

    Args:
        config: the architecture.
        seed: of its random numbers.

    Raises:
        EncoderNotFound: the text tower's configuration is neither on the hub nor in its cache.
    """
    described = deepcopy(dict(config))
    described["vision_cfg"]["timm_model_pretrained"] = False
    described["text_cfg"]["hf_model_pretrained"] = False
    _require_text_tower(described["text_cfg"].get("hf_model_name"))
    kind = _kind(described)
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        with _MarkedEmpty():
            model: torch.nn.Module = kind(**described)
        _draw_what_is_left(model)
    return model.eval().requires_grad_(False)


def _kind(described: dict[str, Any]) -> Any:
    """The class of the model, as the library chooses it."""
    import open_clip

    custom = described.pop("custom_text", False) or described["text_cfg"].get("hf_model_name")
    if "multimodal_cfg" in described:
        return open_clip.CoCa
    return open_clip.CustomTextCLIP if custom else open_clip.CLIP


def _require_text_tower(name: str | None) -> None:
    """Look up a text tower's configuration first, where code of its own can be forbidden."""
    if not name:
        return
    from transformers import AutoConfig

    try:
        AutoConfig.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise EncoderNotFound(
            f"the configuration of the model's text tower, {name}, cannot be had from the hub or "
            f"its cache ({first_line(error)}); fetch it once on a machine with a network: "
            f"hf download {name} config.json",
            source=name,
        ) from error


class _MarkedEmpty(TorchFunctionMode):
    """What is made without numbers is made of NaN, so that what nobody fills is seen."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> torch.Tensor:
        made: torch.Tensor = func(*args, **(kwargs or {}))
        if func in _EMPTY and made.is_floating_point():
            made.fill_(float("nan"))
        return made


def _draw_what_is_left(model: torch.nn.Module) -> None:
    for parameter in model.parameters():
        if parameter.isnan().any():
            torch.nn.init.normal_(parameter, std=parameter.shape[0] ** -0.5)
