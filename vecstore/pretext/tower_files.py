"""Two towers as files, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.errors import InvalidArgument
from vecstore.inputs import Frame
from vecstore.pretext.image_backbone import (
    WEIGHTS_FILE,
    fill,
    read_backbone,
    weights_of,
    write_backbone,
)
from vecstore.pretext.image_encoder import preprocessing
from vecstore.pretext.torch_parts import check_load_batch, device_named, seeded
from vecstore.pretext.tower_encoder import TwoTowerEncoder
from vecstore.pretext.tower_model import TwoTowers
from vecstore.pretext.tower_start import TEXT_FILE, Starts, read_text_tower
from vecstore.pretext.wordpieces import (
    TOKENIZER_FILE,
    read_tokenizer,
    tokenizer_digest,
    write_tokenizer,
)
from vecstore.spaces import Identity
from vecstore.specs import Options

PROJECTIONS_FILE = "projections.safetensors"

_REVISION = 1


def write_towers(towers: TwoTowers, tokenizer: Tokenizer, folder: Path) -> None:
    """Write both towers, their projections and the tokenizer.

    Raises:
        OSError: the disk's answer.
    """
    write_backbone(towers.image, folder)
    save_file(weights_of(towers.text.inner), folder / TEXT_FILE)
    save_file(weights_of(towers.projections), folder / PROJECTIONS_FILE)
    write_tokenizer(tokenizer, folder / TOKENIZER_FILE)


def tower_settings(towers: TwoTowers, options: Options) -> dict[str, Any]:
    """What :func:`load_towers` needs to know, for the manifest; JSON values."""
    return {
        "architecture": towers.image.architecture,
        "image_size": options["image_size"],
        "framing": options["framing"],
        "text_shape": towers.text.shape,
        "dim": towers.dim,
    }


def fill_projections(towers: TwoTowers, starts: Starts) -> None:
    """Begin with the projections of an artifact, where both towers are from it.

    Projections of one side alone lead to a space that the other side does not know.

    Raises:
        InvalidArgument: its vectors have another length.
        ArtifactDamaged: its weights do not fit.
    """
    start = starts.image
    if start is None or start is not starts.text:
        return
    dim = start.manifest.encoder["dim"]
    if dim != towers.dim:
        raise InvalidArgument(
            f"dim is {towers.dim}, and {start.manifest.name}, to start from, has {dim}; set "
            f"dim={dim}",
            field="dim",
        )
    fill(towers.projections, load_file(start.file(PROJECTIONS_FILE)), start, PROJECTIONS_FILE)


def read_towers(artifact: Artifact) -> TwoTowers:
    """The towers of an artifact, in evaluation mode.

    Raises:
        ArtifactDamaged: its weights do not fit.
    """
    image, text = read_backbone(artifact), read_text_tower(artifact)
    with seeded(0):  # what is drawn is thrown away
        towers = TwoTowers(image, text, artifact.manifest.encoder["dim"])
    fill(towers.projections, load_file(artifact.file(PROJECTIONS_FILE)), artifact, PROJECTIONS_FILE)
    return towers.eval()


def load_towers(artifact: Artifact, options: Options) -> TwoTowerEncoder:
    """The encoder of an artifact.

    Raises:
        InvalidArgument: a device that there is not, or no batch size.
        ArtifactDamaged: weights that do not fit.
    """
    check_load_batch(options)
    towers = read_towers(artifact).to(device_named(options["device"]))
    settings, pieces = artifact.manifest.encoder, artifact.file(TOKENIZER_FILE)
    frame = Frame(settings["image_size"], settings["framing"])
    files = (WEIGHTS_FILE, TEXT_FILE, PROJECTIONS_FILE)
    identity = Identity(
        {
            "encoder": f"{artifact.manifest.task}/{_REVISION}",
            "weights": weights_digest([(name, artifact.file(name)) for name in files]),
            "tokenizer": tokenizer_digest(pieces),
            "architecture": towers.image.architecture,
            "text_architecture": {"type": "bert", **towers.text.shape},
            "preprocessing": preprocessing(frame),
            "pooling": "mean",
            "max_length": towers.text.longest,
            "normalized": True,
            "dim": towers.dim,
        }
    )
    return TwoTowerEncoder(
        towers,
        read_tokenizer(pieces),
        towers.text.longest,
        frame,
        identity,
        options["batch_size"],
    )
