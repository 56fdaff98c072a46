"""Both spaces of a field judged beside each other."""

import json
import random
import threading
from dataclasses import replace

import numpy as np
import pytest

import vecstore
from vecstore import Record
from vecstore.errors import InvalidArgument, InvalidInput, ModelDrift, ReembedBlocked, StorageError
from vecstore.evaluation.retrieval import retrieve
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol
from vecstore.hits import bare_hit
from vecstore.reembedding.judging import judge
from vecstore.reembedding.queries import require_relevant
from vecstore.reembedding.report import write_reembed_page
from vecstore.reembedding.retrieving import found_by
from vecstore.reembeddings import (
    ReembedOptions,
    ReembedQuery,
    ReembedState,
    ReembedStatus,
)
from vecstore.registry import Registry
from vecstore.spaces import Identity
from vecstore.specs import Encoder
from vecstore.storage.catalog import NewFieldRow
from vecstore.storage.reembeddings import add_reembedding, change_reembedding
from vecstore.storage.staging import add_beside

both = pytest.mark.parametrize("sight", ["sqlite", "postgresql"], indirect=True)
NDCG = "retrieval.ndcg@10"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DRAWN = random.Random(0)
TEXTS = {f"r{n:02}": "".join(_DRAWN.choices(LETTERS, k=7)) for n in range(40)}


class Sighted(Encoder):
    """Counts letters; the blind one, which refuses "refuse me", only three letters."""

    dim = 26
    modalities = frozenset({vecstore.Modality.TEXT})

    def __init__(self, source, _options):
        self._blind = source == "blind"

    def identity(self):
        return Identity({"blind": self._blind})

    def encode(self, inputs, role):
        found = np.full((len(inputs), 26), 0.01, np.float32)
        for row, one in zip(found, inputs, strict=True):
            if self._blind and "refuse me" in one.data:
                message = f"{one.data!r} is refused"
                raise InvalidInput(message)
            for letter in one.data:
                if letter in LETTERS and (letter in "aeo" or not self._blind):
                    row[LETTERS.index(letter)] += 1
        return found


class _Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        named = [("1", "blind"), ("2", "sighted")]
        ready = tuple(vecstore.ReadyRelease("sight", *one) for one in named)
        kinds = (vecstore.Modality.TEXT,)
        return [vecstore.EncoderSpec("sight", "for tests", kinds, Sighted, ready=ready)]


@pytest.fixture
def sight(request, tmp_path):
    """A store with 40 texts in sight@1, and in sight@2 beside it; on SQLite if not told."""
    on = getattr(request, "param", "sqlite")
    database = request.getfixturevalue("postgres_url") if on == "postgresql" else None
    registry = Registry.load(
        vecstore.Settings(), plugins=[("tests", _Plugin())], entry_points=False
    )
    with vecstore.open(tmp_path / "data", database=database, registry=registry) as store:
        store.create_collection("docs", encoder="sight@1")
        new = NewFieldRow("default", store.models.resolve("sight@2").space, "hnsw")
        row = store.row("docs")
        store.write(lambda connection: add_beside(connection, row, new)[0], store.names.forget)
        records = [Record(id=one, text=text) for one, text in TEXTS.items()]
        store.collection("docs").upsert(records)
        yield store


def known_items():
    """Each record, asked for by its text backwards."""
    return tuple(ReembedQuery(text[::-1], {one: 1.0}) for one, text in TEXTS.items())


def begun(store, queries=(), gates=()):
    """The re-embedding of what is there, on record."""
    row = store.row("docs")
    options = ReembedOptions(gates=tuple(gates))
    return store.write(
        lambda connection: add_reembedding(
            connection, row.field("default"), row.other("default"), row, options, queries
        ),
        lambda _: None,
    )


def kept(store, row, report):
    """A report as it comes back from its record."""
    states = list(ReembedState)
    store.write(
        lambda connection: change_reembedding(connection, row.id, states, report=report),
        lambda _: None,
    )
    return store.reembeddings.records.get(row.id).report


