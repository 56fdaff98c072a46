"""Both clients know transforms as the embedded store does."""

from dataclasses import replace

import pytest

import vecstore
from vecstore import Record, RecordReference

TEXT = "copy a directory tree to another place"
NAMES = ["truncate-64", "random-32"]


@pytest.fixture(scope="module", autouse=True)
def fitted(embedded):
    """A transform, and a full collection beside those that the tests make."""
    full = embedded.create_collection("full", encoder="hashing@1")
    full.upsert([Record(id="one", text=TEXT)])
    embedded.declare_space("outside@1", dim=64, provenance="a test")
    embedded.register_encoder("other@1", loader="hashing", source="builtin", options={})
    return embedded.fit_transform("random-32", "hashing@1", random=32, seed=4)


@pytest.fixture
def cut(store, embedded, request):
    yield store.create_collection("cut", encoder="hashing@1", transform=request.param)
    embedded.delete_collection("cut")


@pytest.mark.parametrize("name", NAMES)
def test_encode_and_space(store, embedded, name):
    assert store.encode("hashing", [TEXT], transform=name) == embedded.encode(
        "hashing", [TEXT], transform=name
    )
    assert store.space("hashing", transform=name) == embedded.space("hashing", transform=name)


def test_list_and_show(store, embedded, fitted):
    assert store.list_transforms() == embedded.list_transforms()
    assert fitted in store.list_transforms()
    assert store.transform("random-32").provenance == fitted.provenance
    assert store.transform("random-32") == fitted


@pytest.mark.parametrize("cut", NAMES, indirect=True)
def test_a_transformed_collection(store, embedded, cut):
    name = cut.space.transform_name
    assert cut.space == embedded.space("hashing@1", transform=name)
    assert store.collection("cut").info() == embedded.collection("cut").info()
    cut.upsert([Record(id="a", text=TEXT), Record(id="b", text="sort a list of numbers")])
    mine = store.encode("hashing@1", [TEXT], transform=name)[0]
    assert cut.search(TEXT)[0].id == cut.search(mine)[0].id == "a"
    assert cut.search(mine)[0].score == pytest.approx(1, abs=1e-5)
    assert store.compare(mine, mine).score == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("cut", NAMES, indirect=True)
def test_vectors_of_other_spaces_are_refused(store, cut):
    cut.upsert([Record(id="one", text=TEXT)])
    full = store.collection("full")
    whole = store.encode("hashing", [TEXT])[0]
    mine = store.encode("hashing", [TEXT], transform=cut.space.transform_name)[0]
    renamed = vecstore.Vector(replace(cut.space, transform=cut.space.transform + "0"), mine.values)
    for call in (
        lambda: cut.search(whole),
        lambda: cut.search(renamed),
        lambda: cut.search_batch([mine, whole]),
        lambda: cut.search(RecordReference("one", "full")),
        lambda: cut.upsert([Record(id="two", vector=whole)]),
        lambda: next(iter(cut.upsert_stream([[Record(id="two", vector=whole)]])))[0].error,
        lambda: full.search(mine),
        lambda: full.search(RecordReference("one", "cut")),
        lambda: full.upsert([Record(id="two", vector=mine)]),
        lambda: store.compare(whole, mine),
    ):
        with pytest.raises(vecstore.SpaceMismatch):
            _raised(call())
    assert (cut.count(), full.count()) == (1, 1)


def _raised(outcome):
    """What came back, be it an error that is no exception of the call."""
    error = getattr(outcome, "error", outcome)
    if isinstance(error, Exception):
        raise error


@pytest.mark.parametrize(
    ("encoder", "name"),
    [
        ("hashing", "truncate-384"),
        ("hashing", "truncate"),
        ("hashing", "nobody"),
        ("hashing", "random-32:0"),
        ("other", "random-32"),
        ("outside", "truncate-8"),
        ("nobody", "truncate-8"),
    ],
)
def test_the_same_refusals(store, embedded, encoder, name):
    for call in (
        lambda one: one.encode(encoder, [TEXT], transform=name),
        lambda one: one.space(encoder, transform=name),
        lambda one: one.create_collection("bad", encoder=encoder, transform=name),
    ):
        refusals = []
        for one in (store, embedded):
            with pytest.raises(vecstore.VecstoreError) as caught:
                call(one)
            refusals.append((type(caught.value), caught.value.message, caught.value.details))
        assert refusals[0] == refusals[1]
    assert [info.name for info in embedded.list_collections()] == ["full"]


def test_a_transform_that_is_not_there(store, embedded):
    for one in (store, embedded):
        with pytest.raises(vecstore.NotFound, match="random-32"):
            one.transform("nobody")
    with pytest.raises(vecstore.InvalidArgument, match="give a string"):
        store.encode("hashing", [TEXT], transform=32)
    with pytest.raises(vecstore.InvalidArgument, match="transform is 32"):
        store.space("hashing", transform=32)


def test_a_server_sees_what_is_made_beside_it(store, embedded):
    """By another process, as far as the server's store can tell."""
    name = f"late-{len(embedded.list_transforms())}"
    with pytest.raises(vecstore.NotFound):
        store.encode("hashing", [TEXT], transform=name)
    with vecstore.open(embedded.folder) as beside:
        late = beside.fit_transform(name, "hashing@1", random=16)
        assert not beside.owner.claimed
    assert late in store.list_transforms()
    assert store.encode("hashing", [TEXT], transform=name)[0].space == late.after
