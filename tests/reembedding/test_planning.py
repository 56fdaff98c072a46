"""What a plan says, and every target that is refused: nothing is changed by either."""

import re
import shutil

import pytest

import vecstore
from tests.reembedding.toys import DIM, PLUGIN, text_of
from vecstore import Record
from vecstore.errors import (
    EncoderNotFound,
    FailedPrecondition,
    InvalidArgument,
    ModelDrift,
    NotFound,
    SpaceUnknown,
)
from vecstore.registry import Registry
from vecstore.spaces import Vector


@pytest.fixture(scope="module")
def toys():
    return Registry.load(vecstore.Settings(), plugins=[("toys", PLUGIN)], entry_points=False)


@pytest.fixture
def store(request, tmp_path, toys):
    """On SQLite, where a test does not ask for another database."""
    remote = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgres_url") if remote else None
    with vecstore.open(tmp_path / "data", database=url, registry=toys) as store:
        yield store


@pytest.fixture
def docs(store):
    """30 texts, 2 texts with vectors of the caller's own, 3 vectors without anything."""
    docs = store.create_collection("docs", encoder="plain@1")
    own = Vector(docs.space, [1.0] * DIM)
    docs.upsert(
        [Record(id=f"t{n:02}", text=text_of(n)) for n in range(30)]
        + [Record(id=f"b{n}", text=text_of(n), vector=own) for n in range(2)]
        + [Record(id=f"w{n}", vector=own) for n in range(3)]
    )
    return docs


def said(plan, words):
    assert any(re.search(words, note) for note in plan.notes), plan.notes


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_what_it_would_take(store, docs, monkeypatch):
    """Records by what can be done with each, a measured rate, room, and what to know first."""
    before = store.row("docs")
    plan = docs.reembedding().plan("turned@1")
    assert (plan.source, plan.target) == (docs.space, store.space("turned@1"))
    counts = plan.counts
    assert (counts.total, counts.pending, counts.brought, counts.without_input) == (35, 30, 2, 3)
    assert (plan.encodes, plan.sampled, counts.moved) == (True, 30, 0)
    assert plan.records_per_second > 0
    assert plan.seconds == pytest.approx(30 / plan.records_per_second)
    assert 0 < plan.bytes_needed < 1 << 20
    assert plan.bytes_free == pytest.approx(shutil.disk_usage(store.folder).free, rel=0.2)
    said(plan, r"^2 records with a vector that a caller brought, .* block the switch until decided")
    said(plan, r"^3 records without a stored input .* carry needs 1,000 stored inputs .* are 32;")
    said(plan, r"^stored inputs are copied")
    said(plan, r"^writes are encoded twice meanwhile")
    said(plan, r"^turned@1 has not been evaluated")
    remote = any("PostgreSQL database, whose free room is not known" in one for one in plan.notes)
    assert remote == (store.catalog.engine.dialect.name == "postgresql")

    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    said(docs.reembedding().plan("turned@1"), r"has 1 MiB free, and about 1 MiB are needed")
    said(docs.reembedding().plan("picky@1"), r"writes are encoded twice")
    docs.upsert([Record(id="bad", text="bad")])
    said(docs.reembedding().plan("picky@1"), r"^1 of 31 sampled .* 'bad' is bad")
    assert store.row("docs") == before


def test_what_needs_no_encoding(store, docs):
    plan = docs.reembedding().plan("plain@1", transform="truncate-8")
    assert (plan.encodes, plan.sampled, plan.seconds, plan.counts.pending) == (False, 0, None, 35)
    said(plan, "nothing is encoded, and every record moves")
    assert not any("block the switch until" in note for note in plan.notes)
    assert docs.reembedding().plan("turned@1", transform="truncate-8").encodes
    cut = store.create_collection("cut", encoder="plain@1", transform="truncate-9")
    assert cut.reembedding().plan("plain@1", transform="truncate-8").encodes
    assert cut.reembedding().plan("plain@1").encodes
    empty = store.create_collection("empty", encoder="plain@1")
    plan = empty.reembedding().plan("turned@1")
    assert (plan.counts.total, plan.sampled, plan.seconds, plan.bytes_needed) == (0, 0, 0.0, 0)


def test_targets_that_are_refused(store, docs):
    """One clear sentence each, for a plan and for a start alike."""
    store.declare_space("elsewhere@1", dim=4, provenance="a service")
    before = store.row("docs")
    refused = [
        ("plain@1", "", InvalidArgument, "lives in plain@1 already; name another encoder"),
        ("nobody@1", "", EncoderNotFound, "there is no encoder 'nobody@1'"),
        (7, "", InvalidArgument, "encoder is 7; give its name"),
        ("plain@1", 7, InvalidArgument, "transform is 7; give its name"),
        ("turned@1", "nothing", NotFound, "no transform 'nothing' of turned@1"),
        ("turned@1", "truncate-99", InvalidArgument, "99 dims cannot be made"),
        ("elsewhere@1", "", InvalidArgument, "elsewhere@1 is an external space: .* cannot be enc"),
        ("secret@1", "", SpaceUnknown, "vecstore encoders accept secret@1"),
        (
            "columns@1",
            "",
            InvalidArgument,
            r"columns@1 reads categories, not texts: 30 of 35 records of 'docs' .* such as 't00'",
        ),
    ]
    for encoder, transform, kind, words in refused:
        for step in (docs.reembedding().plan, docs.reembedding().start):
            with pytest.raises(kind, match=words):
                step(encoder, transform=transform)
    assert store.row("docs") == before
    store.accept_encoder("secret@1", reason="ours")
    assert docs.reembedding().plan("secret@1").target.model == "secret"
    before = docs.reembedding()
    with pytest.raises(InvalidArgument, match=r"without_input is carry: 3 vectors .* there are 30"):
        before.start("turned@1", without_input="carry")
    with pytest.raises(InvalidArgument, match="brought is carry: 2 vectors of 'docs'"):
        before.start("turned@1", brought="carry")
    assert not store.row("docs").beside


def test_a_model_that_is_another_one_by_now(store, docs):
    """Drift and a library that is missing: said before anything is begun; and the way on."""
    store.encoder("turned@1")
    store.models.close()
    spec = store.registry.encoder_spec("counts")
    load = spec.load

    def altered(source, options):
        encoder = load(source, options)
        if source == "turned":
            encoder.identity = lambda: vecstore.Identity({"counts": "altered"})
        if source == "noise":
            raise InvalidArgument("models of noise need: pip install noise")
        return encoder

    object.__setattr__(spec, "load", altered)
    try:
        for step in (docs.reembedding().plan, docs.reembedding().start):
            with pytest.raises(ModelDrift, match=r"register turned@2 .* vecstore reembed start"):
                step("turned@1")
            with pytest.raises(FailedPrecondition, match="vecstore encoders verify noise@1"):
                step("noise@1")
    finally:
        object.__setattr__(spec, "load", load)
    assert not store.row("docs").beside
