"""The network of ``categories``: a table for each column, and a head of hidden layers on top."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from vecstore.pretext.category_vocabulary import ABSENT, FIRST, UNKNOWN
from vecstore.spaces import FloatArray

# Small, so that where a row ends up is what was learnt and not where it began.
_SPREAD = 0.01
_JUDGED_AT_ONCE = 8192
_DROPS = 2**16


class CategoryModel(nn.Module):
    """Predicts the target from the rows of the tables that the cells stand on.

    Args:
        sizes: rows of each column's table.
        dims: numbers of each row, by column.
        hidden: sizes of the hidden layers.
        classes: how many classes there are; 0 to predict a number.
    """

    def __init__(
        self, sizes: Sequence[int], dims: Sequence[int], hidden: Sequence[int], classes: int
    ) -> None:
        super().__init__()
        self.tables = nn.ModuleList(
            nn.Embedding(size, dim, padding_idx=ABSENT)
            for size, dim in zip(sizes, dims, strict=True)
        )
        with torch.no_grad():
            for table in self._embeddings():
                table.weight.normal_(0.0, _SPREAD)
                table.weight[ABSENT] = 0.0
        widths = [sum(dims), *hidden]
        layers: list[nn.Module] = []
        for inner, outer in pairwise(widths):
            layers += [nn.Linear(inner, outer), nn.ReLU()]
        self.head = nn.Sequential(*layers, nn.Linear(widths[-1], classes or 1))
        self.classes = classes

    def predict(self, cells: torch.Tensor) -> torch.Tensor:
        """Scores of the classes (rows, classes), or numbers (rows,), of cells (rows, columns)."""
        rows = [table(cells[:, number]) for number, table in enumerate(self.tables)]
        found: torch.Tensor = self.head(torch.cat(rows, dim=1)).float()
        return found if self.classes else found[:, 0]

    def forward(self, cells: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
        """The mean loss over a batch: cross entropy, or squared error."""
        return {"loss": self.loss(self.predict(cells), target)}

    def loss(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """See :meth:`forward`."""
        if self.classes:
            return functional.cross_entropy(predicted, target)
        return functional.mse_loss(predicted, target)

    def learnt(self, known: Sequence[bool]) -> list[FloatArray]:
        """The tables, float32.

        Args:
            known: by column, whether its unknown row was shown in training. Where it was not it
                becomes the mean of the column's values.
        """
        found = []
        for table, shown in zip(self._embeddings(), known, strict=True):
            rows = table.weight.detach().cpu().numpy().astype(np.float32)
            values = rows[FIRST:]
            if len(values) and not shown:
                rows[UNKNOWN] = values.mean(axis=0)
            found.append(rows)
        return found

    def _embeddings(self) -> list[nn.Embedding]:
        return [cast(nn.Embedding, table) for table in self.tables]


class Rows(torch.utils.data.Dataset[tuple[int, int]]):
    """The rows to train on; an item is the epoch and the row's number.

    Which values are shown as unknown follows from seed, epoch and row alone.

    Args:
        cells: shape (rows, columns).
        target: shape (rows,); float32 or int64.
        seed: of what is dropped.
        dropped: share of the values that are shown as unknown.
    """

    def __init__(
        self, cells: NDArray[np.int64], target: NDArray[Any], seed: int, dropped: float
    ) -> None:
        self._cells, self._target = cells, target
        self._seed, self._limit = seed, round(dropped * _DROPS)
        self.set_epoch(0)

    def __len__(self) -> int:
        return len(self._target)

    def __getitem__(self, row: int) -> tuple[int, int]:
        return self._epoch, row

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch."""
        self._epoch = epoch
        draw = np.random.default_rng((self._seed, epoch, 1))
        drawn = draw.integers(0, _DROPS, self._cells.shape, np.uint16)
        self._drop = (drawn < self._limit) & (self._cells != ABSENT)

    def collate(self, items: list[tuple[int, int]]) -> dict[str, torch.Tensor]:
        """The batch of some items of the present epoch."""
        rows = np.array([row for _, row in items])
        cells = np.where(self._drop[rows], UNKNOWN, self._cells[rows])
        return {"cells": torch.from_numpy(cells), "target": torch.from_numpy(self._target[rows])}


def judge_of(
    cells: NDArray[np.int64], target: NDArray[Any], scale: float
) -> Callable[[CategoryModel], Mapping[str, float]]:
    """What judges a model by held-out rows.

    Args:
        cells, target: of these rows, as in :class:`Rows`.
        scale: what one of the target's numbers stands for; for regression.

    Returns:
        (model in evaluation mode) -> "loss", and "accuracy" or "rmse" and "r2". The last one is
        left out where the target is the same in all of the rows.
    """
    expected = torch.from_numpy(target)

    given = torch.from_numpy(cells)
    parts = range(0, len(cells), _JUDGED_AT_ONCE)

    def judge(model: CategoryModel) -> Mapping[str, float]:
        device = next(model.parameters()).device
        with torch.no_grad():
            found = torch.cat(
                [model.predict(given[at : at + _JUDGED_AT_ONCE].to(device)).cpu() for at in parts]
            )
        figures = {"loss": float(model.loss(found, expected))}
        if model.classes:
            hits = (found.argmax(dim=1) == expected).double()
            return {**figures, "accuracy": float(hits.mean())}
        error = ((found - expected).double() ** 2).mean()
        variance = expected.double().var(correction=0)
        figures["rmse"] = float(error.sqrt()) * scale
        if variance > 0:
            figures["r2"] = float(1.0 - error / variance)
        return figures

    return judge
