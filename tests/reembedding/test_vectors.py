"""New vectors by what was decided: encoded, computed from the old ones, or carried over."""

import numpy as np
import pytest
from sqlalchemy import select

import vecstore
from tests.reembedding.toys import DIM, PLUGIN, text_of
from vecstore import InvalidArgument, Record, ReembedState
from vecstore.bridges import BridgeKind
from vecstore.reembedding.carrying import fitted_map
from vecstore.reembedding.mapping import best_map
from vecstore.registry import Registry
from vecstore.spaces import Vector
from vecstore.storage import tables

READY, FILLED, STOPPED = ReembedState.READY, ReembedState.FILLED, ReembedState.STOPPED


@pytest.fixture(scope="module")
def toys():
    return Registry.load(vecstore.Settings(), plugins=[("toys", PLUGIN)], entry_points=False)


@pytest.fixture
def store(tmp_path, toys):
    with vecstore.open(tmp_path / "data", registry=toys) as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path, toys):
    """A store on either database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with vecstore.open(tmp_path / "data", database=url, registry=toys) as store:
        yield store


def vectors(store, row):
    """Stored vectors of a field, by record."""
    ids = store.reader.field_rows(row).ids
    return {one: found.values for one, (_, found) in store.reader.stored_vectors(row, ids).items()}


def encoded(store, name, texts, transform=""):
    return np.stack([one.values for one in store.encode(name, texts, transform=transform)])


def own(docs, text):
    """A vector of the caller's own: what the encoder would make of a text."""
    return Vector(docs.space, docs._store.encode("plain@1", [text])[0].values)


def test_computed_from_the_old_ones(either, settled):
    """After a transform of the same encoder: just what encoding gives, and every record moves."""
    store, transform = either, "truncate-8"
    if store.catalog.engine.dialect.name == "postgresql":
        transform = store.fit_transform("drawn", encoder="plain@1", random=8).name
    docs = store.create_collection("docs", encoder="plain@1")
    texts = [text_of(n) for n in range(300)]
    docs.upsert([Record(id=f"t{n:03}", text=text) for n, text in enumerate(texts)])
    brought = Record(id="b", text="one", vector=own(docs, "two"))
    zero = Record(id="z", vector=Vector(docs.space, [0.0] * (DIM - 1) + [1.0]))
    docs.upsert([brought, Record(id="w", vector=own(docs, "three")), zero])
    expected = encoded(store, "plain@1", texts, transform)
    more = encoded(store, "plain@1", ["two", "three"], transform)
    moving = docs.reembedding()
    seen = []
    encoder = store.models.load(store.models.resolve("plain@1"))
    encode = encoder.encode
    encoder.encode = lambda inputs, role: seen.append(len(inputs)) or encode(inputs, role)
    moving.start("plain@1", transform=transform, failures="leave_out")
    status = settled(moving)
    failed = int(transform == "truncate-8")
    assert (status.state, status.counts.moved, status.counts.failed) == (
        READY,
        303 - failed,
        failed,
    )
    assert [one.id for one in moving.failures()] == ["z"] * failed
    target = store.row("docs").beside[0]
    found = vectors(store, target)
    after = np.stack([found[f"t{n:03}"] for n in range(300)])
    assert np.abs(after - expected).max() <= (0 if failed else 1e-6)
    assert np.allclose(np.stack([found["b"], found["w"]]), more, atol=1e-6)
    assert sum(seen) <= 10  # those of the judging

    docs.upsert([Record(id="late", vector=own(docs, "four"))])
    moving.resume()
    assert settled(moving).counts.moved == 304 - failed
    # What was not encoded is known by its input all the same.
    moving.switch()
    seen.clear()
    docs.upsert([Record(id="t000", text=texts[0])])
    assert seen == []


def test_each_by_its_decision(store, settled):
    """Encoded, left where it is, or refused with a reason; equal inputs are encoded once."""
    docs = store.create_collection("docs", encoder="plain@1")
    same = [Record(id=f"s{n}", text="same") for n in range(20)]
    brought = [Record(id=f"b{n}", text=f"own {n}", vector=own(docs, "x")) for n in range(3)]
    columns = Record(id="c", categories={"hr": "7"})
    docs.upsert([*same, *brought, columns, Record(id="bad", text="a bad one")])
    docs.upsert([Record(id="w", vector=own(docs, "y"))])
    moving = docs.reembedding()
    encoder = store.models.load(store.models.resolve("picky@1"))
    encode, seen = encoder.encode, []
    encoder.encode = lambda given, role: (
        seen.extend(one.data for one in given) or encode(given, role)
    )
    moving.start("picky@1")
    status = settled(moving)
    assert (status.state, status.counts.moved, status.counts.failed) == (FILLED, 21, 1)
    assert (status.counts.brought, status.counts.without_input) == (3, 1)
    assert len(status.blocked) == 3
    assert sum(one == "same" for one in seen) <= 1 + 10  # those of the judging
    assert [(one.id, one.reason) for one in moving.failures()] == [("bad", "'a bad one' is bad")]
    moving.resume(brought="encode", without_input="leave_out", failures="leave_out")
    status = settled(moving)
    assert (status.state, status.counts.moved, status.blocked) == (READY, 24, ())
    found = vectors(store, store.row("docs").beside[0])
    assert np.allclose(found["b1"], encoded(store, "picky@1", ["own 1"])[0])
    assert docs.get(["c"])[0].categories == {"hr": "7"}
    moving.switch()
    assert docs.get(["b1"])[0].text == "own 1"
    assert docs.search("own 1")[0].id == "b1"


