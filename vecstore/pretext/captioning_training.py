"""Training captions: pairs of images and texts to a captioner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from tokenizers import Tokenizer

from vecstore.artifacts.folder import Artifact
from vecstore.pretext.captioning import NAME
from vecstore.pretext.captioning_files import read_captioner, write_captioner
from vecstore.pretext.captioning_judge import judge_captions
from vecstore.pretext.captioning_model import Captioner
from vecstore.pretext.captioning_objective import Objective
from vecstore.pretext.captioning_options import check_options, new_architecture
from vecstore.pretext.image_training import starting_backbone
from vecstore.pretext.torch_parts import job_settings, numbers_in, runtime, seeded
from vecstore.pretext.tower_data import ImageTexts, split_pairs
from vecstore.pretext.tower_encoder import LIBRARIES
from vecstore.pretext.tower_tokens import pair_tokenizer
from vecstore.tasks import Optimised, PairData, Run, TorchJob, Trained

_JUDGED_AT_MOST = 5_000
_JUDGED_AT_ONCE = 128


def fit(data: PairData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.captioning.SPEC`.

    Raises:
        InvalidArgument: options of no meaning, or another image_size than that of the model to
            start from; a pretrained model that cannot be read.
        InvalidInput: too few images.
    """
    options = run.options
    check_options(options)
    learnt, judged = split_pairs(data, options["validation"], run.seed)
    whole = next((one for one in run.starts if one.manifest.task == NAME), None)
    tokenizer = pair_tokenizer(run, whole, [data.texts[number] for number in learnt])
    captioner, notes = _captioner(run, whole, tokenizer)
    longest = captioner.architecture["max_length"]
    pairs = ImageTexts(data, tokenizer, longest)
    train = pairs.part(learnt, least=options["batch_size"])
    asked = pairs.part(judged[:_JUDGED_AT_MOST])
    judge = partial(judge_captions, pairs=asked, at_once=_JUDGED_AT_ONCE)
    model = Objective(captioner, options)
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=train,
            collate=train.collate,
            judge=judge if len(asked) else None,
            unit="pairs",
            **job_settings(options),
        )
    )
    sizes = {"train_pairs": len(train), "held_out": len(judged)}
    return _trained(run, model, tokenizer, optimised, sizes, notes)


def _captioner(
    run: Run, whole: Artifact | None, tokenizer: Tokenizer
) -> tuple[Captioner, list[str]]:
    """What is to be trained, and what to tell about it.

    It is all of a captioner to start from, or has the backbone of another artifact, or is new.
    """
    backbone, notes = starting_backbone(run)
    dropout = run.options["text_dropout"]
    if whole is not None:
        notes = [f"began with all of {whole.manifest.name}, whose shape and word pieces it keeps"]
        return read_captioner(whole, dropout).train(), notes
    architecture = new_architecture(run.options, tokenizer.get_vocab_size())
    with seeded(run.seed):
        return Captioner(backbone, architecture, dropout).train(), notes


def _trained(
    run: Run,
    model: Objective,
    tokenizer: Tokenizer,
    optimised: Optimised,
    sizes: Mapping[str, int],
    notes: Sequence[str],
) -> Trained:
    """What is left of a training: all but the temperature, since captions are to be written."""
    captioner, options = model.captioner, run.options
    return Trained(
        write=lambda folder: write_captioner(captioner, tokenizer, folder),
        encoder={
            "architecture": captioner.backbone.architecture,
            "decoder": captioner.architecture,
            "image_size": options["image_size"],
            "framing": options["framing"],
        },
        metrics=optimised.metrics,
        curve=optimised.curve,
        sizes={
            "trained_parameters": numbers_in(model),
            "vocabulary": tokenizer.get_vocab_size(),
            "steps": optimised.steps,
            **sizes,
        },
        runtime=runtime(*LIBRARIES),
        notes=notes,
    )
