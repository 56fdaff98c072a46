"""What is unfamiliar after a switch is told by queries in the new space, or nobody is told so."""

import vecstore
from vecstore import FieldValue, Record, ReembedQuery
from vecstore.reembedding import judging
from vecstore.reembeddings import ReembedState

WORDS = ("red", "green", "old", "new", "tall", "small", "warm")
QUERIES = [f"{one} {'abcdef'[n % 6] * (n % 5)} house" for n, one in enumerate(WORDS * 9)]
BEFORE = [f"house {'tall' * (n + 1)}" for n in range(55)]


def calibration(docs):
    found = docs.info().calibration
    return found.source, found.points


def test_by_the_queries_of_the_re_embedding(store, docs, settled, serving):
    docs.calibrate(BEFORE)
    moving = docs.reembedding()
    moving.start("letters@2", queries=[ReembedQuery(one) for one in QUERIES])
    status = settled(moving)
    assert status.state is ReembedState.READY
    assert "what is unfamiliar in letters@2 is told by the queries that were given" in (
        status.report.notes
    )
    assert calibration(docs) == ("supplied", 55)
    moving.switch()
    with serving(store) as address, vecstore.connect(address) as remote:
        for side in (docs, remote.collection("docs")):
            assert calibration(side) == ("supplied", len(set(QUERIES)))
            ordinary, strange = side.search("red house"), side.search("zzzzzzzzzz")
            assert (ordinary.unfamiliarity.flagged, strange.unfamiliarity.flagged) == (False, True)
    moving.rollback()
    assert calibration(docs) == ("supplied", 55)
    docs.calibrate(clear=True)
    moving.switch()
    assert calibration(docs) == ("supplied", len(set(QUERIES)))


def test_where_there_are_too_few_it_is_said(docs, settled):
    moving = docs.reembedding()
    moving.start("letters@2", queries=[ReembedQuery(one) for one in QUERIES[:49]])
    assert settled(moving).report.notes == ()
    moving.cancel()
    docs.calibrate(BEFORE)
    moving.start("letters@2", queries=[ReembedQuery(one) for one in [*QUERIES[:49], QUERIES[0]]])
    (note,) = settled(moving).report.notes
    assert "after the switch calibrate anew (vecstore collections calibrate docs FILE)" in note
    moving.switch()
    assert calibration(docs)[0] == ""
    assert docs.search("red house").unfamiliarity.flagged is None
    docs.calibrate(QUERIES)
    assert docs.search("zzzzzzzzzz").unfamiliarity.flagged is True


def test_while_another_field_moves(store, settled, monkeypatch):
    docs = store.create_collection("two", encoder="letters@1", fields={"title": "letters@1"})
    docs.upsert([Record(id="a", text="red house", fields={"title": FieldValue("old")})])
    title, moving, judge = docs.reembedding("title"), docs.reembedding(), judging.judge
    title.start("letters@2", switch="auto")
    assert settled(title).state is ReembedState.SWITCHED

    def judged(*arguments):
        report = judge(*arguments)
        title.finish()
        return report

    monkeypatch.setattr(judging, "judge", judged)
    moving.start("letters@2", queries=[ReembedQuery(one) for one in QUERIES])
    status = settled(moving)
    assert status.error == ""
    assert "what is unfamiliar in letters@2 is told by the queries" in status.report.notes[0]
