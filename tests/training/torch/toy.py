"""A torch training of a fraction of a second; also a program: ``toy.py FOLDER EPOCHS [DIE_AT]``.

It has all that could make a resumed training differ: dropout, AdamW, clipping, warm-up, batches
by length, an early best, and data drawn anew in every epoch.
"""

import hashlib
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch

from vecstore.tasks import TorchJob
from vecstore.training.trainer import optimise


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(8, 32),
                torch.nn.Dropout(0.2),
                torch.nn.Tanh(),
                torch.nn.LayerNorm(32),
                torch.nn.Linear(32, 1),
            )

    def forward(self, x, y):
        return {"loss": ((self.layers(x)[:, 0] - y) ** 2).mean()}


class Points:
    """x is drawn for each item and epoch; y is a function of it."""

    def __init__(self, count=400, seed=1):
        self.count, self.seed, self.epoch, self.asked = count, seed, 0, []

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return self.count

    def __getitem__(self, item):
        self.asked.append((self.epoch, item))
        x = np.random.default_rng((self.seed, self.epoch, item)).normal(size=8)
        return torch.tensor(x, dtype=torch.float32), torch.tensor(np.sin(x.sum())).float()


def collate(items):
    return {"x": torch.stack([x for x, _ in items]), "y": torch.stack([y for _, y in items])}


def judge(model):
    held_out = Points(count=100, seed=2)
    batch = collate([held_out[item] for item in range(len(held_out))])
    return {"loss": model(**batch)["loss"].item(), "items": len(held_out)}


def job(**changes):
    points = Points()
    usual = {
        "model": Net(),
        "train": points,
        "collate": collate,
        "batch_size": 32,
        "epochs": 6,
        "learning_rate": 3e-2,
        "judge": judge,
        "lengths": [item * 7 % 13 for item in range(len(points))],
        "precision": "float32",
    }
    return TorchJob(**{**usual, **changes})


def digest(model):
    parts = [tensor.numpy().tobytes() for tensor in model.state_dict().values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main():
    torch.set_num_threads(1)
    toy = job(epochs=int(sys.argv[2]))
    die_at = int(sys.argv[3]) if len(sys.argv) > 3 else None

    def report(progress):
        print(progress.step, flush=True)
        if progress.step == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    result = optimise(
        toy,
        seed=3,
        minutes=None,
        folder=Path(sys.argv[1]),
        report=report,
    )
    print(digest(toy.model), result.steps, result.metrics["loss"], flush=True)


if __name__ == "__main__":
    main()
