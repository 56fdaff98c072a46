"""Training by contrast: images to a backbone."""

from __future__ import annotations

from typing import Any

import torch

from vecstore.pretext.contrastive_model import SimCLR
from vecstore.pretext.image_options import check_image_options
from vecstore.pretext.image_split import held_out
from vecstore.pretext.image_training import (
    Squares,
    even_batch,
    starting_backbone,
    trained_backbone,
)
from vecstore.pretext.image_view_options import check_view_options
from vecstore.pretext.image_views import Views
from vecstore.pretext.option_checks import Range, check_ranges
from vecstore.pretext.torch_parts import job_settings, seeded
from vecstore.specs import Options
from vecstore.tasks import ImageData, Run, TorchJob, Trained

_RANGES = {"temperature": Range(0.01, 10.0), "projection": Range(2, 4096)}
_JUDGED_AT_MOST = 1_000
_JUDGED_AT_ONCE = 128


def fit(data: ImageData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.contrastive.SPEC`.

    Raises:
        InvalidArgument: options of no meaning, or that contradict the model to start from.
        InvalidInput: too few images.
    """
    options = run.options
    check_options(options)
    train, judged = held_out(
        len(data.pixels), options["validation"], run.seed, most=_JUDGED_AT_MOST, least=2
    )
    backbone, notes = starting_backbone(run)
    views = Views(options)
    with seeded(run.seed):
        model = SimCLR(backbone, views, options["projection"], options["temperature"])
    pairs = _fixed_pairs(Squares(data.pixels, judged), views, run.seed + 1)
    squares = Squares(data.pixels, train)
    settings = {
        **job_settings(options),
        "batch_size": even_batch(len(squares), options["batch_size"]),
    }
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=squares,
            collate=squares.collate,
            judge=_judge(pairs) if pairs else None,
            unit="images",
            **settings,
        )
    )
    sizes = {"train_images": len(train), "held_out": len(judged)}
    return trained_backbone(run, model, backbone, optimised, sizes, notes)


def check_options(options: Options) -> None:
    """Raise InvalidArgument where an option of the task has no meaning."""
    check_image_options(options)
    check_view_options(options)
    check_ranges(options, _RANGES)


def _judge(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> Any:
    def judge(model: SimCLR) -> dict[str, float]:
        return model.found_again(pairs, next(model.parameters()).device)

    return judge


def _fixed_pairs(
    squares: Squares, views: Views, seed: int
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Two views of each held-out image, drawn once: every evaluation sees the same ones."""
    with seeded(seed):
        return [
            (_kept(views(batch["pixels"])), _kept(views(batch["pixels"])))
            for batch in squares.batches(_JUDGED_AT_ONCE)
        ]


def _kept(view: torch.Tensor) -> torch.Tensor:
    """A view as pixels again, which take a quarter of the memory."""
    return (view * 255.0).round().byte().permute(0, 2, 3, 1).contiguous()
