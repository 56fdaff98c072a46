"""Training by labels: images with labels to a backbone."""

from __future__ import annotations

from functools import partial

from vecstore.pretext.classification_labels import held_out_of_each, numbered
from vecstore.pretext.classification_model import Classifier, judge_classes
from vecstore.pretext.image_options import check_image_options
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

_RANGES = {"label_smoothing": Range(0.0, 0.9)}


def fit(data: ImageData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.classification.SPEC`.

    Raises:
        InvalidArgument: options of no meaning, or that contradict the model to start from.
        InvalidInput: too few images, or fewer than two classes.
    """
    options = run.options
    check_options(options)
    classes, labels = numbered(data.labels or ())
    train, judged = held_out_of_each(labels, options["validation"], run.seed)
    backbone, notes = starting_backbone(run)
    side, smoothing = options["image_size"], options["label_smoothing"]
    with seeded(run.seed):
        model = Classifier(backbone, Views(options), len(classes), side, smoothing)
    squares = Squares(data.pixels, train, labels=labels)
    asked = Squares(data.pixels, judged, labels=labels)
    settings = {
        **job_settings(options),
        "batch_size": even_batch(len(squares), options["batch_size"]),
    }
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=squares,
            collate=squares.collate,
            judge=partial(judge_classes, squares=asked) if len(asked) else None,
            unit="images",
            **settings,
        )
    )
    sizes = {"train_images": len(train), "held_out": len(judged), "classes": len(classes)}
    return trained_backbone(run, model, backbone, optimised, sizes, notes)


def check_options(options: Options) -> None:
    """Raise InvalidArgument where an option of the task has no meaning."""
    check_image_options(options)
    check_view_options(options)
    check_ranges(options, _RANGES)
