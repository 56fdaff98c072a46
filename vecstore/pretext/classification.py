"""Labels of images, learnt and then thrown away: what is kept is what told the classes apart.

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

NAME = "classification"


def _fit(data: ImageData, run: Run) -> Trained:
    from vecstore.pretext.classification_training import fit

    return fit(data, run)


SPEC = PretextSpec(
    name=NAME,
    summary="Learns the labels of images, and keeps what the last layer was given.",
    paper="K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR "
    "2016, arXiv:1512.03385; features of its last layer but one: A. Razavian et al.: CNN Features "
    "off-the-shelf, 2014, arXiv:1403.6382",
    modalities=(Modality.IMAGE,),
    reads=DataKind.LABELLED_IMAGES,
    fit=_fit,
    load=load,
    options=(
        *SIZE_OPTIONS,
        *backbone_options(width=64),
        *view_options(crop=0.35, flip=0.5, colour=0.0, grey=0.0, blur=0.0, rotation=0.0),
        Option("label_smoothing", float, 0.1, "Share of a label that is spread over all classes"),
        *training_options(
            batch_size=64, epochs=40.0, learning_rate=2e-3, weight_decay=0.05, validation=0.1
        ),
    ),
    load_options=LOAD_OPTIONS,
    starts_from=(NAME, "contrastive", "masked-patches"),
    frame=frame_of,
    requires=("torch", "transformers", "accelerate", "kornia"),
    extra="vecstore-server[training]",
)
