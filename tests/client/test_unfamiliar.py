"""What is strange to a collection, over the wire: the same answers and errors as embedded."""

import numpy as np
import pytest

import vecstore
from vecstore import Record
from vecstore.calibrations import Basis, Measure

WORDS = ("sofa", "ball", "sea", "tree", "moon", "road", "rain")


def texts(first, count):
    return [
        f"the {WORDS[n % 7]} and the {WORDS[n // 7 % 7]} number {n}"
        for n in range(first, first + count)
    ]


@pytest.fixture
def filled(docs):
    docs.upsert(
        Record(id=f"d{n:03d}", text=text, payload={"kind": "ab"[n % 2]})
        for n, text in enumerate(texts(0, 80))
    )
    return docs


@pytest.fixture
def here(filled, embedded):
    """The same collection, embedded."""
    return embedded.collection("docs")


def test_calibrated_there_and_asked_there(filled, here):
    calibration = filled.calibrate(texts(100, 60))
    assert calibration == here.info().calibration == filled.info().calibration
    assert (calibration.basis, calibration.points) == (Basis.QUERIES, 60)
    assert calibration.threshold > 0
    for query in (texts(30, 1)[0], "zyx qwv bnm hjk"):
        expected = here.search(query).unfamiliarity
        found = filled.search(query)
        assert found.unfamiliarity == expected
        assert found.encoder_evaluated is False
        bare = filled.search(query, include_payload=False, include_text=False)
        assert bare.unfamiliarity == expected
        (batched,) = filled.search_batch([query])
        assert batched.unfamiliarity == expected
    assert filled.search("zyx qwv bnm hjk").unfamiliarity.flagged is True
    assert filled.search(texts(30, 1)[0]).unfamiliarity.flagged is False


def test_by_vector_on_the_event_loop_as_in_a_thread(filled, here):
    filled.calibrate(texts(100, 60))
    query = vecstore.Vector(filled.space, np.ones(384, np.float32))
    options = {"include_payload": False, "include_text": False}
    answers = {filled.search(query, **options).unfamiliarity for _ in range(8)}
    assert answers == {here.search(query, **options).unfamiliarity}


def test_records_and_nothing(docs, filled):
    found = filled.search(texts(100, 1)[0]).unfamiliarity
    assert (found.basis, found.flagged) == (Basis.RECORDS, None)
    assert 0 <= found.percentile <= 100
    docs.delete([f"d{n:03d}" for n in range(70)])
    assert docs.search("sofa").unfamiliarity[1:] == (None, None, Basis.NONE)
    docs.delete([f"d{n:03d}" for n in range(80)])
    assert docs.search("sofa").unfamiliarity is None
    assert docs.info().calibration.note.startswith("not calibrated: 0 records")


def test_everything_that_can_be_said(filled, here):
    calibration = filled.calibrate(texts(100, 60), label_key="kind", gather=True)
    assert (calibration.measure, calibration.label_key) == (Measure.PROTOTYPES, "kind")
    assert calibration.gathers
    assert filled.calibrate(measure="mahalanobis").measure == Measure.MAHALANOBIS
    assert filled.calibrate(measure=Measure.NEAREST, gather=False) == here.info().calibration
    assert filled.calibrate(clear=True).basis == Basis.RECORDS


@pytest.mark.parametrize(
    ("queries", "options"),
    [
        (texts(0, 49), {}),
        (None, {"measure": "nearby"}),
        (None, {"measure": "prototypes"}),
        (None, {"label_key": "nobody"}),
        (None, {"label_key": ""}),
        ([*texts(0, 60), ""], {}),
        (
            [
                *texts(0, 60),
                vecstore.Vector(
                    vecstore.Space("other", "1", 384, "f" * 64), np.ones(384, np.float32)
                ),
            ],
            {},
        ),
        ([*texts(0, 60), vecstore.RecordReference("d001")], {}),
    ],
)
def test_refusals_are_those_of_the_embedded_store(filled, here, queries, options):
    before = here.info().calibration
    raised = []
    for collection in (filled, here):
        with pytest.raises(vecstore.VecstoreError) as caught:
            collection.calibrate(queries, **options)
        raised.append((caught.type, caught.value.message))
    assert raised[0] == raised[1]
    assert filled.info().calibration == before


def test_no_query_at_all_is_refused(filled):
    with pytest.raises(vecstore.InvalidArgument, match="0 queries"):
        filled.calibrate([])
