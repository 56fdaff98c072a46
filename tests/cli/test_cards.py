"""What `encoders show` says of a card, of what was measured, and of what never was."""

from dataclasses import replace

import pytest

from vecstore.cli.cards import card_fields, never_measured, only_on_training_data
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol, TaskCard
from vecstore.records import EncoderInfo, Modality
from vecstore.spaces import Space

SPACE = Space("m", "1", 4, "f" * 64)
BOTH = (Modality.TEXT, Modality.IMAGE)
TRAINED = {
    "kind": "text",
    "name": "train.csv",
    "digest": "d" * 64,
    "domain": "support tickets",
    "counts": {"texts": 12345},
    "started_from": ["a@1", "b@2"],
}


def judged(protocol="labels", name="test.csv", digest="e" * 64, modalities=None, transform=""):
    return Evaluation(
        space=Space("m", "1", 4, "f" * 64, transform),
        protocol=Protocol(protocol),
        data=DataSummary(name, digest, {"inputs": 4500, "classes": 150}),
        seed=0,
        settings={} if modalities is None else {"modalities": modalities},
        figures={
            "probe.linear@20": Figure(0.9),
            "probe.accuracy@5": Figure(0.5, 0.4, 0.6),
            "probe.accuracy@10": Figure(0.7, 0.65, 0.75),
            "clustering.v_measure": Figure(0.25),
            "health.hubness": Figure(1.0),
        },
        created_at="2024-05-06T07:08:09+00:00",
    )


def info(*evaluations, modalities=(Modality.TEXT,), data=None, card=True):
    said = TaskCard("reading", data or {}, "the manifest") if card else None
    return EncoderInfo("m@1", "l", modalities, SPACE, True, card=said, evaluations=evaluations)


def test_a_card_with_all_that_it_may_say():
    fields = card_fields(info(data=TRAINED))
    assert fields["trained for"] == "reading (says the manifest)"
    assert fields["trained on"] == (
        "train.csv (text, 12,345 texts, digest dddddddddddd); domain: support tickets; "
        "started from: a@1, b@2"
    )


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({}, "unknown"),
        ({"kind": "none"}, "nothing"),
        ({"datasets": ["snli", "nli"]}, "datasets: snli, nli"),
        ({"name": "a.csv"}, "a.csv"),
        ({"kind": "text", "counts": {"texts": 3}}, "(text, 3 texts)"),
        ({"counts": "many"}, ""),
    ],
    ids=str,
)
def test_a_card_that_says_less(data, shown):
    assert card_fields(info(data=data))["trained on"] == shown


def test_without_a_card_all_of_it_is_unknown():
    fields = card_fields(info(card=False))
    assert (fields["trained for"], fields["trained on"]) == ("unknown", "unknown")


def test_one_line_for_each_evaluation():
    fields = card_fields(info(judged(), judged("pairs", transform="truncate-2")))
    assert fields["measured on 1"] == (
        "2024-05-06 labels: test.csv (4,500 inputs, 150 classes, digest eeeeeeeeeeee): "
        "clustering.v_measure 0.250, probe.accuracy@10 0.700 (0.650 to 0.750)"
    )
    assert fields["measured on 2"].startswith("2024-05-06 pairs, after truncate-2: test.csv")
    assert "measured on" not in fields


def test_a_sample_is_called_one():
    sample = DataSummary("big.csv", "e" * 64, {"inputs": 10_000, "classes": 2, "of": 22_500})
    fields = card_fields(info(replace(judged(), data=sample)))
    assert "(10,000 inputs, 2 classes, a sample of 22,500, digest" in fields["measured on 1"]


def test_who_was_never_measured_is_told_how():
    fields = card_fields(info())
    assert fields["measured on"] == "nothing"
    assert "vecstore evaluate m@1" in fields["never measured"]


@pytest.mark.parametrize(
    ("evaluations", "modalities", "missing"),
    [
        ((), BOTH[:1], {"text": ["labels", "retrieval", "pairs"]}),
        ((judged(),), BOTH[:1], {"text": ["retrieval", "pairs"]}),
        ((judged(), judged("retrieval"), judged("pairs")), BOTH[:1], {}),
        # A transformed space is another one.
        (
            (judged(transform="truncate-2"),),
            BOTH[:1],
            {"text": ["labels", "retrieval", "pairs"]},
        ),
        (
            (judged(modalities=["image"]), judged("retrieval", modalities=["text", "image"])),
            BOTH,
            {"text": ["labels", "pairs"], "image": ["pairs"]},
        ),
        # Of stored vectors it may not be known what they were made of.
        (
            (judged(),),
            BOTH,
            {
                "text": ["labels", "retrieval", "pairs"],
                "image": ["labels", "retrieval", "pairs"],
            },
        ),
        ((judged(),), (), {"vectors": ["retrieval", "pairs"]}),
    ],
)
def test_what_is_missing_for_each_modality(evaluations, modalities, missing):
    about = info(*evaluations, modalities=modalities)
    assert never_measured(about) == missing
    if evaluations:
        told = card_fields(about).get("never measured", "")
        assert all(name in told for name in missing)
        assert bool(told) == bool(missing)


SAME_NAME = judged(name="train.csv")
SAME_DIGEST = judged(name="copy.csv", digest="d" * 64)
OTHER = judged()
UNNAMED = {**TRAINED, "name": "data given by Python"}


@pytest.mark.parametrize(
    ("evaluations", "data", "answer"),
    [
        ((), TRAINED, None),
        ((OTHER,), {}, None),
        ((SAME_NAME,), TRAINED, True),
        ((SAME_DIGEST, SAME_NAME), TRAINED, True),
        ((SAME_NAME, OTHER), TRAINED, False),
        ((OTHER,), TRAINED, False),
        ((SAME_DIGEST,), UNNAMED, True),
        ((OTHER,), UNNAMED, None),
        ((judged(name="data given by Python"),), UNNAMED, None),
        ((OTHER,), {"digest": "d" * 64}, None),
    ],
)
def test_whether_it_was_judged_on_its_training_data_alone(evaluations, data, answer):
    about = info(*evaluations, data=data)
    assert only_on_training_data(about) is answer
    told = card_fields(about)["never measured"]
    assert ("other data than its training data" in told) is (answer is True)
