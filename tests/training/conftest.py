"""Pretext tasks that learn in milliseconds: which letter follows which, and from shades."""

import json
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from vecstore.artifacts.manifest import CurvePoint
from vecstore.artifacts.weights import weights_digest
from vecstore.config import Settings
from vecstore.errors import InvalidInput, TrainingFailed
from vecstore.hookspecs import hookimpl
from vecstore.inputs import Frame, image_square
from vecstore.records import Modality
from vecstore.registry import Registry
from vecstore.spaces import Identity
from vecstore.specs import Encoder, Option
from vecstore.store import open_store
from vecstore.tasks import DataKind, PretextSpec, Progress, Trained

LETTERS = "abcdefghijklmnopqrstuvwxyz "


class LetterEncoder(Encoder):
    """The mean of a text's letters' vectors; the blank's for a text without letters."""

    modalities = frozenset({Modality.TEXT})

    def __init__(self, artifact, scale=1.0):
        path = artifact.file("model.safetensors")
        self._table = load_file(path)["letters"] * np.float32(scale)
        self._digest = weights_digest([("0", path)])
        self.dim = self._table.shape[1]

    def identity(self):
        return Identity({"encoder": "letters/1", "weights": self._digest, "dim": self.dim})

    def encode(self, inputs, role):
        return np.stack([self._table[codes(str(one.data))].mean(axis=0) for one in inputs])


def codes(text):
    return [LETTERS.index(c) for c in text.lower() if c in LETTERS] or [len(LETTERS) - 1]


def fit(data, run):
    if len(data.documents) < 2:
        raise InvalidInput("too few texts", field="data")
    pairs = np.array([pair for text in data.passages() for pair in pairwise(codes(text))])
    held, pairs = pairs[::10], np.delete(pairs, slice(None, None, 10), axis=0)
    n, dim, done, curve = len(LETTERS), run.options["dim"], 0, []
    draw = np.random.default_rng(run.seed)
    if run.starts:
        tables = [load_file(start.file("model.safetensors"))["letters"] for start in run.starts]
        table = np.mean(tables, axis=0)
    else:
        table = draw.normal(size=(n, dim)).astype(np.float32)
    head = draw.normal(size=(dim, n)).astype(np.float32)
    kept = run.folder / "state.npz"
    if kept.exists():
        with np.load(kept) as state:
            table, head, done = state["table"], state["head"], int(state["done"])
            curve = [CurvePoint(**point) for point in json.loads(str(state["curve"]))]
    for epoch in range(done + 1, run.options["epochs"] + 1):
        loss = step(table, head, pairs)
        if run.options["fail_at"] == epoch:
            raise TrainingFailed(f"the loss is nan at epoch {epoch}")
        curve.append(CurvePoint(epoch, loss))
        points = json.dumps([{"step": p.step, "loss": p.loss} for p in curve])
        np.savez(kept.with_suffix(".tmp.npz"), table=table, head=head, done=epoch, curve=points)
        kept.with_suffix(".tmp.npz").replace(kept)
        run.report(Progress("training", epoch, run.options["epochs"], loss))
    return Trained(
        write=lambda folder: save_file({"letters": table}, folder / "model.safetensors"),
        encoder={"dim": dim},
        metrics={"loss": float(-np.log(chances(table, head, held)).mean())},
        curve=curve,
        sizes={"trained_parameters": table.size + head.size},
    )


def chances(table, head, pairs):
    scores = np.exp(table @ head)
    return (scores / scores.sum(axis=1, keepdims=True))[pairs[:, 0], pairs[:, 1]]


def step(table, head, pairs):
    """One step of gradient descent on the cross entropy of the letter that follows."""
    loss = float(-np.log(chances(table, head, pairs)).mean())
    scores = np.exp(table @ head)
    slope = scores / scores.sum(axis=1, keepdims=True)
    counts = np.zeros_like(slope)
    np.add.at(counts, tuple(pairs.T), 1)
    slope = slope * counts.sum(axis=1, keepdims=True) - counts
    to_table, to_head = slope @ head.T, table.T @ slope
    table -= np.float32(0.5 / len(pairs)) * to_table.astype(np.float32)
    head -= np.float32(0.5 / len(pairs)) * to_head.astype(np.float32)
    return loss


SPEC = PretextSpec(
    name="letters",
    summary="Which letter follows which.",
    paper="Markov 1913",
    modalities=(Modality.TEXT,),
    reads=DataKind.TEXT,
    fit=fit,
    load=lambda artifact, options: LetterEncoder(artifact, options["scale"]),
    options=(
        Option("dim", int, 8, "length of the vectors"),
        Option("epochs", int, 6, "rounds over the data"),
        Option("fail_at", int, 0, "epoch whose loss is no number"),
    ),
    load_options=(Option("scale", float, 1.0, "a factor"),),
    starts_from=("letters",),
    most_starts=2,
)

