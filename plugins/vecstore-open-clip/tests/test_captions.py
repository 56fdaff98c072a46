"""Captions: of models that can generate, always the same, with a bad image named."""

import pytest
import torch
from vecstore_open_clip.captions import CaptioningEncoder

from vecstore.errors import InvalidInput
from vecstore.records import Input, Modality
from vecstore.specs import Describer

pytestmark = pytest.mark.torch


def test_only_models_that_generate_describe(clip, coca):
    assert isinstance(coca, Describer)
    assert not isinstance(clip, Describer)


def test_captions_are_the_same_at_every_call(coca, load_model, coca_file, picture):
    images = [picture((9 * n, 255 - 9 * n, 100)) for n in range(5)]
    found = list(coca.describe(images))
    assert [type(one) for one in found] == [str] * 5
    by_two = load_model(f"random:{coca_file}", batch_size=2)
    assert by_two.describe(images) == found == [coca.describe([one])[0] for one in images]


def test_every_token_is_the_likeliest(coca, picture):
    """One pass over a whole caption agrees with the passes that made it."""
    (batch,) = coca._preprocessed([picture()])
    with torch.inference_mode():
        ids = coca._generate(batch)
        logits = coca._model(batch, ids[:, :-1], output_labels=False)["logits"]
    assert ids.shape == (1, coca._tokenizer.length)
    assert torch.equal(logits.argmax(dim=-1)[0], ids[0, 1:])


def test_a_caption_ends_where_the_model_ends_it(coca):
    pairs = coca._tokenizer
    said = pairs.tokens(["a red dress"])[0].tolist()
    assert coca._caption(said) == "a red dress"
    assert coca._caption([pairs.start, pairs.end, *said]) == ""


def test_generating_stops_when_every_caption_has_ended(coca, picture, monkeypatch):
    calls = []

    class Ending(torch.nn.Module):
        def forward(self, images, ids=None, **_):
            if ids is None:
                return {"image_features": images, "image_embs": images}
            calls.append(ids.shape[1])
            logits = torch.zeros(len(images), ids.shape[1], coca._tokenizer.size + 3)
            logits[:, -1, -1] = 9.0  # a token that the tokenizer does not know
            logits[:, -1, coca._tokenizer.end] = 1.0 if len(calls) > 2 else -1.0
            return {"logits": logits}

    monkeypatch.setattr(coca, "_model", Ending())
    first = coca._tokenizer.text([0, 0])
    assert coca.describe([picture()]) == [first]
    assert calls == [1, 2, 3]


def test_a_bad_image_is_named(coca, picture):
    assert isinstance(coca, CaptioningEncoder)
    with pytest.raises(InvalidInput) as caught:
        coca.describe([picture(), Input(Modality.IMAGE, b"no image")])
    assert caught.value.details["input"] == "1"
