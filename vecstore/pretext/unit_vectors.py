"""Vectors of length 1 and the cosines between them: float32, whatever the precision around."""

from __future__ import annotations

import torch


def unit(vectors: torch.Tensor) -> torch.Tensor:
    """Vectors at length 1, shape (n, dim), float32."""
    return torch.nn.functional.normalize(vectors.float(), dim=1)


def cosines(these: torch.Tensor, those: torch.Tensor) -> torch.Tensor:
    """Shape (n, m), float32, of vectors of length 1, shapes (n, dim) and (m, dim).

    In bf16 many would tie, and a loss that multiplies them by up to 100 would be wrong by half.
    """
    with torch.autocast(these.device.type, enabled=False):
        return these.float() @ those.float().T
