"""The contract, what refuses a training, and where one starts."""

import random

import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.pretext import masked_tokens
from vecstore.pretext.next_sentence import SPEC
from vecstore.tasks import TextData
from vecstore.testing import PretextContract

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

SHAPE = {"vocabulary": 100, "hidden_size": 16, "layers": 1, "heads": 2, "max_length": 43}
TRAINING = {"batch_size": 32, "learning_rate": 0.01, "precision": "float32", "evaluations": 4}
LITTLE = {**SHAPE, **TRAINING, "segment_tokens": 10, "epochs": 4.0, "validation": 0.2}


@pytest.fixture(scope="module")
def documents(topics):
    """30 documents of six sentences, each document of one topic."""
    rng = random.Random(3)
    return [
        [" ".join(rng.choices(topics[n % 2], k=9)).capitalize() + "." for _ in range(6)]
        for n in range(30)
    ]


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data(documents):
    return documents


class TestNextSentence(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture
def fit(plain_run, documents):
    def fit(data=documents, *, starts=(), **options):
        run = plain_run(SPEC, options={**LITTLE, **options}, starts=starts)
        return SPEC.fit(TextData(data, "0" * 64), run)

    return fit


@pytest.mark.parametrize("pair_head", ["pooled", "cls"])
def test_both_heads_learn(fit, pair_head):
    result = fit(pair_head=pair_head, epochs=6.0)
    first, *_, last = [point.validation for point in result.curve]
    assert last < first
    assert set(result.metrics) == {"loss", "next_accuracy", "masked_top1"}


def test_held_out_documents_are_not_trained_on(documents):
    from vecstore.pretext.next_training import split_documents

    train, held_out = split_documents(documents, 0.2, seed=7)
    assert (len(train), len(held_out)) == (24, 6)
    assert sorted(map(id, [*train, *held_out])) == sorted(map(id, documents))
    assert split_documents(documents, 0.2, seed=8)[1] != held_out
    assert split_documents(documents, 0.0, seed=7) == (documents, [])
    assert [len(part) for part in split_documents(documents[:4], 0.01, seed=7)] == [2, 2]


def test_it_starts_from_masked_tokens(plain_run, documents, fit, as_artifact, tmp_path):
    settings = {**SHAPE, **TRAINING, "validation": 0.1, "epochs": 6.0}
    run = plain_run(masked_tokens.SPEC, options=settings, folder=tmp_path / "masked")
    start = as_artifact(
        masked_tokens.SPEC.fit(TextData(documents, "0" * 64), run), tmp_path / "start"
    )
    started = fit(starts=[start], epochs=1.0)
    as_artifact(started, tmp_path / "started")
    tokenizers = [(tmp_path / name / "tokenizer.json").read_text() for name in ("start", "started")]
    assert tokenizers[0] == tokenizers[1]
    with pytest.raises(InvalidArgument, match=r"set layers=1 \(it is 2\)"):
        fit(starts=[start], layers=2)


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (1, {}, "at least 2 documents, and there is 1: .*blank line"),
        (1, {"validation": 0.0}, "at least 2 documents"),
        (3, {}, "there are 3 documents.*set validation to 0"),
    ],
)
def test_too_few_documents_are_refused(fit, documents, count, options, message):
    with pytest.raises(InvalidInput, match=message):
        fit(documents[:count], **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pair_head": "both"}, "'both'; set it to pooled or cls"),
        ({"segment_tokens": 30}, "segment_tokens is 30 and max_length is 43"),
        ({"segment_tokens": -1}, "segment_tokens is -1"),
    ],
)
def test_options_of_no_meaning_are_refused(fit, options, message):
    with pytest.raises(InvalidArgument, match=message):
        fit(**options)
