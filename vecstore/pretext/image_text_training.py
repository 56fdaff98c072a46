"""Training image-text: pairs to two towers in one space."""

from __future__ import annotations

from functools import partial

from vecstore.pretext.image_options import check_image_options
from vecstore.pretext.image_text_model import ImageTextModel, judge_pairs
from vecstore.pretext.image_training import starting_backbone
from vecstore.pretext.image_view_options import check_view_options
from vecstore.pretext.image_views import Views
from vecstore.pretext.option_checks import Range, check_choices, check_ranges
from vecstore.pretext.torch_parts import job_settings, numbers_in, runtime, seeded
from vecstore.pretext.tower_data import ImageTexts, split_pairs
from vecstore.pretext.tower_encoder import LIBRARIES
from vecstore.pretext.tower_files import (
    fill_projections,
    tower_settings,
    write_towers,
)
from vecstore.pretext.tower_model import TwoTowers
from vecstore.pretext.tower_options import check_tower_options
from vecstore.pretext.tower_start import Starts, sides, text_tower
from vecstore.pretext.tower_tokens import pair_tokenizer
from vecstore.specs import Options
from vecstore.tasks import PairData, Run, TorchJob, Trained

OBJECTIVES = ("clip", "align")

_RANGES = {"word_masking": Range(0.0, 0.9), "smoothing": Range(0.0, 0.9)}


def fit(data: PairData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.image_text.SPEC`.

    Raises:
        InvalidArgument: options of no meaning; two models to start from that give the same tower.
        InvalidInput: too few images.
    """
    options = run.options
    _check_options(options)
    starts = sides(run.starts)
    chosen, judged = split_pairs(data, options["validation"], run.seed)
    tokenizer = pair_tokenizer(run, starts.text, [data.texts[number] for number in chosen])
    towers, notes = _towers(run, starts, tokenizer.get_vocab_size())
    longest = towers.text.longest
    pairs, size = ImageTexts(data, tokenizer, longest), options["batch_size"]
    train, asked = pairs.part(chosen, least=size), pairs.part(judged)
    smoothing = options["smoothing"] if options["objective"] == "align" else 0.0
    model = ImageTextModel(
        towers, Views(options), options["image_size"], smoothing, options["word_masking"]
    )
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=train,
            collate=train.collate,
            judge=partial(judge_pairs, pairs=asked, at_once=size) if len(asked) else None,
            unit="pairs",
            **job_settings(options),
        )
    )
    return Trained(
        write=lambda folder: write_towers(towers, tokenizer, folder),
        encoder=tower_settings(towers, options),
        metrics=optimised.metrics,
        curve=optimised.curve,
        sizes={
            "trained_parameters": numbers_in(model),
            "vocabulary": tokenizer.get_vocab_size(),
            "steps": optimised.steps,
            "train_pairs": len(train),
            "held_out": len(asked),
        },
        runtime=runtime(*LIBRARIES),
        notes=notes,
    )


def _check_options(options: Options) -> None:
    check_image_options(options)
    check_view_options(options)
    check_tower_options(options)
    check_choices(options, {"objective": OBJECTIVES})
    check_ranges(options, _RANGES)


def _towers(run: Run, starts: Starts, vocabulary: int) -> tuple[TwoTowers, list[str]]:
    """The towers to train, in training mode, and what to tell about them."""
    image, notes = starting_backbone(run, starts.images)
    text = text_tower(run, starts.text, vocabulary)
    with seeded(run.seed):
        towers = TwoTowers(image, text, run.options["dim"])
    fill_projections(towers, starts)
    return towers.train(), [*notes, *starts.notes]