def by_hand(store, encoder):
    """The figures of exact searches."""
    held = store.encode(encoder, list(TEXTS.values()))
    asked = store.encode(encoder, [one.text for one in known_items()], role="query")
    asked, held = (np.stack([one.values for one in side]) for side in (asked, held))
    return retrieve(asked, held, [{row: 1.0} for row in range(len(TEXTS))])


@both
def test_figures_of_both_sides_are_those_of_exact_searches(sight):
    gates = (f"{NDCG}>=live", "retrieval.recall@1>=0.95", "retrieval.mrr<live")
    row = begun(sight, known_items(), gates)
    report = judge(sight, row)
    truth = {one: by_hand(sight, one) for one in ("sight@1", "sight@2")}
    assert set(report.figures) == set(truth["sight@1"])
    for name, (live, new) in report.figures.items():
        assert new == pytest.approx(truth["sight@2"][name].value), name
        # Where vectors tell nothing apart, the order is drawn.
        assert live == pytest.approx(truth["sight@1"][name].value, abs=0.15), name
        assert live < new
        low, high = report.intervals[name][0]
        assert low < live < high
        assert report.differences[name][0] == pytest.approx(new - live)
        assert report.differences[name][1] > 0
    assert [one[:2] for one in report.verdicts] == list(
        zip(gates, (True, True, False), strict=True)
    )
    assert not report.passed
    assert 0 < report.overlap < 1
    assert [one.query for one in report.examples] == [one.text for one in known_items()[:5]]
    assert report.examples[0].target[0][0] == "r00"
    assert len(report.examples[0].source) == 5
    assert report.notes == ()
    assert kept(sight, row, report) == report


def test_the_equally_near_stand_in_an_order_that_is_drawn():
    hits = [bare_hit("wanted", 0.5, 0.5), bare_hit("another", 0.5 + 1e-9, 0.5)]
    queries = [ReembedQuery("", {"wanted": 1.0})] * 200
    figures, differences = found_by(queries, [hits] * 200, [hits[:1]] * 200)
    live, new = figures["retrieval.recall@1"]
    assert live.low < 0.5 < live.high
    assert new.value == 1.0
    assert differences["retrieval.recall@1"].value == 1.0 - live.value
    assert found_by(queries, None, [[]] * 200)[0]["retrieval.mrr"] == (None, Figure(0.0, 0.0, 0.0))


def test_without_queries_stored_texts_are_asked_and_nothing_is_said_of_retrieval(sight):
    report = judge(sight, begun(sight))
    assert report.figures == {}
    assert len(report.examples) == 5
    for one in report.examples:
        assert TEXTS[one.target[0][0]] == one.query
    assert report.verdicts == ()


def test_nothing_is_asked_any_more_where_nobody_waits(sight, monkeypatch):
    row = begun(sight, known_items())
    monkeypatch.setattr("vecstore.reembedding.judging.Side.answers", None)
    stopped = threading.Event()
    stopped.set()
    assert judge(sight, row, stopped).examples == ()


@both
def test_records_that_are_gone_are_asked_for_no_more(sight):
    queries = (*known_items(), ReembedQuery("zz", {"r00": 1.0, "r01": 2.0}))
    row = begun(sight, queries, [f"{NDCG}>=live"])
    sight.collection("docs").delete(["r00"])
    report = judge(sight, row)
    assert report.notes == (
        "1 of 41 queries were left out: all records that answer them were deleted since",
    )
    assert report.figures["retrieval.recall@10"][1] > 0.9
    sight.collection("docs").delete(list(TEXTS))
    report = judge(sight, row)
    ((_, held, seen),) = report.verdicts
    assert not held
    assert "were deleted" in seen
    assert (report.overlap, report.figures) == (None, {})
    sight.delete_collection("docs")
    assert judge(sight, row).figures == {}


