"""A model with the weights of a new draw, as before any training."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_SPREAD = 0.02


def redrawn(model: Any, seed: int) -> Any:
    """A copy of a SentenceTransformer of which every part is initialised as its own class does it.

    Args:
        model: stays as it is.
        seed: of what is drawn; torch's own generator is left alone.
    """
    import torch

    twin = deepcopy(model)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        _redraw(twin)
    return twin


def _redraw(module: Any) -> None:
    from transformers import PreTrainedModel

    if isinstance(module, PreTrainedModel):
        # Made anew as a whole: some of them initialise their parts by where these stand.
        fresh = type(module)(module.config)
        module.load_state_dict(fresh.state_dict())
    elif hasattr(module, "reset_parameters"):
        module.reset_parameters()
    else:
        for parameter in module.parameters(recurse=False):
            parameter.normal_(0.0, _SPREAD)
        for part in module.children():
            _redraw(part)
