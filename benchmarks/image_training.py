"""classification and contrastive beside a bare Trainer: the same model, and the same views.

``python -m benchmarks.image_training SIDE PHOTOS FOLDER TASK`` is one training.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import vecstore
from benchmarks import photos
from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.trainings import BARE, OURS, in_turn, train
from vecstore.tasks import PretextSpec

NAME = "training-images"
TASKS = ("classification", "contrastive")
BAR = Bar(0.9)
PHOTOS = 1_000
EPOCHS = 20.0
LABELS = 10
SEED = 1


def run(ground: Ground) -> list[Figure]:
    """A figure for each task, whatever the sizes."""
    what = f"train {{}}, {PHOTOS:,} photos {EPOCHS:g} times, whole process"
    if importlib.util.find_spec("kornia") is None or importlib.util.find_spec("accelerate") is None:
        note = "transformers, accelerate and kornia are not installed"
        return [Figure(NAME, what.format(task), "", bar=BAR, note=note) for task in TASKS]
    folder = ground.folder / NAME
    shown = ground.images or photos.draw(folder / "photos", PHOTOS)
    found = []
    for task in TASKS:
        done = in_turn("benchmarks.image_training", shown, folder / task, ground.rounds, task)
        found.append(done.figure(NAME, what.format(task), BAR))
    return found


def _labelled(folder: Path) -> list[tuple[Path, str]]:
    """Photos with labels of no meaning: how quickly they are learnt is all that counts."""
    files = photos.found(folder)[:PHOTOS]
    return [(file, f"class {number % LABELS}") for number, file in enumerate(files)]


def _ours(folder: Path, place: Path, task: str) -> None:
    labelled = _labelled(folder)
    data: Any = labelled if task == "classification" else [file for file, _ in labelled]
    with vecstore.open(place) as store:
        store.train(
            task, data, name="photos", version="1", seed=SEED, epochs=EPOCHS, validation=0.0
        )


def _bare(folder: Path, place: Path, task: str) -> None:
    """What one writes by hand, with the same settings."""
    import torch
    from transformers import Trainer, TrainingArguments

    from vecstore.inputs import image_square
    from vecstore.training.torch_setup import resolve_precision

    options = _options(task)
    frame = _spec(task).frame
    assert frame is not None  # it learns from images
    labelled = _labelled(folder)
    pixels = [image_square(file.read_bytes(), frame(options)) for file, _ in labelled]
    rows: list[dict[str, Any]] = [{"pixels": one} for one in pixels]
    if task == "classification":
        for number, row in enumerate(rows):
            row["labels"] = number % LABELS
    torch.manual_seed(SEED)
    arguments = TrainingArguments(
        output_dir=str(place),
        per_device_train_batch_size=options["batch_size"],
        num_train_epochs=EPOCHS,
        learning_rate=options["learning_rate"],
        weight_decay=options["weight_decay"],
        bf16=resolve_precision("auto", torch.device("cpu")) == "bf16",
        use_cpu=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=SEED,
    )
    model = _model(task, options)
    Trainer(model=model, args=arguments, train_dataset=rows).train()
    torch.save(model.state_dict(), place / "model.pt")


def _model(task: str, options: dict[str, Any]) -> Any:
    """The task's own model, as it is drawn at random."""
    from vecstore.pretext.classification_model import Classifier
    from vecstore.pretext.contrastive_model import SimCLR
    from vecstore.pretext.image_backbone import Backbone, new_architecture
    from vecstore.pretext.image_views import Views

    backbone, views = Backbone(new_architecture(options)), Views(options)
    if task == "classification":
        side, smoothing = options["image_size"], options["label_smoothing"]
        return Classifier(backbone, views, LABELS, side, smoothing)
    return SimCLR(backbone, views, options["projection"], options["temperature"])


def _options(task: str) -> dict[str, Any]:
    return {option.name: option.default for option in _spec(task).options}


def _spec(task: str) -> PretextSpec:
    from vecstore.pretext import classification, contrastive

    return {"classification": classification.SPEC, "contrastive": contrastive.SPEC}[task]


if __name__ == "__main__":
    train({OURS: _ours, BARE: _bare})
