"""Task cards say what a model's name says, and nothing of a model that is files alone."""

import pytest
from vecstore_open_clip.cards import card_of
from vecstore_open_clip.sources import ModelSource

CLIP = {"embed_dim": 4}


@pytest.mark.parametrize(
    ("provenance", "source"),
    [
        ({"hub": "laion/x", "commit": "abc", "tag": "laion2b_s34b_b79k"}, "OpenCLIP's tag"),
        ({"hub": "laion/x", "commit": "abc"}, "its name"),
    ],
)
def test_a_model_of_the_hub(provenance, source, tmp_path):
    card = card_of(ModelSource(CLIP, weights=tmp_path / "w", provenance=provenance))
    assert "which text goes with which image" in card.trained_for
    assert "captions" not in card.trained_for
    assert card.data == {name: text for name, text in provenance.items() if name != "commit"}
    assert card.source == source


def test_one_that_writes(tmp_path):
    found = ModelSource(
        {**CLIP, "multimodal_cfg": {}}, weights=tmp_path / "w", provenance={"hub": "laion/x"}
    )
    assert "captions" in card_of(found).trained_for


def test_files_alone_say_nothing(tmp_path, load_model, model_folder):
    assert card_of(ModelSource(CLIP, weights=tmp_path / "w")) is None
    assert load_model(model_folder).card() is None


def test_drawn_weights_were_trained_for_nothing(clip):
    assert clip.card().trained_for.startswith("nothing")