TEXTS = ["the quick brown fox jumps over the lazy dog", "pack my box with five dozen jugs"] * 3


class Plugin:
    def __init__(self, *specs):
        self._specs = specs

    @hookimpl
    def vecstore_register_pretext_tasks(self):
        return self._specs


@pytest.fixture(scope="session")
def letters():
    return SPEC


@pytest.fixture(scope="session")
def texts():
    return TEXTS


@pytest.fixture
def open_with():
    """Opens a store that knows these tasks."""

    def open_with(folder, *specs, **keywords):
        plugins = [("letters", Plugin(*(specs or (SPEC,))))]
        registry = Registry.load(Settings(), plugins=plugins, entry_points=False)
        return open_store(folder, registry=registry, settings=Settings(), **keywords)

    return open_with


@pytest.fixture
def store(tmp_path, open_with):
    with open_with(tmp_path / "store") as store:
        yield store


@pytest.fixture
def train(store, texts):
    """Trains letters, with what differs from the usual."""

    def train(data=texts, *, task="letters", name="ab", version="1", **keywords):
        return store.train(task, data, name=name, version=version, **keywords)

    return train


@pytest.fixture
def stop_at():
    """An on_progress that ends a training at a step as Ctrl-C does."""

    def stop_at(step):
        def watch(progress):
            if progress.stage == "training" and progress.step == step:
                raise KeyboardInterrupt

        return watch

    return stop_at


class ShadeEncoder(Encoder):
    """A linear map of an image of 4 x 4 pixels."""

    modalities = frozenset({Modality.IMAGE})

    def __init__(self, artifact):
        path = artifact.file("model.safetensors")
        self._map = load_file(path)["map"]
        self._digest = weights_digest([("0", path)])
        self.dim = self._map.shape[1]

    def identity(self):
        return Identity({"encoder": "shades/1", "weights": self._digest, "dim": self.dim})

    def encode(self, inputs, role):
        pixels = np.stack([image_square(one.data, Frame(SIDE)) for one in inputs])
        # Row by row, so that no row's rounding depends on how many there are.
        return np.stack([row @ self._map for row in flat(pixels)])


SIDE = 4


def flat(pixels):
    return pixels.reshape(len(pixels), -1).astype(np.float32) / 255


def fit_shades(data, run):
    """Predicts labels, or pixels where there are none."""
    inputs = flat(data.pixels)
    labels = np.array(data.labels) if data.labels is not None else None
    wanted = inputs if labels is None else (labels[:, None] == np.unique(labels)).astype(np.float32)
    draw = np.random.default_rng(run.seed)
    weights = draw.normal(0, 0.1, (inputs.shape[1], run.options["dim"])).astype(np.float32)
    head = draw.normal(0, 0.1, (run.options["dim"], wanted.shape[1])).astype(np.float32)
    done, curve, kept = 0, [], run.folder / "state.npz"
    if kept.exists():
        with np.load(kept) as state:
            weights, head, done = state["weights"], state["head"], int(state["done"])
            curve = [CurvePoint(n, loss) for n, loss in enumerate(state["losses"].tolist(), 1)]
    for epoch in range(done + 1, run.options["epochs"] + 1):
        error = inputs @ weights @ head - wanted
        rate = np.float32(0.05 / len(inputs))
        for_weights, for_head = inputs.T @ error @ head.T, (inputs @ weights).T @ error
        weights, head = weights - rate * for_weights, head - rate * for_head
        curve.append(CurvePoint(epoch, float((error**2).mean())))
        losses = np.array([point.loss for point in curve])
        np.savez(kept, weights=weights, head=head, done=epoch, losses=losses)
        run.report(Progress("training", epoch, run.options["epochs"], curve[-1].loss))
    return Trained(
        write=lambda folder: save_file({"map": weights}, folder / "model.safetensors"),
        encoder={},
        metrics={"loss": curve[-1].loss},
        curve=curve,
        sizes={"trained_parameters": weights.size + head.size},
    )


SHADES = PretextSpec(
    name="shades",
    summary="Labels from shades.",
    paper="none",
    modalities=(Modality.IMAGE,),
    reads=DataKind.LABELLED_IMAGES,
    fit=fit_shades,
    load=lambda artifact, options: ShadeEncoder(artifact),
    options=(
        Option("dim", int, 5, "length of the vectors"),
        Option("epochs", int, 6, "rounds over the data"),
        Option("framing", str, "squash", "how images become squares"),
    ),
    frame=lambda options: Frame(SIDE, options["framing"]),
)


@pytest.fixture(scope="session")
def shades():
    return SHADES


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder of dark and bright photos, three of each."""
    folder = tmp_path_factory.mktemp("photos")
    for label, low, high in (("dark", 0, 90), ("bright", 160, 256)):
        (folder / label).mkdir()
        for number in range(3):
            draw = np.random.default_rng((low, number))
            pixels = draw.integers(low, high, (9, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")
    return folder
