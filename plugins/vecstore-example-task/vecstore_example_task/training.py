"""The training: a backbone and a head that finds back what was taken away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import Dataset

from vecstore.errors import InvalidInput
from vecstore.spaces import FloatArray
from vecstore.tasks import Run, TextData, TorchJob, Trained
from vecstore_example_task.encoder import FEATURES, WEIGHTS, features

_FEWEST = 10


class Autoencoder(nn.Module):
    """Backbone and head; the head is for training only."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.backbone = nn.Linear(FEATURES, dim)
        self.head = nn.Linear(dim, FEATURES)

    def forward(self, noisy: Tensor, clean: Tensor) -> Mapping[str, Tensor]:
        found = self.head(torch.tanh(self.backbone(noisy)))
        return {"loss": FEATURES * nn.functional.mse_loss(found, clean)}


class NoisyTexts(Dataset[tuple[Tensor, Tensor]]):
    """Every text with some of its trigrams taken away: others in every epoch."""

    def __init__(self, rows: FloatArray, noise: float, seed: int) -> None:
        self._rows, self._noise, self._seed = rows, noise, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called before an epoch begins."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        # Drawn from seed, epoch and number alone, so that a resumed training draws the same.
        draw = np.random.default_rng((self._seed, self._epoch, number))
        kept = draw.random(FEATURES, dtype=np.float32) >= self._noise
        clean = torch.from_numpy(self._rows[number])
        return clean * torch.from_numpy(kept), clean


def collate(items: list[tuple[Tensor, Tensor]]) -> dict[str, Any]:
    """Items to a batch."""
    noisy, clean = zip(*items, strict=True)
    return {"noisy": torch.stack(noisy), "clean": torch.stack(clean)}


def fit(data: TextData, run: Run) -> Trained:
    """Train on texts.

    Raises:
        InvalidInput: there are too few texts.
    """
    texts = list(data.passages())
    if len(texts) < _FEWEST:
        raise InvalidInput(
            f"{len(texts)} texts are too few to learn spellings from; give {_FEWEST} or more",
            field="data",
        )
    rows = np.stack([features(text) for text in texts])
    order = np.random.default_rng(run.seed).permutation(len(rows))
    count = max(1, round(len(rows) * run.options["validation"]))
    held_out = NoisyTexts(rows[order[:count]], run.options["noise"], run.seed)
    torch.manual_seed(run.seed)
    model = Autoencoder(run.options["dim"])

    def judge(trained: nn.Module) -> dict[str, float]:
        with torch.no_grad():
            batch = collate([held_out[number] for number in range(len(held_out))])
            return {"loss": float(trained(**batch)["loss"])}

    done = run.optimise(
        TorchJob(
            model=model,
            train=NoisyTexts(rows[order[count:]], run.options["noise"], run.seed),
            collate=collate,
            batch_size=32,
            epochs=run.options["epochs"],
            learning_rate=3e-3,
            judge=judge,
            unit="texts",
        )
    )

    def write(folder: Path) -> None:
        save_file(dict(model.backbone.state_dict()), folder / WEIGHTS)

    return Trained(
        write=write,
        encoder={},
        metrics=done.metrics,
        curve=done.curve,
        sizes={"trained_parameters": sum(p.numel() for p in model.parameters())},
        runtime={"torch": torch.__version__},
    )
