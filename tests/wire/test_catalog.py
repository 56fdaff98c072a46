from dataclasses import replace

import pytest

from vecstore.errors import InternalError
from vecstore.evaluations import DataSummary, Evaluation, Protocol, TaskCard
from vecstore.records import CollectionInfo, EncoderInfo, FieldInfo, Modality
from vecstore.spaces import Metric
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.wire.catalog import (
    collection_from_message,
    collection_to_message,
    encoder_from_message,
    encoder_to_message,
)


@pytest.mark.parametrize("indexed", [None, 0, 7])
@pytest.mark.parametrize("store_inputs", [True, False])
def test_collections_come_back(space, indexed, store_inputs):
    image = replace(space, model="other")
    info = CollectionInfo(
        *("docs", "model@1", space, Metric.L2, 9, store_inputs, "exact", indexed),
        fields=(
            FieldInfo("default", "model@1", space, "exact", indexed),
            FieldInfo("a", "other@1", image, "hnsw"),
        ),
    )
    raw = collection_to_message(info).SerializeToString()
    assert collection_from_message(collection_pb.Collection.FromString(raw)) == info


def test_a_collection_without_its_default_field_is_not_understood():
    with pytest.raises(InternalError, match="newer"):
        collection_from_message(collection_pb.Collection(name="docs"))


def test_encoders_come_back(space):
    info = EncoderInfo(
        name="model@1",
        loader="hashing",
        modalities=(Modality.TEXT, Modality.IMAGE, Modality.CATEGORIES),
        space=space,
        registered=True,
        accepted="",
        provenance="elsewhere",
        parts={"pooling": "mean", "prompts": {"query": None}, "dim": 4},
        runtime={"numpy": "2"},
        card=TaskCard("reading", {"name": "a book", "counts": {"words": 7}}, "its cover"),
        evaluations=(
            Evaluation(space, Protocol.PAIRS, DataSummary("p.csv", "d"), 1, {}, {}, id=3),
            Evaluation(space, Protocol.LABELS, DataSummary("l.csv", "e"), 2, {}, {}, id=4),
        ),
    )
    raw = encoder_to_message(info).SerializeToString()
    found = encoder_from_message(encoder_pb.Encoder.FromString(raw))
    assert found == info
    assert found.card is not None
    assert found.card.data == {"name": "a book", "counts": {"words": 7}}


def test_what_is_not_known_of_an_encoder_stays_unknown():
    info = EncoderInfo("model@1", "loader", ())
    assert encoder_from_message(encoder_to_message(info)) == info


def test_a_modality_of_the_future_is_left_out():
    message = encoder_pb.Encoder(name="m@1", modalities=[1, 77])
    assert encoder_from_message(message).modalities == (Modality.TEXT,)
