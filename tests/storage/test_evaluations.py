"""Evaluations on record: what goes in comes out, and only the very space counts as judged."""

from dataclasses import replace

import pytest

from vecstore.errors import NotFound, StorageError
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol
from vecstore.spaces import Space
from vecstore.storage import evaluations as module
from vecstore.storage import schema, tables
from vecstore.storage.evaluations import Evaluations

SPACE = Space("small", "1", 6, "f" * 64)
JUDGED = Evaluation(
    space=SPACE,
    protocol=Protocol.LABELS,
    data=DataSummary("intents.json", "d" * 64, {"inputs": 4500, "classes": 150}),
    seed=2**40,
    settings={"shots": [5, 10], "draws": 5},
    figures={
        "clustering.v_measure": Figure(0.5),
        "probe.accuracy@10": Figure(0.7, 0.65, 0.75),
    },
    baselines={"TF-IDF": {"clustering.v_measure": Figure(0.25)}},
)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    if request.param == "sqlite":
        url = schema.sqlite_url(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
    engine = schema.connect(url)
    schema.prepare(engine, "upgrade")
    yield engine
    engine.dispose()


@pytest.fixture
def evaluations(engine):
    return Evaluations(engine)


def same(a, b):
    """Equal, the values that are not compared by == included."""
    return a == b and all(getattr(a, n) == getattr(b, n) for n in Evaluation.__dataclass_fields__)


def test_what_goes_in_comes_out(evaluations):
    added = evaluations.add(JUDGED)
    assert added.id > 0
    assert added.created_at.endswith("+00:00")
    assert same(replace(added, id=0, created_at=""), JUDGED)
    assert same(evaluations.get(added.id), added)


def test_a_time_that_is_given_is_kept(evaluations):
    added = evaluations.add(replace(JUDGED, created_at="2024-05-06T07:08:09+00:00"))
    assert evaluations.get(added.id).created_at == "2024-05-06T07:08:09+00:00"


@pytest.mark.parametrize("number", [0, -1, 99, 2**63, 2**64 - 1])
def test_an_unknown_id_is_named(evaluations, number):
    evaluations.add(JUDGED)
    with pytest.raises(NotFound, match=f"no evaluation {number};"):
        evaluations.get(number)


def test_those_of_a_release_come_oldest_first_with_its_transformed_spaces(evaluations):
    first = evaluations.add(JUDGED)
    cut = evaluations.add(replace(JUDGED, space=replace(SPACE, dim=3, transform="truncate-3")))
    evaluations.add(replace(JUDGED, space=replace(SPACE, version="2")))
    assert [one.id for one in evaluations.of("small", "1")] == [first.id, cut.id]
    assert evaluations.of("small", "1")[1].space.transform == "truncate-3"


def test_the_newest_come_first(evaluations):
    spaces = (SPACE, replace(SPACE, version="2"), Space("other", "1", 6, "a" * 64))
    one, two, other, again = (
        evaluations.add(replace(JUDGED, space=space)).id for space in (*spaces, SPACE)
    )

    def ids(count=10, **which):
        return [found.id for found in evaluations.newest(count, **which)]

    assert ids() == [again, other, two, one]
    assert ids(2) == [again, other]
    assert ids(before=other) == [two, one]
    assert ids(model="small") == [again, two, one]
    assert ids(model="small", version="1") == [again, one]
    assert ids(model="small", version="1", before=again) == [one]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"version": "2"},
        {"transform": "truncate-3"},
        {"dim": 3},
        {"fingerprint": "a" * 64},
    ],
)
def test_only_the_very_space_counts_as_judged(evaluations, change):
    assert not evaluations.evaluated(SPACE)
    evaluations.add(JUDGED)
    assert evaluations.evaluated(SPACE)
    assert not evaluations.evaluated(replace(SPACE, **change))


def test_what_another_process_judged_is_seen_after_a_moment(engine, evaluations, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    assert not evaluations.evaluated(SPACE)
    Evaluations(engine).add(JUDGED)
    now[0] += 60
    assert evaluations.evaluated(SPACE)


def test_searches_need_not_ask_the_database_each_time(evaluations, monkeypatch):
    monkeypatch.setattr(module.time, "monotonic", lambda: 100.0)
    other = replace(SPACE, version="2")
    evaluations.add(JUDGED)
    answers = [evaluations.evaluated(SPACE), evaluations.evaluated(other)]
    monkeypatch.setattr(evaluations, "_engine", None)
    assert [evaluations.evaluated(SPACE), evaluations.evaluated(other)] == answers == [True, False]


@pytest.mark.parametrize(
    ("column", "damage"),
    [
        ("figures", "{bro"),
        ("figures", "[]"),
        ("figures", '{"a": [1, 2, 3, 4]}'),
        ("baselines", "[]"),
        ("settings", "[1]"),
        ("data_counts", "5"),
        ("protocol", "guessing"),
    ],
)
def test_a_damaged_evaluation_is_told_of(engine, evaluations, column, damage):
    number = evaluations.add(JUDGED).id
    with schema.writing(engine).begin() as connection:
        connection.execute(tables.evaluations.update().values({column: damage}))
    for read in (lambda: evaluations.get(number), lambda: evaluations.of("small", "1")):
        with pytest.raises(StorageError, match=f"evaluation {number} on record"):
            read()


def test_a_release_is_shown_with_the_newest_the_oldest_first(evaluations, monkeypatch):
    monkeypatch.setattr(module, "_SHOWN", 2)
    ids = [evaluations.add(JUDGED).id for _ in range(5)]
    assert [one.id for one in evaluations.of("small", "1")] == ids[3:]


def test_data_with_a_name_that_is_no_text_is_recorded(evaluations):
    judged = replace(JUDGED, data=DataSummary("\udcff.csv", "d" * 64))
    assert evaluations.get(evaluations.add(judged).id).data.name == "?.csv"
