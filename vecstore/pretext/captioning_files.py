"""A captioner as files, in three parts: the backbone, what else decides vectors, the writer.

The backbone's file is that of every task on images, so that others may start from it. The writer
has a file of its own because it decides captions only: it is no part of the vectors' space.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.pretext.captioning_model import Captioner
from vecstore.pretext.image_backbone import (
    WEIGHTS_FILE,
    Backbone,
    fill,
    read_backbone,
    weights_of,
    write_backbone,
)
from vecstore.pretext.wordpieces import TOKENIZER_FILE, write_tokenizer

TOWERS_FILE = "towers.safetensors"
WRITER_FILE = "writer.safetensors"


def write_captioner(captioner: Captioner, tokenizer: Tokenizer, folder: Path) -> None:
    """Write a captioner's weights and its tokenizer.

    Raises:
        OSError: the disk's answer.
    """
    write_backbone(captioner.backbone, folder)
    save_file(weights_of(_towers(captioner)), folder / TOWERS_FILE)
    save_file(weights_of(captioner.writing), folder / WRITER_FILE)
    write_tokenizer(tokenizer, folder / TOKENIZER_FILE)


def read_captioner(artifact: Artifact, dropout: float = 0.0) -> Captioner:
    """The captioner of an artifact, in evaluation mode.

    Args:
        artifact: of the task captioning.
        dropout: share of the decoder's activations that are dropped, once it trains.

    Raises:
        ArtifactDamaged: its weights do not fit.
    """
    settings = artifact.manifest.encoder
    with torch.random.fork_rng():
        backbone = Backbone(settings["architecture"])
        captioner = Captioner(backbone, settings["decoder"], dropout)
    captioner.backbone = read_backbone(artifact)
    for part, file in ((_towers(captioner), TOWERS_FILE), (captioner.writing, WRITER_FILE)):
        fill(part, load_file(artifact.file(file)), artifact, file)
    return captioner.eval()


def towers_digest(artifact: Artifact) -> str:
    """sha256 (hex) of the weights that decide vectors; the writer's are not among them."""
    files = (WEIGHTS_FILE, TOWERS_FILE)
    return weights_digest([(str(number), artifact.file(name)) for number, name in enumerate(files)])


def _towers(captioner: Captioner) -> nn.ModuleDict:
    return nn.ModuleDict({"looking": captioner.looking, "reading": captioner.reading})
