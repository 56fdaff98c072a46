"""The packaged all-MiniLM-L6-v2: the contract, its numbers, and what comes with it."""

import numpy as np
import pytest
from vecstore_sentence_transformers.sources import KNOWN_WEIGHTS, MINILM, find

from vecstore.config import Settings
from vecstore.encoders.canary import canary_vectors
from vecstore.encoders.drift import check_release
from vecstore.records import Input, Modality, Role
from vecstore.registry import Registry
from vecstore.testing import EncoderContract

TEXTS = [
    "Recursively copy an entire directory tree rooted at src.",
    "The weather is lovely today.",
    "",
    "It is so sunny outside!",
    "word " * 600,
    "Съешь же ещё этих мягких французских булок",
]


def encode(encoder, *texts, role=Role.DOCUMENT):
    return encoder.encode([Input(Modality.TEXT, text) for text in texts], role)


class TestMiniLM(EncoderContract):
    @pytest.fixture
    def encoder(self, minilm):
        return minilm

    @pytest.fixture
    def reload(self, load_model):
        return load_model

    @pytest.fixture
    def inputs(self):
        return [Input(Modality.TEXT, text) for text in TEXTS]


def test_it_is_the_model_that_it_says(minilm):
    assert (minilm.dim, minilm.normalized) == (384, True)
    assert minilm.identity().missing == ()
    assert minilm.identity().parts["max_length"] == 256
    query = encode(minilm, "copy a directory tree", role=Role.QUERY)
    documents = encode(minilm, *TEXTS)
    assert (documents @ query[0]).argmax() == 0
    assert documents[1] @ documents[3] > 0.6
    assert documents[1] @ documents[0] < 0.2


def test_numbers_are_those_of_the_library(minilm):
    from sentence_transformers import SentenceTransformer

    bare = SentenceTransformer(str(find(f"package:{MINILM}", None).path), device="cpu")
    assert np.array_equal(encode(minilm, *TEXTS), bare.encode(TEXTS))
    assert np.array_equal(encode(minilm, *TEXTS, role=Role.QUERY), bare.encode(TEXTS))


def test_a_plain_install_offers_it_as_a_ready_release(minilm):
    registry = Registry.load(Settings())
    spec, ready = registry.ready_release("all-MiniLM-L6-v2", "1")
    assert ready.source == f"package:{MINILM}"
    options = registry.resolve_options(spec, ready.options)
    encoder = spec.load(ready.source, options)
    assert encoder.identity().fingerprint == minilm.identity().fingerprint


def test_runtime_says_what_ran(minilm):
    runtime = minilm.runtime()
    assert {"torch", "sentence-transformers", "transformers", "device", "dtype"} <= set(runtime)
    assert runtime["model.safetensors sha256"] == KNOWN_WEIGHTS[MINILM]


def test_device_batch_size_and_precision_are_not_of_the_identity(minilm, load_model):
    other = load_model(batch_size=2, dtype="bfloat16")
    assert other.runtime()["dtype"] == "bfloat16"
    assert other.identity().fingerprint == minilm.identity().fingerprint
    recorded = minilm.identity()
    warning = check_release(
        other, recorded.parts, recorded.fingerprint, canary_vectors(minilm), "all-MiniLM-L6-v2@1"
    )
    assert "another precision" in warning


def test_it_loads_without_the_hub(minilm, load_model, monkeypatch):
    import socket

    import huggingface_hub.constants

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert np.array_equal(encode(load_model(), *TEXTS), encode(minilm, *TEXTS))


@pytest.mark.usefixtures("needs_minilm")
def test_loading_leaves_global_settings_alone(load_model):
    import torch
    from transformers.utils import logging

    def state():
        return torch.get_num_threads(), torch.is_grad_enabled(), logging.is_progress_bar_enabled()

    before = state()
    load_model()
    assert state() == before
