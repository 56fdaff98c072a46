"""Where a training of two towers starts: from artifacts, from one of them, or from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safetensors.torch import load_file

from vecstore.artifacts.folder import Artifact
from vecstore.errors import InvalidArgument
from vecstore.pretext.bert import fill_backbone
from vecstore.pretext.image_backbone import fill
from vecstore.pretext.torch_parts import seeded
from vecstore.pretext.tower_text import TextTower, config_of, text_config
from vecstore.tasks import Run

TEXT_FILE = "text.safetensors"
"""The text tower's weights, in the artifacts of tasks that train two towers."""


@dataclass(frozen=True, slots=True)
class Starts:
    """The artifacts that give each tower; None for a new one."""

    image: Artifact | None = None
    text: Artifact | None = None

    @property
    def notes(self) -> list[str]:
        """What to tell about the text tower."""
        if self.text is None:
            return []
        return [f"began with the text tower of {self.text.manifest.name}, whose shape it keeps"]

    @property
    def images(self) -> list[Artifact]:
        """For :func:`vecstore.pretext.image_training.starting_backbone`."""
        return [] if self.image is None else [self.image]


def sides(starts: Sequence[Artifact]) -> Starts:
    """Which artifact gives which tower.

    Raises:
        InvalidArgument: two give the same one.
    """
    return Starts(_only("image", starts), _only("text", starts))


def _only(side: str, starts: Sequence[Artifact]) -> Artifact | None:
    """The one that has this side, if there is one."""
    marks = {"image": {"architecture"}, "text": {"shape", "text_shape"}}[side]
    found = [start for start in starts if marks & start.manifest.encoder.keys()]
    if len(found) > 1:
        names = " and ".join(start.manifest.name for start in found)
        raise InvalidArgument(
            f"{names} both have {'an' if side == 'image' else 'a'} {side} tower to start from; "
            "give one model for images and one for texts, or one that has both",
            field="start",
        )
    return found[0] if found else None


def text_tower(run: Run, start: Artifact | None, vocabulary: int) -> TextTower:
    """The text tower to train, in training mode; a new one is drawn by the run's seed.

    Args:
        run: the training.
        start: has the tower to start from; None for a new one.
        vocabulary: pieces that the tokenizer knows.

    Raises:
        ArtifactDamaged: the weights of the model to start from do not fit.
    """
    if start is None:
        with seeded(run.seed):
            return TextTower(text_config(run.options, vocabulary)).train()
    return read_text_tower(start, run.options["text_dropout"]).train()


def read_text_tower(artifact: Artifact, dropout: float = 0.0) -> TextTower:
    """The text tower of an artifact, that of two towers or a BERT, in evaluation mode.

    Args:
        artifact: has it.
        dropout: in training.

    Raises:
        ArtifactDamaged: its weights do not fit.
    """
    settings = artifact.manifest.encoder
    with seeded(0):  # what is drawn is thrown away
        tower = TextTower(config_of(settings.get("text_shape") or settings["shape"], dropout))
    if "text_shape" in settings:
        fill(tower.inner, load_file(artifact.file(TEXT_FILE)), artifact, TEXT_FILE)
    else:
        fill_backbone(tower.inner, artifact)
    return tower.eval()
