"""Encoders and data for judging: sentences of three subjects, queries that are documents, pairs."""

import hashlib

import numpy as np

import vecstore
from vecstore.errors import InvalidInput
from vecstore.inputs import Frame, image_square
from vecstore.records import Modality
from vecstore.spaces import Identity

SUBJECTS = ("money", "weather", "food")
WORDS = ("the", "please", "tell", "about", "now", "today", "what", "my", "more", "very")
QUICK = {"shots": (3,), "draws": 1}


def sentences(count, seed=0):
    """Pairs of a text and its subject, whose word stands in it among others."""
    rng = np.random.default_rng(seed)
    return [
        (" ".join(rng.permutation([*rng.choice(WORDS, 4), f"{subject} n{number}"])), subject)
        for number in range(count)
        for subject in [SUBJECTS[number % len(SUBJECTS)]]
    ]


class Drawn(vecstore.Encoder):
    """Texts by sums of words' random vectors, drawn by a seed; the seed is all that is learnt."""

    dim = 8
    modalities = frozenset({Modality.TEXT})
    closed = 0
    broken_twin = False

    def __init__(self, seed):
        self._seed = seed

    def identity(self):
        return Identity({"seed": self._seed})

    def encode(self, inputs, role):
        return np.stack([self._row(str(one.data), str(role), n) for n, one in enumerate(inputs)])

    def _row(self, text, role, number):
        if text == "refuse me":
            raise InvalidInput("it asks to be refused", input=number)
        if text == "nothing":
            return np.zeros(8, np.float32)
        words = [*text.split(), role]
        seeds = [hashlib.sha256(f"{self._seed} {word}".encode()).digest()[:4] for word in words]
        drawn = [np.random.default_rng(list(seed)).standard_normal(8) for seed in seeds]
        return np.sum(drawn, axis=0).astype(np.float32)

    def random_twin(self, seed):
        if self.broken_twin:
            raise RuntimeError("no twin today")
        return Drawn(1000 + seed)

    def close(self):
        type(self).closed += 1


class Colours(vecstore.Encoder):
    """Images by the mean of their colours; texts, which it also reads, by their length."""

    dim = 3
    modalities = frozenset({Modality.IMAGE, Modality.TEXT})

    def identity(self):
        return Identity({"colours": 3})

    def encode(self, inputs, role):
        return np.stack([self._row(one) for one in inputs])

    def _row(self, one):
        if one.modality is Modality.TEXT:
            return np.array([len(str(one.data)), 1, 1], np.float32)
        return image_square(one.data, Frame(8)).mean(axis=(0, 1)).astype(np.float32) + 1


class Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        return [
            vecstore.EncoderSpec(
                loader=name,
                summary="for tests",
                modalities=tuple(kind.modalities),
                load=lambda _source, _options, make=make: make(),
                ready=(vecstore.ReadyRelease(name, "1", ""),),
            )
            for name, kind, make in (
                ("drawn", Drawn, lambda: Drawn(0)),
                ("colours", Colours, Colours),
            )
        ]


def names(outcome):
    return [one.name for one in outcome.judged]


DOCUMENTS = [{"id": f"d{n}", "text": text} for n, (text, _) in enumerate(sentences(20))]
QUERIES = [{"query": one["text"], "relevant": [one["id"]]} for one in DOCUMENTS[:7]]
PAIRS = [
    {"a": "a cat sleeps", "b": "a cat sleeps", "score": 5},
    {"a": "a cat sleeps", "b": "a cat sings", "score": 3},
    {"a": "a cat sleeps", "b": "stocks fell sharply", "score": 0},
    {"a": "two dogs bark", "b": "two dogs bark loudly", "score": 4},
]
