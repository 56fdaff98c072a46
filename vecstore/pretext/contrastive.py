"""Two views of one image found again among views of others: SimCLR; no labels are needed.

An image's vector is the mean over its places in the backbone's last layer, at length 1.
"""

from __future__ import annotations

from vecstore.pretext.image_loading import load
from vecstore.pretext.image_options import (
    LOAD_OPTIONS,
    SIZE_OPTIONS,
    backbone_options,
    frame_of,
    training_options,
)
from vecstore.pretext.image_view_options import view_options
from vecstore.records import Modality
from vecstore.specs import Option
from vecstore.tasks import DataKind, ImageData, PretextSpec, Run, Trained

NAME = "contrastive"


def _fit(data: ImageData, run: Run) -> Trained:
    from vecstore.pretext.contrastive_training import fit

    return fit(data, run)


SPEC = PretextSpec(
    name=NAME,
    summary="Finds two views of one image among views of others (SimCLR); needs no labels.",
    paper="T. Chen, S. Kornblith, M. Norouzi, G. Hinton: A Simple Framework for Contrastive "
    "Learning of Visual Representations, ICML 2020, arXiv:2002.05709",
    modalities=(Modality.IMAGE,),
    reads=DataKind.IMAGES,
    fit=_fit,
    load=load,
    options=(
        *SIZE_OPTIONS,
        # Narrower than what learns from labels: without them, many rounds matter more than width.
        *backbone_options(width=32),
        *view_options(crop=0.2, flip=0.5, colour=0.5, grey=0.2, blur=0.5, rotation=0.0),
        Option("temperature", float, 0.2, "Divides likenesses; small: the nearest others count"),
        Option("projection", int, 128, "Length of the vectors that are compared in training"),
        *training_options(
            batch_size=64, epochs=60.0, learning_rate=2e-3, weight_decay=1e-4, validation=0.05
        ),
    ),
    load_options=LOAD_OPTIONS,
    starts_from=(NAME, "classification", "masked-patches"),
    frame=frame_of,
    requires=("torch", "transformers", "accelerate", "kornia"),
    extra="vecstore-server[training]",
)
