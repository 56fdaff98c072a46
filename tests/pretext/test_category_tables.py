"""The encoder: tables and a vocabulary, no torch."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from vecstore.encoders.canary import canary_inputs, canary_vectors
from vecstore.errors import ArtifactDamaged, InvalidInput
from vecstore.pretext import categories
from vecstore.pretext.category_tables import TABLES, VOCABULARY, load, write
from vecstore.pretext.category_vocabulary import Vocabulary
from vecstore.records import Input, Modality, Role
from vecstore.tasks import Trained
from vecstore.testing import EncoderContract

VALUES = Vocabulary({"hr": ("10", "7"), "day": ("Mon",), "sky": ()})


def tables():
    rng = np.random.default_rng(3)
    found = [
        rng.normal(size=(size, dim)) for size, dim in zip(VALUES.sizes(), (3, 2, 1), strict=True)
    ]
    for table in found:
        table[0] = 0.0
    return [table.astype(np.float32) for table in found]


@pytest.fixture
def artifact(as_artifact, tmp_path):
    """Of these values, or of others."""

    def make(name="a", vocabulary=VALUES, numbers=None):
        numbers = tables() if numbers is None else numbers
        trained = Trained(
            write=lambda folder: write(folder, vocabulary, numbers),
            encoder={},
            metrics={},
            curve=(),
            sizes={},
        )
        return as_artifact(trained, tmp_path / name, "categories")

    return make


@pytest.fixture
def encoder(artifact):
    return load(artifact())


@pytest.fixture
def reload(artifact):
    return lambda: load(artifact("again"))


def encode(encoder, *values):
    inputs = [Input(Modality.CATEGORIES, json.dumps(one)) for one in values]
    return encoder.encode(inputs, Role.QUERY)


class TestContract(EncoderContract):
    pass


def test_a_row_is_its_values_one_after_the_other(encoder):
    hr, day, sky = tables()
    assert encoder.dim == 6
    found = encode(encoder, {"day": "Mon", "hr": "7", "sky": "blue"})[0]
    assert found.tolist() == [*hr[3], *day[2], *sky[1]]


def test_an_absent_column_is_zeros_and_a_new_value_is_unknown(encoder):
    hr, day, _ = tables()
    found = encode(encoder, {"hr": "10"}, {"hr": "8"}, {"hr": "9", "day": "Mon"})
    assert found.tolist() == [
        [*hr[2], 0, 0, 0],
        [*hr[1], 0, 0, 0],
        [*hr[1], *day[2], 0],
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hour": "7"}, "no column 'hour'; the columns of this encoder are: 'hr', 'day', 'sky'"),
        ({"hr": "7", "x" * 500: "7"}, "the columns of this encoder are: 'hr', 'day', 'sky'"),
        ({}, "no column is given; the columns of this encoder are: 'hr', 'day', 'sky'"),
    ],
)
def test_columns_that_are_not_there(encoder, values, words):
    with pytest.raises(InvalidInput) as caught:
        encode(encoder, {"hr": "7"}, values)
    assert words in caught.value.message
    assert len(caught.value.message) < 300


def test_canaries_know_the_unknown_and_the_partial(encoder):
    texts = [json.loads(one.data) for one in canary_inputs(encoder)]
    assert texts == [
        {"day": "Mon", "hr": "10"},
        {"day": "Mon", "hr": "7"},
        {"day": "?", "hr": "?", "sky": "?"},
        {"hr": "10"},
        {"day": "Mon"},
    ]
    assert np.linalg.norm(canary_vectors(encoder), axis=1).all()


def test_an_unknown_value_of_the_canaries_is_unknown(artifact):
    odd = Vocabulary({"a": ("?", "??")})
    made = load(artifact("odd", odd, [np.eye(4, 2, dtype=np.float32)]))
    assert '{"a":"???"}' in [one.data for one in canary_inputs(made)]


def test_every_part_of_the_identity_counts(encoder, artifact):
    other = tables()
    other[1][2, 0] += 1e-3
    renamed = Vocabulary({"hr": ("10", "7"), "date": ("Mon",), "sky": ()})
    swapped = Vocabulary({"hr": ("7", "10"), "day": ("Mon",), "sky": ()})
    found = [
        encoder,
        load(artifact("numbers", VALUES, other)),
        load(artifact("renamed", renamed)),
        load(artifact("swapped", swapped)),
    ]
    assert len({one.identity().fingerprint for one in found}) == 4
    assert not encoder.identity().missing


def test_tables_that_do_not_go_with_the_vocabulary(artifact):
    for number, spoil in enumerate((_shorter, _renamed, _doubles, _no_list, _empty)):
        damaged = artifact(f"damaged{number}")
        spoil(damaged.folder)
        with pytest.raises(ArtifactDamaged, match="do not go together"):
            load(damaged)


def _changed_tables(folder, change):
    found = load_file(folder / TABLES)
    save_file(dict(change(name, table) for name, table in found.items()), folder / TABLES)


def _shorter(folder):
    _changed_tables(folder, lambda name, table: (name, table[:-1].copy()))


def _renamed(folder):
    _changed_tables(folder, lambda name, table: (f"x{name}", table))


def _doubles(folder):
    _changed_tables(folder, lambda name, table: (name, table.astype(np.float64)))


def _no_list(folder):
    (folder / VOCABULARY).write_text("7")


def _empty(folder):
    (folder / VOCABULARY).write_text("[]")


def test_neither_the_spec_nor_the_encoder_needs_torch(artifact):
    made = artifact()
    code = (
        "import sys; from pathlib import Path; from types import SimpleNamespace\n"
        "from vecstore.pretext.categories import SPEC\n"
        "from vecstore.records import Input, Modality, Role\n"
        "heavy = {'torch', 'transformers', 'safetensors'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "folder = Path(sys.argv[1])\n"
        "artifact = SimpleNamespace(file=lambda name: folder / name)\n"
        "encoder = SPEC.load(artifact, {})\n"
        'encoder.encode([Input(Modality.CATEGORIES, \'{"hr":"7"}\')], Role.QUERY)\n'
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(made.folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_task_is_a_light_description():
    assert categories.SPEC.name == "categories"
    assert categories.SPEC.modalities == (Modality.CATEGORIES,)
