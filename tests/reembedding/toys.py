"""Encoders that share what they know, and some that share nothing; a plugin of them all."""

import hashlib

import numpy as np

import vecstore
from vecstore.records import Modality
from vecstore.specs import Encoder

DIM = 24


class Counts(Encoder):
    """Counts letters; turned, cut or drawn anew, as its source says."""

    dim = DIM
    modalities = frozenset({Modality.TEXT, Modality.CATEGORIES})

    def __init__(self, source, _options):
        self._source = source
        self.normalized = source != "long"
        turn = np.random.default_rng(7).standard_normal((DIM, DIM))
        self._turn = np.linalg.qr(turn)[0] if source == "turned" else np.eye(DIM)

    def identity(self):
        missing = ("weights",) if self._source == "secret" else ()
        return vecstore.Identity({"counts": self._source}, missing)

    def encode(self, inputs, role):
        found = np.stack([self._row(one.data, number) for number, one in enumerate(inputs)])
        found = found @ self._turn
        if self.normalized:
            found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found.astype(np.float32)

    def _row(self, text, number):
        if self._source == "picky" and "bad" in text:
            raise vecstore.InvalidInput(f"{text!r} is bad", input=number)
        if self._source == "noise":
            digest = hashlib.sha256(text.encode()).digest()
            return np.frombuffer(digest[:DIM], np.uint8).astype(np.float64) - 127.5
        row = np.full(DIM, 0.1)
        for letter in text:
            row[ord(letter) % DIM] += 1
        return row


class Columns(Counts):
    """Reads categories alone."""

    modalities = frozenset({Modality.CATEGORIES})

    def canaries(self):
        return [vecstore.Input(Modality.CATEGORIES, '{"a":"b"}')]


class _Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        sources = ("plain", "turned", "noise", "picky", "secret", "long")
        ready = tuple(vecstore.ReadyRelease(one, "1", one) for one in sources)
        both = (Modality.TEXT, Modality.CATEGORIES)
        columns = (vecstore.ReadyRelease("columns", "1", "columns"),)
        return [
            vecstore.EncoderSpec("counts", "for tests", both, Counts, ready=ready),
            vecstore.EncoderSpec(
                "columns", "for tests", (Modality.CATEGORIES,), Columns, ready=columns
            ),
        ]


PLUGIN = _Plugin()


def text_of(number):
    """Another text for each number."""
    return hashlib.sha256(str(number).encode()).hexdigest()