def test_a_record_that_is_not_in_the_new_space_counts_against_it(sight):
    row = begun(sight, known_items())
    before = judge(sight, row).figures["retrieval.recall@10"]
    field = sight.row("docs").other("default")
    index = sight.index(sight.row("docs"), field)
    ids = sight.reader.entries(field, ["r03"])
    from vecstore.storage.writes import delete_entries

    sight.write(lambda connection: delete_entries(connection, field.id, ["r03"]), lambda _: None)
    index._die([ids["r03"].label])
    after = judge(sight, row).figures["retrieval.recall@10"]
    assert after[1] == pytest.approx(before[1] - 1 / 40)
    assert after[0] == before[0]


def test_a_query_that_an_encoder_refuses_finds_nothing_there(sight):
    queries = (ReembedQuery("refuse me " + 9 * TEXTS["r03"], {"r03": 1.0}), *known_items()[4:6])
    report = judge(sight, begun(sight, queries))
    assert report.examples[0].source == ()
    assert report.examples[0].target[0][0] == "r03"
    assert len(report.examples[1].source) == 5
    assert report.figures["retrieval.recall@10"][0] <= 2 / 3


def test_a_live_encoder_that_is_of_no_use_leaves_its_side_out(sight, monkeypatch):
    loaded = sight.models.load

    asked = []

    def load(release):
        asked.append(release.name)
        if release.name == "sight@1":
            message = "sight@1 has drifted"
            raise ModelDrift(message)
        return loaded(release)

    row = begun(sight, known_items(), [f"{NDCG}>=live", f"{NDCG}>=0.5"])
    monkeypatch.setattr(sight.models, "load", load)
    report = judge(sight, row)
    assert [one[1] for one in report.verdicts] == [False, True]
    assert "sight@1 has drifted" in report.verdicts[0][2]
    assert report.notes == ("the live space could not be asked: sight@1 has drifted",)
    assert report.figures[NDCG][0] is None
    assert report.overlap is not None
    assert report.examples[0].source == ()
    assert asked.count("sight@1") == 1

    def lost(release):
        if release.name == "sight@1":
            message = "the database is gone"
            raise StorageError(message)
        return loaded(release)

    monkeypatch.setattr(sight.models, "load", lost)
    with pytest.raises(StorageError):
        judge(sight, row)


def test_relevant_records_that_are_not_there_are_named(sight):
    live = sight.row("docs").field("default")
    require_relevant(sight.reader, live, known_items())
    strangers = {f"s{n:02}": 1.0 for n in range(12)}
    with pytest.raises(InvalidInput) as caught:
        require_relevant(sight.reader, live, [ReembedQuery("x", {"r01": 1.0, **strangers})])
    assert "'s00', 's01'" in caught.value.message
    assert "'s09' and 2 more" in caught.value.message
    assert "r01" not in caught.value.message


def evaluation(space, seed=0, digest="d1", draws=5, numpy="1", **figures):
    named = {name.replace("__", ".").replace("_at_", "@"): one for name, one in figures.items()}
    return Evaluation(
        space=space,
        protocol=Protocol.LABELS,
        data=DataSummary("questions", digest),
        seed=seed,
        settings={"draws": draws, "versions": {"numpy": numpy}},
        figures={name: Figure(value, value - 0.1, value + 0.1) for name, value in named.items()},
    )


