"""The options that tasks which learn from images share, and what they may be."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.inputs import FRAMINGS, Frame
from vecstore.pretext.option_checks import (
    PRECISIONS,
    Range,
    check_choices,
    check_patience,
    check_ranges,
)
from vecstore.specs import Option, Options

BACKBONES = ("resnet", "vit")

SIZE_OPTIONS = (
    Option("image_size", int, 64, "Side of the square that the model sees, in pixels"),
    Option(
        "framing", str, "crop", "crop: the middle square; squash: all of it; pad: with white bars"
    ),
)

LOAD_OPTIONS = (
    Option("device", str, None, "cpu, cuda, cuda:1; the fastest there is by default"),
    Option("batch_size", int, 64, "Images that the model reads at a time"),
)

_RANGES = {
    "image_size": Range(8, 1024),
    "width": Range(4, 4096),
    "depth": Range(1, 100),
    "patch": Range(2, 64),
    "heads": Range(1, 256),
    "batch_size": Range(2, 65_536),
    "learning_rate": Range(1e-8, 1.0),
    "weight_decay": Range(0.0, 1.0),
    "evaluations": Range(1, 10_000),
    "patience": Range(0, 10_000),
    "epochs": Range(0.001, 1e6),
    "validation": Range(0.0, 0.5),
}


def backbone_options(*, width: int) -> tuple[Option, ...]:
    """The options of a backbone's shape, with a task's own width."""
    return (
        Option("backbone", str, "resnet", "resnet or vit"),
        Option(
            "width", int, width, "resnet: channels of the first of four stages; vit: of the vectors"
        ),
        Option("depth", int, 1, "resnet: blocks in each stage; vit: layers"),
        Option("patch", int, 8, "vit: side of a patch, in pixels"),
        Option("heads", int, 4, "vit: attention heads in each layer"),
        Option(
            "pretrained",
            str,
            None,
            "Begin with this ResNet or ViT: a folder of transformers, or a name on the hub",
        ),
    )


def training_options(
    *, batch_size: int, epochs: float, learning_rate: float, weight_decay: float, validation: float
) -> tuple[Option, ...]:
    """The options of how long and how quickly is learnt, with a task's own defaults."""
    return (
        Option("batch_size", int, batch_size, "Images a step, on each device"),
        Option("epochs", float, epochs, "Rounds, where no budget of minutes is given"),
        Option("learning_rate", float, learning_rate, "At its height; warmed up, then falling"),
        Option("weight_decay", float, weight_decay, "Pulls matrices towards zero"),
        Option("validation", float, validation, "Share held out to judge by"),
        Option("evaluations", int, 10, "How often what is held out is judged"),
        Option("patience", int, 0, "Stop after so many of these without a better loss; 0: never"),
        Option("precision", str, "auto", "float32, bf16, or auto: the device's best"),
    )


def frame_of(options: Options) -> Frame:
    """Squares a little larger than what the model sees, so that views may cut into them.

    Raises:
        InvalidArgument: see :func:`check_image_options`; nothing has been read yet.
    """
    check_image_options(options)
    return Frame(round(options["image_size"] * 9 / 8), options["framing"])


def check_image_options(options: Options) -> None:
    """Refuse shared options of no meaning; those that a task does not have are passed over.

    Raises:
        InvalidArgument: an option out of its range, or one that contradicts another.
    """
    check_ranges(options, _RANGES)
    check_choices(options, {"precision": PRECISIONS, "framing": FRAMINGS})
    check_patience(options, 0.1)
    if "backbone" in options:
        check_choices(options, {"backbone": BACKBONES})
    if options.get("backbone") == "vit":
        check_patches(options)


def check_patches(options: Options) -> None:
    """Raise InvalidArgument where patches do not fill the image, or heads not the width."""
    for name, part in (("image_size", "patch"), ("width", "heads")):
        if options[name] % options[part]:
            raise InvalidArgument(
                f"{name} is {options[name]} and {part} is {options[part]}; {name} must be a "
                f"multiple of {part}",
                field=part,
            )
