"""Hits packed by hand are what protobuf writes, byte for byte."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from vecstore.calibrations import Basis, Unfamiliarity
from vecstore.hits import Hits, bare_hit
from vecstore.spaces import Space
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.queries import hits_to_message
from vecstore.wire.quick_hits import hits_to_bytes, rest_to_bytes, space_to_bytes

SPACE = Space("model", "1", 4, "ab" * 32, "pca:4")

distances = st.floats(allow_nan=False, width=32) | st.sampled_from([0.0, -0.0, 1.0, 1e-300])
ids = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
strange = st.none() | st.builds(
    Unfamiliarity,
    st.floats(allow_nan=False),
    st.none() | st.floats(0.0, 100.0),
    st.none() | st.booleans(),
    st.sampled_from(Basis),
)


@given(st.lists(st.tuples(distances, ids, st.integers(0, 9)), max_size=12), st.booleans())
@example([(0.5, "a" * 108, 1), (0.5, "a" * 109, 2), (0.5, "a" * 127, 3), (0.5, "a" * 128, 4)], True)
@example([(0.0, "", 0), (-0.0, "ä" * 64, 1), (1.0, "c", 2)], False)
def test_hits(found, squared):
    hits = [bare_hit(id_, d, -d if squared else 1.0 - d) for d, id_, _ in found]
    expected = pb.SearchResponse()
    for hit in hits:
        expected.hits.add(id=hit.id, distance=hit.distance, score=hit.score)
    assert hits_to_bytes(found, squared=squared) == expected.SerializeToString()


@given(strange, st.booleans())
def test_a_whole_answer(strange, evaluated):
    found = [(0.25, "a", 1), (0.0, "b", 2)]
    hits = [bare_hit(id_, distance, 1.0 - distance) for distance, id_, _ in found]
    packed = hits_to_bytes(found, squared=False) + space_to_bytes(SPACE)
    packed += rest_to_bytes(strange, evaluated)
    message = hits_to_message(Hits(hits, SPACE, strange, evaluated))
    assert packed == message.SerializeToString()
