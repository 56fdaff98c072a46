"""Training masked patches: images to an autoencoder, of which the encoder is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from safetensors.torch import load_file

from vecstore.errors import InvalidArgument
from vecstore.pretext.image_backbone import WEIGHTS_FILE, Backbone, fill, new_architecture
from vecstore.pretext.image_split import held_out
from vecstore.pretext.image_training import Squares, trained_backbone
from vecstore.pretext.masked_patches_judging import Judged, baselines, judge
from vecstore.pretext.masked_patches_model import MaskedAutoencoder
from vecstore.pretext.masked_patches_options import check_mask, check_options
from vecstore.pretext.torch_parts import job_settings, seeded
from vecstore.tasks import ImageData, Run, TorchJob, Trained

_AT_MOST = 5_000  # images to judge by, and to take the mean of


def fit(data: ImageData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.masked_patches.SPEC`.

    Raises:
        InvalidArgument: options of no meaning, or another image_size than that of the model to
            start from.
        InvalidInput: too few images.
    """
    options = run.options
    check_options(options)
    architecture, notes = _architecture(run)
    learnt, judged = held_out(len(data.pixels), options["validation"], run.seed, _AT_MOST)
    with seeded(run.seed):
        model = MaskedAutoencoder(architecture, options)
    if run.starts:
        fill(model.encoder, load_file(run.starts[0].file(WEIGHTS_FILE)), run.starts[0])
    train = Squares(data.pixels, learnt)
    # Other draws than those that chose the images.
    batches = Judged(Squares(data.pixels, judged), model.patches, run.seed + 1)
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=train,
            collate=train.collate,
            judge=partial(judge, batches=batches) if batches else None,
            unit="images",
            **job_settings(options),
        )
    )
    if batches:
        mean_of = Squares(data.pixels, learnt[:_AT_MOST])
        metrics = {**optimised.metrics, **baselines(model, mean_of, batches)}
        optimised = replace(optimised, metrics=metrics)
    with seeded(0):  # what is drawn is thrown away
        backbone = Backbone(architecture)
    backbone.inner.load_state_dict(model.encoder.state_dict())
    sizes = {"train_images": len(train), "held_out": len(judged)}
    return trained_backbone(run, model, backbone, optimised, sizes, notes)


def _architecture(run: Run) -> tuple[Mapping[str, Any], list[str]]:
    """The encoder's architecture, and what to tell about it."""
    if not run.starts:
        return new_architecture({**run.options, "backbone": "vit"}), []
    start = run.starts[0]
    architecture = start.manifest.encoder["architecture"]
    side, wanted = architecture["image_size"], run.options["image_size"]
    if side != wanted:
        raise InvalidArgument(
            f"{start.manifest.name} sees images of {side} pixels, and image_size is {wanted}; set "
            f"image_size={side}",
            field="image_size",
        )
    check_mask(run.options["mask_share"], (side // architecture["patch_size"]) ** 2)
    return architecture, [f"began with the encoder of {start.manifest.name}, whose shape it keeps"]
