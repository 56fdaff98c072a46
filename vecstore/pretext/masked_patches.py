"""Most of an image hidden, and painted again from the few patches left: the masked autoencoder.

The encoder reads visible patches only, which makes training quick; a light decoder, dropped
afterwards, paints the others. A trained encoder reads every patch, and an image's vector is the
mean over them, at length 1.
"""

from __future__ import annotations

from vecstore.pretext.image_loading import load
from vecstore.pretext.image_options import LOAD_OPTIONS, frame_of
from vecstore.pretext.masked_patches_options import OPTIONS
from vecstore.records import Modality
from vecstore.tasks import DataKind, ImageData, PretextSpec, Run, Trained

NAME = "masked-patches"


def _fit(data: ImageData, run: Run) -> Trained:
    from vecstore.pretext.masked_patches_training import fit

    return fit(data, run)


SPEC = PretextSpec(
    name=NAME,
    summary="Paints the hidden three quarters of an image; its vector is the mean of its patches.",
    paper="K. He, X. Chen, S. Xie, Y. Li, P. Dollar, R. Girshick: Masked Autoencoders Are Scalable "
    "Vision Learners, CVPR 2022, arXiv:2111.06377",
    modalities=(Modality.IMAGE,),
    reads=DataKind.IMAGES,
    fit=_fit,
    load=load,
    options=OPTIONS,
    load_options=LOAD_OPTIONS,
    starts_from=(NAME,),
    frame=frame_of,
    requires=("torch", "transformers", "accelerate", "kornia"),
    extra="vecstore-server[training]",
)
