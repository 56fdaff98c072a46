"""Texts and images to vectors of one space, and images to captions, by a captioner."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer

from vecstore.artifacts.folder import Artifact
from vecstore.inputs import Frame
from vecstore.pretext.captioning_files import read_captioner, towers_digest
from vecstore.pretext.captioning_model import Captioner
from vecstore.pretext.captioning_options import check_beams
from vecstore.pretext.captioning_writing import Writer
from vecstore.pretext.image_encoder import preprocessing, to_floats
from vecstore.pretext.image_reading import squares
from vecstore.pretext.torch_parts import check_load_batch, device_named
from vecstore.pretext.tower_encoder import TwoTowerEncoder
from vecstore.pretext.wordpieces import TOKENIZER_FILE, read_tokenizer, tokenizer_digest
from vecstore.records import Input
from vecstore.spaces import Identity
from vecstore.specs import Options

_REVISION = 1
_WRITER_ONLY = ("writer_layers",)


class CaptioningEncoder(TwoTowerEncoder):
    """Vectors of texts and images at length 1, and captions of images.

    A text's vector is what the token behind it has become in the lower half of the decoder, an
    image's what the second attention pooler answers. May be used from several threads.

    Args:
        model: in evaluation mode.
        tokenizer: of its pieces.
        frame: how images become squares.
        identity: what decides the vectors.
        batch_size: inputs that the model reads at a time.
        beams: see :class:`vecstore.pretext.captioning_writing.Writer`.
    """

    def __init__(
        self,
        model: Captioner,
        tokenizer: Tokenizer,
        frame: Frame,
        identity: Identity,
        batch_size: int,
        beams: int,
    ) -> None:
        longest = model.architecture["max_length"]
        super().__init__(model, tokenizer, longest, frame, identity, batch_size)
        self._writer = Writer(model, tokenizer, beams)

    def describe(self, images: Sequence[Input]) -> list[str]:
        """Captions of images, in their order; the same ones at every call.

        Raises:
            InvalidInput: one cannot be decoded; ``input`` says which.
        """
        captions: list[str] = []
        for _, pixels in squares(images, self._frame, self._batch_size):
            floats = to_floats(torch.from_numpy(pixels).to(self._device))
            captions += [self._writer.caption(one[None]) for one in floats]
        return captions


def load_encoder(artifact: Artifact, options: Options) -> CaptioningEncoder:
    """The encoder of an artifact.

    Raises:
        InvalidArgument: a device that there is not, no batch size, no beam.
        ArtifactDamaged: weights that do not fit.
    """
    check_load_batch(options)
    check_beams(options)
    captioner = read_captioner(artifact).to(device_named(options["device"]))
    pieces = artifact.file(TOKENIZER_FILE)
    settings, decoder = artifact.manifest.encoder, captioner.architecture
    frame = Frame(settings["image_size"], settings["framing"])
    identity = Identity(
        {
            "encoder": f"{artifact.manifest.task}/{_REVISION}",
            # Neither the writer's weights nor its shape: two models that differ in captions only
            # have the same vectors, and may stand in for each other.
            "weights": towers_digest(artifact),
            "tokenizer": tokenizer_digest(pieces),
            "architecture": {
                "image": captioner.backbone.architecture,
                "text": {k: v for k, v in decoder.items() if k not in _WRITER_ONLY},
            },
            "preprocessing": preprocessing(frame),
            "pooling": {"image": "attention", "text": "token behind"},
            "max_length": decoder["max_length"],
            "normalized": True,
            "dim": captioner.dim,
        }
    )
    return CaptioningEncoder(
        captioner, read_tokenizer(pieces), frame, identity, options["batch_size"], options["beams"]
    )