def test_carried_over(either, settled):
    """By a map fitted on what is in both: where it should be, as long as all others, and marked."""
    store = either
    metric = "cosine" if store.catalog.engine.dialect.name == "sqlite" else "ip"
    docs = store.create_collection("docs", encoder="plain@1", metric=metric)
    docs.upsert([Record(id=f"t{n:04}", text=text_of(n)) for n in range(1001)])
    long = Vector(docs.space, 3 * own(docs, text_of(5004)).values)
    given = [own(docs, text_of(5000 + n)) for n in range(4)] + [long]
    docs.upsert([Record(id=f"w{n}", vector=one) for n, one in enumerate(given)])
    docs.upsert([Record(id="b", text="other", vector=own(docs, text_of(6000)))])
    moving = docs.reembedding()
    moving.start("turned@1", brought="carry")
    status = settled(moving)
    assert (status.state, status.counts.carried, status.counts.without_input) == (FILLED, 1, 5)
    moving.resume(without_input="carry")
    status = settled(moving)
    assert (status.state, status.counts.moved, status.counts.carried) == (READY, 1007, 6)
    row = store.row("docs").beside[0]
    found = vectors(store, row)
    ids = ["w0", "w1", "w2", "w3", "w4", "b"]
    expected = encoded(store, "turned@1", [text_of(5000 + n) for n in range(5)] + [text_of(6000)])
    assert np.allclose(np.stack([found[one] for one in ids]), expected, atol=1e-3)
    labels = {one: label for one, (label, _) in store.reader.stored_vectors(row, ids).items()}
    with store.catalog.engine.connect() as connection:
        marked = set(connection.execute(select(tables.carried.c.label)).scalars())
    assert marked == set(labels.values())
    row_of_live = store.row("docs").fields[0]
    fitted = fitted_map(store, store.row("docs"), row_of_live, row)
    assert fitted.pairs + fitted.held_out == 1001  # nothing that was mapped itself
    live, held = status.report.figures["carried.recall@1"]
    assert live is None
    assert held == 1.0
    assert any(one.startswith("6 vectors were carried over") for one in status.report.notes)
    assert docs.get(["b"])[0].text == "other"
    # Those that come late are carried over too, by another pass.
    docs.upsert([Record(id="late", vector=own(docs, text_of(7000)))])
    moving.resume()
    status = settled(moving)
    assert (status.state, status.counts.carried) == (READY, 7)
    moving.switch()
    hit = docs.search(text_of(7000))[0]
    assert (hit.id, hit.carried) == ("late", True)


def test_what_cannot_be_carried_over(store, settled):
    """A map that finds little again is refused with its figure; nothing carried is written."""
    docs = store.create_collection("docs", encoder="plain@1")
    docs.upsert([Record(id=f"t{n:04}", text=text_of(n)) for n in range(1000)])
    docs.upsert([Record(id="w", vector=own(docs, "a"))])
    moving = docs.reembedding()
    moving.start("noise@1", without_input="carry")
    status = settled(moving)
    assert (status.state, status.counts.moved, status.counts.carried) == (STOPPED, 1000, 0)
    assert "1 vector cannot be carried over from plain@1 to noise@1" in status.error
    assert "finds 0.0" in status.error
    assert "--without-input leave_out" in status.error
    moving.resume(without_input="leave_out")
    assert settled(moving).state is READY
    moving.cancel()
    # Under cosine, a vector counts for no more because it is long.
    huge = np.random.default_rng(0).standard_normal(DIM).astype(np.float32) * np.float32(1e5)
    docs.upsert([Record(id="huge", text="huge", vector=Vector(docs.space, huge))])
    moving.start("turned@1", brought="encode", without_input="carry")
    status = settled(moving)
    assert (status.state, status.counts.carried) == (READY, 1)
    moving.cancel()
    docs.delete(["huge"])
    # Enough of them, and too many alike.
    docs.upsert([Record(id="t0000", text=text_of(1))])
    moving.start("turned@1", without_input="carry")
    assert "fewer than 1,000 different stored inputs" in settled(moving).error
    moving.cancel()
    docs.delete(["t0000"])
    with pytest.raises(InvalidArgument, match="of which there are 999; use another choice"):
        moving.start("turned@1", without_input="carry")


def test_the_better_map():
    """A rotation where there is one, a ridge map where there is more; figures of held-out items."""
    rng = np.random.default_rng(0)
    source = rng.standard_normal((1000, 12)).astype(np.float32)
    turn = np.linalg.qr(rng.standard_normal((12, 12)))[0].astype(np.float32)
    found = best_map(source, 3 * source @ turn)
    assert (found.kind, found.pairs, found.held_out) == (BridgeKind.ORTHOGONAL, 800, 200)
    assert (found.recall.value, found.overlap.value) == (1.0, 1.0)
    assert np.allclose(source @ found.matrix, 3 * source @ turn, atol=1e-3)
    bent = source @ (turn * np.linspace(0.05, 3, 12, dtype=np.float32)[:, None])
    assert best_map(source, bent).kind is BridgeKind.RIDGE
    noise = rng.standard_normal((1000, 12)).astype(np.float32)
    found = best_map(source, noise)
    assert found.recall.value < 0.05
    assert found.overlap.value < 0.1
