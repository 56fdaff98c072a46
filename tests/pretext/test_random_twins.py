"""Random twins have learnt nothing: their weights are drawn as before any training.

That they have the form of the encoder, follow from the seed and leave the encoder alone is of the
encoders' contract.
"""

import json

import numpy as np
import pytest

from vecstore.pretext.category_tables import CategoryEncoder
from vecstore.pretext.category_vocabulary import Vocabulary
from vecstore.pretext.twins import drawn, twin_identity
from vecstore.pretext.word_files import WordVectors
from vecstore.pretext.word_vectors import WordContextEncoder
from vecstore.records import Input, Modality, Role
from vecstore.spaces import Identity

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from vecstore.inputs import Frame  # noqa: E402
from vecstore.pretext import captioning_model, image_backbone  # noqa: E402
from vecstore.pretext.bert import BertEncoder, new_config  # noqa: E402
from vecstore.pretext.image_encoder import ImageEncoder  # noqa: E402
from vecstore.pretext.tower_encoder import TwoTowerEncoder  # noqa: E402
from vecstore.pretext.tower_model import TwoTowers  # noqa: E402
from vecstore.pretext.tower_text import TextTower  # noqa: E402
from vecstore.pretext.wordpieces import train_tokenizer  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

FRAME = Frame(16, "crop")
SHAPE = {
    "vocabulary": 40,
    "hidden_size": 16,
    "layers": 1,
    "heads": 2,
    "max_length": 8,
    "dropout": 0.0,
}
DECODER = {
    "vocabulary": 40,
    "width": 16,
    "heads": 2,
    "layers": 1,
    "writer_layers": 1,
    "max_length": 8,
    "queries": 4,
    "poolers": "cascade",
    "dim": 16,
}


def tokenizer():
    return train_tokenizer(["a red cat", "two grey dogs"], 40, lower_case=True, fewer=True)


def backbone(kind="resnet"):
    given = {"backbone": kind, "width": 4, "depth": 1, "heads": 2, "image_size": 16, "patch": 8}
    return image_backbone.Backbone(image_backbone.new_architecture(given))


def text():
    from transformers import BertModel

    model = BertModel(new_config(SHAPE), add_pooling_layer=False).eval()
    return model, BertEncoder("t", model, tokenizer(), {"weights": "w"}, 4)


def images(kind):
    model = backbone(kind).eval()
    return model, ImageEncoder(model, FRAME, Identity({"weights": "w"}), 4)


def towers(model):
    made = TwoTowerEncoder(model.eval(), tokenizer(), 8, FRAME, Identity({"weights": "w"}), 4)
    return model, made


MAKERS = {
    "bert": text,
    "resnet": lambda: images("resnet"),
    "vit": lambda: images("vit"),
    "towers": lambda: towers(TwoTowers(backbone(), TextTower(new_config(SHAPE)), 8)),
    "captioner": lambda: towers(captioning_model.Captioner(backbone(), DECODER)),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_nothing_that_was_learnt_is_left(kind):
    model, encoder = MAKERS[kind]()
    fresh = {name: tensor.float().std(correction=0) for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.fill_(1000)
    twin = encoder.random_twin(5)._model
    for name, tensor in twin.state_dict().items():
        if fresh[name] > 0 and tensor.numel() > 100:  # drawn, not set: as widely as before
            assert tensor.std() == pytest.approx(fresh[name], rel=0.5), name
        assert not (tensor == 1000).any(), name
    assert not twin.training
    assert all((tensor == 1000).all() for tensor in model.state_dict().values())


@pytest.mark.parametrize("kind", MAKERS)
def test_the_generator_of_everybody_is_left_alone(kind):
    _, encoder = MAKERS[kind]()
    before = torch.get_rng_state()
    encoder.random_twin(5)
    assert torch.equal(torch.get_rng_state(), before)


WORDS = [f"word{n}" for n in range(500)]


@pytest.mark.parametrize("buckets", [None, 300])
def test_a_twin_of_words_knows_the_same_words_by_numbers_of_the_same_spread(buckets):
    vectors = drawn((500, 8), 3.0, (1,))
    counts = np.arange(500, 0, -1)
    ngrams = None if buckets is None else drawn((buckets, 8), 3.0, (2,))
    component = np.eye(8, dtype=np.float32)[0]
    trained = WordVectors(WORDS, vectors, counts, ngrams)
    encoder = WordContextEncoder(trained, component, 1e-1, {"weights": "w"})
    twin = encoder.random_twin(5)
    inputs = [Input(Modality.TEXT, word) for word in WORDS]
    own, other = (one.encode(inputs, Role.DOCUMENT) for one in (encoder, twin))
    assert abs(np.corrcoef((own @ own.T).ravel(), (other @ other.T).ravel())[0, 1]) < 0.1
    # A rare word weighs as much beside a frequent one as it does in the encoder.
    assert np.std(twin._rows[1:]) == pytest.approx(np.std(encoder._rows[1:]), rel=0.1)
    unknown = [Input(Modality.TEXT, text) for text in ("qwzxkjv", "zzz yyy")]
    same = np.allclose(*twin.encode(unknown, Role.DOCUMENT), atol=1e-6)
    assert same is (buckets is None)


def test_an_absent_column_counts_as_zeros_for_a_twin_of_categories_too():
    vocabulary = Vocabulary({"hr": ("10", "7"), "day": ("Mon",)})
    tables = [drawn((size, 3), 2.0, (n,)) for n, size in enumerate(vocabulary.sizes())]
    for table in tables:
        table[0] = 0.0
    twin = CategoryEncoder(vocabulary, tables, "w").random_twin(5)
    asked = [{"hr": "7"}, {"hr": "7", "day": "Mon"}, {"hr": "8"}, {"hr": "7", "day": ""}]
    inputs = [Input(Modality.CATEGORIES, json.dumps(one)) for one in asked]
    one, both, unknown, empty = twin.encode(inputs, Role.DOCUMENT)
    assert not one[3:].any()
    assert np.array_equal(one, empty)
    assert both[3:].any()
    assert np.array_equal(one[:3], both[:3])
    assert not np.array_equal(one, unknown)


def test_a_twin_is_no_more_complete_than_its_encoder():
    twin = twin_identity(Identity({"weights": "w"}, ("prompts",)), 5)
    assert (dict(twin.parts), twin.missing) == ({"weights": "w", "random_twin": 5}, ("prompts",))
