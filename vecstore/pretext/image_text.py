"""Which text goes with which image: CLIP and ALIGN. Two towers, whose vectors share one space.

An image's vector is the mean over its places, a text's the mean over its word pieces, each
projected, at length 1.
"""

from __future__ import annotations

from vecstore.artifacts.folder import Artifact
from vecstore.pretext.image_options import (
    LOAD_OPTIONS,
    SIZE_OPTIONS,
    backbone_options,
    frame_of,
    training_options,
)
from vecstore.pretext.image_view_options import view_options
from vecstore.pretext.tower_options import SPACE_OPTIONS, TEXT_OPTIONS
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options
from vecstore.tasks import DataKind, PairData, PretextSpec, Run, Trained

NAME = "image-text"


def _fit(data: PairData, run: Run) -> Trained:
    from vecstore.pretext.image_text_training import fit

    return fit(data, run)


def _load(artifact: Artifact, options: Options) -> Encoder:
    from vecstore.pretext.tower_files import load_towers

    return load_towers(artifact, options)


SPEC = PretextSpec(
    name=NAME,
    summary="Tells which text goes with which image; texts then find images, and images texts.",
    paper="A. Radford et al.: Learning Transferable Visual Models From Natural Language "
    "Supervision, ICML 2021, arXiv:2103.00020; objective=align: C. Jia et al.: Scaling Up Visual "
    "and Vision-Language Representation Learning With Noisy Text Supervision, ICML 2021, "
    "arXiv:2102.05918",
    modalities=(Modality.TEXT, Modality.IMAGE),
    reads=DataKind.PAIRS,
    fit=_fit,
    load=_load,
    options=(
        Option("objective", str, "clip", "clip: cross entropy; align: with smoothed labels"),
        Option("smoothing", float, 0.1, "align: share of the probability spread over all"),
        *SPACE_OPTIONS,
        *SIZE_OPTIONS,
        # Half of what learns from labels: enough for some thousand pairs, and quick.
        *backbone_options(width=32),
        *TEXT_OPTIONS,
        *view_options(crop=0.6, flip=0.0, colour=0.6, grey=0.1, blur=0.2, rotation=15.0),
        Option("word_masking", float, 0.1, "Share of the word pieces hidden in training"),
        *training_options(
            batch_size=128, epochs=60.0, learning_rate=1e-3, weight_decay=0.1, validation=0.1
        ),
    ),
    load_options=LOAD_OPTIONS,
    starts_from=(
        NAME,
        "classification",
        "contrastive",
        "masked-patches",
        "masked-tokens",
        "next-sentence",
    ),
    most_starts=2,
    frame=frame_of,
    requires=("torch", "transformers", "accelerate", "tokenizers", "kornia"),
    extra="vecstore-server[training]",
)
