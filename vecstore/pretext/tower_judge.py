"""How well texts find their images, and images their texts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from vecstore.pretext.unit_vectors import cosines

_RANKS_AT_ONCE = 512


class Judged:
    """Adds up what a model says of batches of pairs, of which it keeps the vectors only."""

    def __init__(self) -> None:
        self._loss, self._kept = 0.0, dict[str, list[torch.Tensor]]()

    def add(self, batch: Mapping[str, torch.Tensor], out: Mapping[str, torch.Tensor]) -> None:
        """Take in a batch.

        Args:
            batch: n pairs, with ``images`` and ``texts`` as for :func:`retrieval`.
            out: ``loss``, and ``image_vectors`` and ``text_vectors`` of length 1, shape (n, dim).
        """
        self._loss += float(out["loss"]) * len(batch["images"])
        parts = {name: batch[name] for name in ("images", "texts")}
        parts |= {name: out[name] for name in ("image_vectors", "text_vectors")}
        for name, part in parts.items():
            self._kept.setdefault(name, []).append(part.cpu())

    def figures(self) -> dict[str, float]:
        """The mean ``loss`` of a pair, and :func:`retrieval` among all of them."""
        whole = {name: torch.cat(parts) for name, parts in self._kept.items()}
        return {"loss": self._loss / len(whole["images"]), **retrieval(**whole)}


def retrieval(
    image_vectors: torch.Tensor,
    text_vectors: torch.Tensor,
    images: torch.Tensor,
    texts: torch.Tensor,
) -> dict[str, float]:
    """Shares of the texts whose image is among the nearest, and the other way round.

    Args:
        image_vectors, text_vectors: shape (n, dim), of length 1, of n pairs.
        images, texts: shape (n,): a number for each, the same one for the same. Each image and
            each text stands once among those that are searched.

    Returns:
        ``text_to_image_r1``, ``text_to_image_r10`` and ``image_to_text_r10``.
    """
    image_rows, image_places = _once(images)
    text_rows, text_places = _once(texts)
    image_vectors, text_vectors = image_vectors[image_rows], text_vectors[text_rows]
    goes_with = torch.zeros(len(text_rows), len(image_rows), dtype=torch.bool)
    goes_with[text_places, image_places] = True
    by_text = ranks(text_vectors, image_vectors, goes_with)
    by_image = ranks(image_vectors, text_vectors, goes_with.T)
    return {
        "text_to_image_r1": _share(by_text, 1),
        "text_to_image_r10": _share(by_text, 10),
        "image_to_text_r10": _share(by_image, 10),
    }


def ranks(asking: torch.Tensor, asked: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """At which place the nearest of the right ones stands, 1 for the first; ties count against it.

    Args:
        asking: shape (n, dim), of length 1.
        asked: shape (m, dim), of length 1.
        right: shape (n, m), bool, True somewhere in each row.
    """
    found = []
    for start in range(0, len(asking), _RANKS_AT_ONCE):
        part = slice(start, start + _RANKS_AT_ONCE)
        scores, wanted = cosines(asking[part], asked), right[part]
        best = scores.masked_fill(~wanted, -torch.inf).amax(dim=1, keepdim=True)
        found.append(((scores >= best) & ~wanted).sum(dim=1) + 1)
    return torch.cat(found)


def _share(places: torch.Tensor, most: int) -> float:
    return float((places <= most).float().mean())


def _once(numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows in which each number stands first, and at which of these a row's number stands."""
    _, first, place = np.unique(numbers.numpy(), return_index=True, return_inverse=True)
    return torch.from_numpy(first), torch.from_numpy(place)
