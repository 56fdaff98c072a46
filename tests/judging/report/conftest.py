"""Outcomes of judging, made by hand from few vectors."""

import io
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from vecstore.evaluations import DataSummary, Figure, Protocol
from vecstore.judging.outcome import Judged, Outcome
from vecstore.records import Input, Modality
from vecstore.spaces import Space

CLASSES = ("bills", "cards", "trips")
SPACE = Space("words", "1", 8, "f" * 64)
OTHER = Space("other", "1", 8, "e" * 64)


def text(value):
    return Input(Modality.TEXT, value)


def picture(colour, **saved):
    packed = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(packed, "PNG", **saved)
    return Input(Modality.IMAGE, packed.getvalue())


def rows(classes, each, spread=0.1, seed=0):
    """Vectors in as many heaps as classes; shape (classes * each, 8)."""
    rng = np.random.default_rng(seed)
    heaps = np.repeat(rng.normal(size=(classes, 8)), each, axis=0)
    return (heaps + spread * rng.normal(size=heaps.shape)).astype(np.float32)


def figures(accuracy):
    return {
        "clustering.v_measure": Figure(accuracy),
        "probe.accuracy@10": Figure(accuracy + 0.1, accuracy + 0.05, accuracy + 0.15),
        "probe.accuracy@5": Figure(accuracy, accuracy - 0.05, accuracy + 0.05),
        "health.effective_rank": Figure(7.0),
        "health.hubness": Figure(0.5),
        "health.duplicates": Figure(0.0),
    }


def by_labels(names=("words@1",), classes=CLASSES, sample=None, data="questions.csv", **more):
    """Encoders of these names, and TF-IDF, by labels."""
    each = 6
    labels = tuple(one for one in classes for _ in range(each))
    vectors = rows(len(classes), each)
    confusion = np.full((len(classes), len(classes)), 1) + 5 * np.eye(len(classes), dtype=np.int64)
    judged = [
        Judged(name, SPACE, figures(0.8 - number / 5), vectors, confusion)
        for number, name in enumerate(names)
    ]
    baseline = {name: one for name, one in figures(0.2).items() if "health" not in name}
    return Outcome(
        Protocol.LABELS,
        DataSummary(data, "d" * 64, {"inputs": len(labels), "classes": len(classes)}),
        7,
        {"shots": [5, 10], "draws": 3},
        (*judged, Judged("TF-IDF", None, baseline, None, confusion)),
        (),
        classes=classes,
        sample=sample or tuple(text(f"{one} {n}") for n, one in enumerate(labels)),
        sample_labels=labels,
        skipped=("no twin of words@1",),
        **more,
    )


def by_queries(queries=("where is it",), documents=("here", "there", "nowhere")):
    found = Figure(0.5, 0.4, 0.6)
    ranking = np.tile(np.arange(len(documents)), (len(queries), 1))
    return Outcome(
        Protocol.RETRIEVAL,
        DataSummary("queries.jsonl", "d" * 64, {"queries": len(queries)}),
        7,
        {},
        (Judged("words@1", SPACE, {"retrieval.recall@10": found}, rankings=ranking),),
        (),
        queries=queries,
        documents=documents,
        relevant=tuple({1: 1.0} for _ in queries),
    )


def by_pairs():
    found = {"pairs.spearman": Figure(0.7, 0.65, 0.75)}
    return Outcome(
        Protocol.PAIRS,
        DataSummary("pairs.csv", "d" * 64, {"pairs": 100}),
        7,
        {},
        (Judged("words@1", SPACE, found),),
        (),
    )


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


def read_page(path):
    """Tags, (attribute, value) and the text of a page."""
    reader = _Reader()
    source = path.read_text(encoding="utf-8")
    reader.feed(source)
    reader.close()
    return SimpleNamespace(
        source=source, tags=reader.tags, attributes=reader.attributes, text=" ".join(reader.texts)
    )


@pytest.fixture(autouse=True)
def _libraries():
    for name in ("sklearn", "matplotlib", "jinja2"):
        pytest.importorskip(name)


@pytest.fixture(autouse=True)
def _quick_maps(request, monkeypatch):
    """Maps take long; the first two numbers will do, but for tests that are marked."""
    if "real_maps" not in request.fixturenames:
        for module in ("maps", "spaces"):
            monkeypatch.setattr(
                f"vecstore.judging.report.{module}.map_2d", lambda vectors, seed: vectors[:, :2]
            )


@pytest.fixture
def real_maps():
    """Asked for by a test that is about real maps."""


@pytest.fixture
def make():
    return SimpleNamespace(
        text=text,
        picture=picture,
        rows=rows,
        by_labels=by_labels,
        by_queries=by_queries,
        by_pairs=by_pairs,
        read_page=read_page,
        space=SPACE,
        other=OTHER,
        classes=CLASSES,
    )
