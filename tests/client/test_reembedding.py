"""A field moves to another space by either client, as it does embedded."""

import inspect
import json
import threading
import time

import numpy as np
import pytest

import vecstore
from vecstore import Record, ReembedQuery, ReembedState, paging
from vecstore.records import Modality
from vecstore.reembedding import refused
from vecstore.registry import Registry
from vecstore.spaces import Identity
from vecstore.specs import Encoder
from vecstore.storage import beside

SETTINGS = vecstore.Settings()
GATE = threading.Event()


class Letters(Encoder):
    """Counts letters, from a place of the version's own; the second waits, and refuses "bad"."""

    dim = 26
    modalities = frozenset({Modality.TEXT})

    def __init__(self, source, _options):
        self._source = source

    def identity(self):
        return Identity({"letters": self._source})

    def encode(self, inputs, role):
        if self._source == "second" and any("house" in one.data for one in inputs):
            assert GATE.wait(20)
        found = np.full((len(inputs), 26), 0.1, np.float32)
        for number, (row, one) in enumerate(zip(found, inputs, strict=True)):
            if self._source == "second" and "bad" in one.data:
                raise vecstore.InvalidInput(f"{one.data!r} is bad", input=number)
            for letter in one.data.lower():
                if "a" <= letter <= "z":
                    row[(ord(letter) - ord("a") + len(self._source)) % 26] += 1
        return found


class Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        named = {"1": "first", "2": "second"}
        ready = tuple(vecstore.ReadyRelease("letters", *one) for one in named.items())
        return [
            vecstore.EncoderSpec("letters", "for tests", (Modality.TEXT,), Letters, ready=ready)
        ]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    registry = Registry.load(SETTINGS, plugins=[("tests", Plugin())], entry_points=False)
    folder = tmp_path_factory.mktemp("store")
    with vecstore.open(folder, settings=SETTINGS, registry=registry) as store:
        yield store


@pytest.fixture
def docs(store, embedded):
    """20 records in letters@1, of which letters@2 refuses one."""
    GATE.set()
    docs = store.create_collection("docs", encoder="letters@1", fields={"title": "letters@1"})
    texts = [f"{one} house {n}" for n in range(4) for one in ("red", "old", "tall", "warm", "cold")]
    docs.upsert([Record(id=f"r{n:02}", text=one) for n, one in enumerate(texts)])
    docs.upsert([Record(id="r00", text="a bad house")])
    yield docs
    GATE.set()
    embedded.delete_collection("docs")


@pytest.fixture
def moving(docs):
    return docs.reembedding()


@pytest.fixture
def mine(embedded, docs):
    """The same, embedded."""
    return embedded.collection("docs").reembedding()


@pytest.fixture
def unwaited(embedded, monkeypatch):
    """Nobody waits for room that is given back."""

    def wait():
        pytest.fail("the server waits for it")

    monkeypatch.setattr(embedded.reembeddings.letting_go, "wait", wait)


def last(watching):
    *_, one = watching
    return one


def error_of(call):
    with pytest.raises(vecstore.VecstoreError) as caught:
        call()
    return caught.value


def test_its_methods_are_those_of_the_embedded_one():
    from vecstore import aio, client
    from vecstore.reembedding.reembedding import Reembedding

    for kind in (client.RemoteReembedding, aio.AsyncRemoteReembedding):
        names = {name for name in vars(Reembedding) if not name.startswith("_")}
        names.remove("page_of_failures")  # what the server reads for them
        assert {name for name in vars(kind) if not name.startswith("_")} == names
        for name in names:
            here, there = getattr(kind, name), getattr(Reembedding, name)
            assert inspect.signature(here).parameters == inspect.signature(there).parameters, name


def paused_amid(embedded, moving, id):
    """Pause while a batch is under way."""
    paused = []
    pausing = threading.Thread(target=lambda: paused.append(moving.pause()))
    pausing.start()
    while not embedded.reembeddings._jobs[int(id)].stop.is_set():
        time.sleep(0.005)
    GATE.set()
    pausing.join(20)
    return paused[0].state


def judged(docs, moving, mine):
    """What the judging found comes over the wire whole."""
    status = last(moving.watch(0.05))
    assert status == mine.status()
    assert (status.state, status.counts.failed) == (ReembedState.FILLED, 1)
    assert status.options.gates == ("retrieval.recall@10>=0.02",)
    assert status.report.figures["retrieval.recall@10"] == (1.0, 1.0)
    # In the order in which they are shown.
    assert list(status.report.figures) == list(mine.status().report.figures)
    assert list(status.report.figures) != sorted(status.report.figures)
    assert status.report.intervals
    assert status.report.differences
    assert status.report.verdicts[0][:2] == ("retrieval.recall@10>=0.02", True)
    assert status.report.examples[0].query == "a cold thing"
    assert moving.failures() == mine.failures()
    assert moving.failures()[0].id == "r00"


def test_a_plan(moving, mine):
    here, there = moving.plan("letters@2", cores=1.0), mine.plan("letters@2", cores=1.0)
    assert (here.source, here.target, here.counts) == (there.source, there.target, there.counts)
    assert (here.notes, here.bytes_needed) == (there.notes, there.bytes_needed)
    assert here.records_per_second > 0


