"""Images and their captions, told apart and written: CoCa.

An image's vector and a text's vector lie in one space; captions of other images can be written by
what was trained.
"""

from __future__ import annotations

from vecstore.artifacts.folder import Artifact
from vecstore.pretext.captioning_options import OPTIONS
from vecstore.pretext.image_options import LOAD_OPTIONS, frame_of
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options
from vecstore.tasks import DataKind, PairData, PretextSpec, Run, Trained

NAME = "captioning"


def _fit(data: PairData, run: Run) -> Trained:
    from vecstore.pretext.captioning_training import fit

    return fit(data, run)


def _load(artifact: Artifact, options: Options) -> Encoder:
    from vecstore.pretext.captioning_encoder import load_encoder

    return load_encoder(artifact, options)


SPEC = PretextSpec(
    name=NAME,
    summary="Tells the captions of images apart, and writes them; texts and images share a space.",
    paper="J. Yu, Z. Wang, V. Vasudevan, L. Yeung, M. Seyedhosseini, Y. Wu: CoCa: Contrastive "
    "Captioners are Image-Text Foundation Models, TMLR 2022, arXiv:2205.01917",
    modalities=(Modality.TEXT, Modality.IMAGE),
    reads=DataKind.PAIRS,
    fit=_fit,
    load=_load,
    options=OPTIONS,
    load_options=(
        *LOAD_OPTIONS,
        Option("beams", int, 4, "Captions that are gone on with, of which the best is given back"),
    ),
    starts_from=(NAME, "classification", "contrastive", "masked-patches"),
    frame=frame_of,
    requires=("torch", "transformers", "accelerate", "tokenizers", "kornia"),
    extra="vecstore-server[training]",
)