@both
def test_evaluations_on_record_stand_beside_each_other_where_they_are_alike(sight):
    gates = ["probe.accuracy@10>=live", "probe.linear@10>=0.5", "pairs.spearman>=live"]
    row = begun(sight, (), gates)
    add = sight.evaluations.add
    add(evaluation(row.source, probe__accuracy_at_10=0.4, probe__linear_at_10=0.9))
    add(evaluation(row.target, probe__accuracy_at_10=0.5, digest="d2", probe__linear_at_10=0.6))
    report = judge(sight, row)
    # On different data, so the new space's stands alone.
    assert report.figures["probe.accuracy@10"] == (None, 0.5)
    held, seen = zip(*(one[1:] for one in report.verdicts), strict=True)
    assert held == (False, True, False)
    assert "vecstore evaluate sight@1 sight@2 --labelled DATA" in seen[0]
    assert "vecstore reembed resume docs --judge-again" in seen[0]
    assert "--pairs FILE" in seen[2]
    for unlike in ({"seed": 1}, {"draws": 6}, {"digest": "d3"}):
        add(evaluation(row.target, probe__accuracy_at_10=0.7, **unlike))
    assert judge(sight, row).figures["probe.accuracy@10"] == (None, 0.7)
    add(evaluation(row.target, probe__accuracy_at_10=0.6, retrieval__mrr=0.3, numpy="2"))
    add(evaluation(replace(row.target, transform="t"), probe__accuracy_at_10=0.1))
    report = judge(sight, row)
    assert report.figures["probe.accuracy@10"] == (0.4, 0.6)
    assert report.intervals["probe.accuracy@10"][1] == pytest.approx((0.5, 0.7))
    assert report.verdicts[0][1]
    assert report.figures["retrieval.mrr"] == (None, 0.3)
    # The user's own queries say more.
    own = judge(sight, begun(sight, known_items()))
    assert own.figures["retrieval.mrr"][0] is not None


def test_a_page_shows_both_sides_and_believes_nobody(sight, tmp_path):
    queries = (ReembedQuery("<script>\u202e" + "long " * 99, {}), *known_items())
    row = begun(sight, queries, [f"{NDCG}>=live", f"{NDCG}>=2"])
    status = ReembedStatus("1", "docs", "default", row.source, row.target, ReembedState.BELOW_GATE)
    page = tmp_path / "page.html"
    with pytest.raises(InvalidArgument, match="has not been judged"):
        write_reembed_page(page, status)
    assert not page.exists()
    write_reembed_page(page, replace(status, report=judge(sight, row), blocked=("it <blocks>",)))
    text = page.read_text()
    for part in (
        "sight@1",
        "sight@2",
        "nDCG@10",
        "r00",
        "it &lt;blocks&gt;",
        "&lt;script&gt;",
        "✗",
    ):
        assert part in text, part
    for part in ("<script>", "\u202e", "http:", "https:"):
        assert part not in text


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_from_a_start_that_is_refused_to_a_gate_that_does_not_hold(store, docs, settled, tmp_path):
    moving = docs.reembedding()
    asked = [{"query": "red green house", "relevant": ["r08"]}, {"query": "old", "relevant": []}]
    file = tmp_path / "queries.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in asked))
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    gate = [f"{NDCG}>=live"]
    for queries, gates, part in (
        (None, gate, "--queries"),
        ([ReembedQuery("red")], gate, "--queries"),
        ([ReembedQuery("red", {"r99": 1.0})], gate, "'r99'"),
        (file, ["overlap>=0.5"], "neighbours"),
        (empty, [], "empty.jsonl' holds no query; give lines such as"),
    ):
        with pytest.raises(InvalidArgument, match=part):
            moving.start("letters@2", gates=gates, queries=queries)
    assert store.row("docs").beside == ()
    assert store.reembeddings.records.all() == []
    moving.start("letters@2", gates=gate, queries=file)
    status = settled(moving)
    assert status.state is ReembedState.READY
    assert status.report.figures[NDCG][0] == status.report.figures[NDCG][1] > 0
    assert [one.query for one in status.report.examples] == ["red green house", "old"]
    moving.resume(gates=[f"{NDCG}>live"])
    status = settled(moving)
    assert status.state is ReembedState.BELOW_GATE
    assert status.blocked[0].startswith(f"the gate {NDCG}>live does not hold: {NDCG} is")
    with pytest.raises(ReembedBlocked, match="does not hold"):
        moving.switch()