def test_there_and_back_and_away(store, embedded, docs, moving, mine, tmp_path):
    """Every step of a re-embedding, by its handle and as an operation."""
    GATE.clear()
    queries = tmp_path / "queries.jsonl"
    asked = [{"query": "a cold thing", "relevant": ["r04"]}, {"query": "red", "relevant": ["r05"]}]
    queries.write_text("".join(json.dumps(one) + "\n" for one in asked))
    gates = ["retrieval.recall@10>=0.01"]
    begun = moving.start("letters@2", queries=queries, gates=gates, cores=1, switch="manual")
    assert (begun.state, begun.running, begun.field) == (ReembedState.FILLING, True, "default")
    assert begun.options == mine.status().options
    (operation,) = store.list_operations()
    assert (operation.id, operation.kind, operation.done) == (begun.id, "reembed", False)
    assert operation.subject == "docs/default"
    seen = store.watch_operation(begun.id, 0.1)
    assert next(seen).state == "filling"
    seen.close()

    assert paused_amid(embedded, moving, begun.id) is ReembedState.PAUSED
    assert [one.state for one in store.watch_operation(begun.id)] == ["paused"]
    assert moving.resume(gates=["retrieval.recall@10>=0.02"]).running
    judged(docs, moving, mine)
    operation = store.operation(begun.id)
    assert operation == embedded.operation(begun.id)
    assert "letters@1 to letters@2, 20 of 20 records; " in operation.message

    error = error_of(moving.switch)
    assert isinstance(error, vecstore.ReembedBlocked)
    assert error.message == error_of(mine.switch).message
    assert moving.resume(gates=[]).options.gates == ()
    last(moving.watch(0.05))
    assert moving.switch(leave_out_failures=True).state is ReembedState.SWITCHED
    assert docs.info().encoder == "letters@2"
    error = error_of(lambda: docs.search(embedded.encode("letters@1", ["a"])[0]))
    assert isinstance(error, vecstore.SpaceRetired)
    assert isinstance(error_of(lambda: store.cancel_operation(begun.id)), vecstore.ReembedBlocked)
    assert moving.rollback().state is ReembedState.ROLLED_BACK


def test_what_is_finished_is_over(store, moving, mine, unwaited):
    begun = moving.start("letters@2", failures="leave_out")
    assert last(moving.watch(0.05)).state is ReembedState.READY
    assert moving.resume(judge_again=True, retry_failures=True).running
    assert last(moving.watch(0.05)).state is ReembedState.READY
    moving.switch()
    finished = moving.finish()
    assert finished.state is ReembedState.FINISHED
    assert finished == mine.status()
    assert store.list_operations() == []
    operation = store.list_operations(include_done=True)[-1]
    assert (operation.id, operation.done, operation.progress) == (begun.id, True, 1.0)
    error = error_of(lambda: store.cancel_operation(begun.id))
    assert f"the operation {begun.id} was finished at" in error.message


def test_a_field_of_its_own_is_cancelled_as_an_operation(store, embedded, docs, unwaited):
    docs.upsert([Record(id="t", fields={"title": vecstore.FieldValue("a title")})])
    title = docs.reembedding("title")
    begun = title.start("letters@2", queries=[ReembedQuery("a title")], switch="auto")
    assert [one.done for one in store.watch_operation(begun.id, 0.1)][-1] is False
    assert title.status().state is ReembedState.SWITCHED
    title.rollback()
    assert store.operation(begun.id).state == "rolled_back"
    cancelled = store.cancel_operation(begun.id)
    assert (cancelled.state, cancelled.done) == ("cancelled", True)
    assert (
        error_of(title.cancel).message
        == error_of(embedded.collection("docs").reembedding("title").cancel).message
    )


def test_failures_come_page_by_page(embedded, docs, moving, mine, monkeypatch):
    """Each page is read by itself, of both spaces once it is switched."""
    docs.upsert([Record(id=f"r{n:02}", text=f"{n} is bad") for n in (3, 7, 11, 12)])
    moving.start("letters@2", failures="leave_out")
    last(moving.watch(0.05))
    monkeypatch.setattr("vecstore.service.reembed_servicer.MAX_PAGE", 2)
    read, failures_of = [], refused.failures_of

    def counted(*asked):
        read.append(asked[-1])
        return failures_of(*asked)

    monkeypatch.setattr(refused, "failures_of", counted)
    found = moving.failures()
    assert [one.id for one in found] == ["r00", "r03", "r07", "r11", "r12"]
    assert read == [3, 3, 3]
    moving.switch()
    row = embedded.row("docs").other("default")
    embedded.write(
        lambda connection: beside.add_failures(connection, row, {"q": "no", "r04x": "x" * 5000}),
        lambda _: None,
    )
    found = moving.failures()
    assert [one.id for one in found] == ["q", "r00", "r03", "r04x", "r07", "r11", "r12"]
    assert found == mine.failures()
    assert len(found[3].reason) == 1000

    (page, token) = mine.page_of_failures(page_size=2)
    assert ([one.id for one in page], bool(token)) == (["q", "r00"], True)
    for size, given in ((1001, ""), (0, ""), (2, "x"), (2, paging.token("q", "another"))):
        error = error_of(lambda: mine.page_of_failures(page_size=size, page_token=given))  # noqa: B023
        assert error.details["field"] == ("page_token" if size == 2 else "page_size")
    moving.rollback()
    error = error_of(lambda: docs.reembedding("title").failures())
    assert "never re-embedded" in error.message


def test_operations_come_page_by_page(store, embedded, docs, moving, monkeypatch):
    ids = []
    for _ in range(3):
        ids.append(moving.start("letters@2").id)
        moving.cancel()
    monkeypatch.setattr("vecstore.client.operation_calls.MAX_PAGE", 2)
    asked, records = [], embedded.reembeddings.records
    page = records.ids
    monkeypatch.setattr(
        records, "ids", lambda *given, over: asked.append(given) or page(*given, over=over)
    )
    found = store.list_operations(include_done=True)
    assert [one.id for one in found][-3:] == ids
    assert found == embedded.list_operations(include_done=True)
    assert len(asked) > 2
    assert store.list_operations() == []
    (_, token) = embedded.page_of_operations(True, page_size=1)
    for size, given, done in ((1001, "", True), (1, "x", True), (1, token, False)):
        error = error_of(
            lambda: embedded.page_of_operations(done, page_size=size, page_token=given)  # noqa: B023
        )
        assert error.details["field"] == ("page_token" if size == 1 else "page_size")


def test_room_is_waited_for(embedded, docs, moving, monkeypatch):
    """Where that was asked for, until the server has given it back."""
    busy = iter([True, True, True, False])
    letting_go = type(embedded.reembeddings.letting_go)
    monkeypatch.setattr(letting_go, "busy", property(lambda _: next(busy)))
    moving.start("letters@2")
    waited_not = moving.cancel(wait=False)
    assert (waited_not.state, waited_not.letting_go) == (ReembedState.CANCELLED, True)
    moving.start("letters@2", failures="leave_out")
    last(moving.watch(0.05))
    moving.switch()
    finished = moving.finish()
    assert (finished.state, finished.letting_go) == (ReembedState.FINISHED, False)
    assert next(busy, None) is None


MISTAKES = {
    "never moved": lambda store, docs, moving: moving.status(),
    "nothing to pause": lambda store, docs, moving: moving.pause(),
    "no such encoder": lambda store, docs, moving: moving.start("nothing@1"),
    "there already": lambda store, docs, moving: moving.start("letters@1"),
    "no such transform": lambda store, docs, moving: moving.plan("letters@2", transform="x"),
    "no such field": lambda store, docs, moving: docs.reembedding("image").status(),
    "bad gate": lambda store, docs, moving: moving.start("letters@2", gates=["fine"]),
    "gates in one string": lambda store, docs, moving: moving.start("letters@2", gates="a>=1"),
    "gate without queries": lambda store, docs, moving: moving.start(
        "letters@2", gates=["retrieval.mrr>=1"]
    ),
    "bad switch": lambda store, docs, moving: moving.start("letters@2", switch=""),
    "bad brought": lambda store, docs, moving: moving.start("letters@2", brought="drop"),
    "bad failures": lambda store, docs, moving: moving.start("letters@2", failures="carry"),
    "no cores": lambda store, docs, moving: moving.start("letters@2", cores=0),
    "cores as text": lambda store, docs, moving: moving.plan("letters@2", cores="all"),
    "no file": lambda store, docs, moving: moving.start("letters@2", queries="/nothing.jsonl"),
    "no queries": lambda store, docs, moving: moving.start("letters@2", queries=["a"]),
    "strangers are relevant": lambda store, docs, moving: moving.start(
        "letters@2", queries=[ReembedQuery("a", {"nobody": 1.0})]
    ),
    "seconds below 0": lambda store, docs, moving: next(iter(moving.watch(-1))),
    "no operation": lambda store, docs, moving: store.operation("7000"),
    "no number": lambda store, docs, moving: store.cancel_operation("x"),
    "a huge number": lambda store, docs, moving: store.operation("9" * 30),
    "watched in vain": lambda store, docs, moving: next(iter(store.watch_operation("7000"))),
    "watched too often": lambda store, docs, moving: next(iter(store.watch_operation("1", 0))),
}


def test_mistakes_are_told_as_embedded_and_change_nothing(store, embedded, docs, moving, mine):
    collection = embedded.collection("docs")
    for name, mistake in MISTAKES.items():
        remote = error_of(lambda: mistake(store, docs, moving))  # noqa: B023
        local = error_of(lambda: mistake(embedded, collection, mine))  # noqa: B023
        said = (type(remote), remote.message, remote.details)
        assert said == (type(local), local.message, local.details), name
    assert embedded.list_operations() == []
    assert docs.info().fields[0].beside is None


def test_a_field_without_a_name_is_refused(docs):
    assert error_of(lambda: docs.reembedding("")).details == {"field": "field"}
    assert error_of(lambda: docs.reembedding(7)).details == {"field": "field"}
