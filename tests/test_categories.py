"""Categories as inputs: from a dict to a hit, embedded on both databases."""

import pytest

import vecstore
from vecstore import FieldValue, Input, Modality, Record

RIDES = {
    "a": {"hr": 7, "day": "Mon"},
    "b": {"hr": 8, "day": "Mon"},
    "c": {"hr": 7.0, "day": "Sun"},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request, tmp_path, columns_registry):
    database = None
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    return lambda **settings: vecstore.open(
        tmp_path / "data",
        database=database,
        registry=columns_registry,
        settings=vecstore.Settings(**settings),
    )


@pytest.fixture
def store(opener):
    with opener() as store:
        yield store


@pytest.fixture
def rides(store):
    rides = store.create_collection("rides", encoder="columns@1")
    rides.upsert([Record(id=i, categories=c, payload={"n": i}) for i, c in RIDES.items()])
    return rides


def test_a_dict_is_encoded_wherever_an_input_is(store, rides):
    whole, again, same = store.encode(
        "columns@1",
        [
            {"hr": 7, "day": "Mon"},
            {"day": "Mon", "hr": "7", "none": None},
            Input(Modality.CATEGORIES, '{"hr": 7, "day": "Mon"}'),
        ],
    )
    assert whole.values.tolist() == again.values.tolist() == same.values.tolist()
    for query in (RIDES["a"], whole, Input(Modality.CATEGORIES, '{"day":"Mon","hr":"7"}')):
        hits = rides.search(query, k=3)
        assert hits[0].id == "a"
        assert hits[0].score == pytest.approx(1.0)
        assert hits[0].payload == {"n": "a"}
    assert {hit.id for hit in rides.search({"hr": 7}, k=2)} == {"a", "c"}
    batch = rides.search_batch([{"hr": 8, "day": "Mon"}, whole], k=1)
    assert [hits[0].id for hits in batch] == ["b", "a"]


def test_what_is_kept_comes_back_as_text(opener):
    with opener() as store:
        rides = store.create_collection("rides", encoder="columns@1")
        rides.upsert([Record(id="a", categories={"hr": 7.0, "day": None})])
        whole = FieldValue(categories={"day": "Sun"})
        rides.upsert([Record(id="b", fields={"default": whole})])
    with opener() as store:
        rides = store.collection("rides")
        assert rides.get(["a"]) == [Record(id="a", categories={"hr": "7"})]
        listed = rides.list(include_vectors=True).records
        assert [one.categories for one in listed] == [{"hr": "7"}, {"day": "Sun"}]
        assert listed[1].vector.values.any()
        # What comes out may go in again, and is the same input.
        rides.upsert([Record(id=one.id, categories=one.categories) for one in listed])
        assert rides.list(include_vectors=True).records == listed


def test_inputs_are_not_kept_where_they_are_not_to_be(store):
    rides = store.create_collection("rides", encoder="columns@1", store_inputs=False)
    rides.upsert([Record(id="a", categories={"hr": 7})])
    assert rides.get(["a"])[0].categories is None
    assert rides.search({"hr": 7})[0].id == "a"


def test_categories_stay_beside_an_own_vector(store, rides):
    own = store.encode("columns@1", [{"hr": 9}])[0]
    rides.upsert([Record(id="d", categories={"hr": 3}, vector=own)])
    assert rides.get(["d"])[0].categories == {"hr": "3"}
    assert rides.search({"hr": 9}, k=1)[0].id == "d"


def test_an_equal_input_keeps_its_vector_and_is_not_encoded(store, rides, monkeypatch):
    encoder = store.models.load(store.models.resolve("columns@1"))
    encoded, whole = [], encoder.encode
    monkeypatch.setattr(
        encoder, "encode", lambda inputs, role: encoded.extend(inputs) or whole(inputs, role)
    )
    rides.upsert([Record(id="a", categories={"day": "Mon", "hr": "7"}, payload={"n": 2})])
    assert encoded == []
    assert rides.get(["a"])[0].payload == {"n": 2}
    rides.upsert([Record(id="a", categories={"day": "Sun", "hr": "8"})])
    assert [one.data for one in encoded] == ['{"day":"Sun","hr":"8"}']
    assert rides.get(["a"])[0].categories == {"day": "Sun", "hr": "8"}


def test_text_and_categories_exclude_each_other(rides):
    with pytest.raises(vecstore.InvalidInput, match=r"record 'x'.*text and categories"):
        rides.upsert([Record(id="x", text="t", categories={"hr": 7})])
    with pytest.raises(vecstore.InvalidRecord, match="no text, image, categories or vector"):
        rides.upsert([Record(id="x", fields={"default": FieldValue()})])
    assert rides.count() == 3


@pytest.mark.parametrize(
    ("encoder", "given", "words"),
    [
        ("columns@1", "a text", "reads categories, not text"),
        ("hashing@1", {"hr": 7}, "reads texts, not categories"),
        ("columns@1", {"hour": 7}, "no column"),
        ("columns@1", {}, "nothing to encode"),
        ("columns@1", {"hr": {"a": 7}}, "is a dict"),
        ("columns@1", {"hr": "\0"}, "NUL"),
        ("columns@1", {"hr": "\ud800"}, "surrogate"),
        ("columns@1", {"hr": "x" * 2_000_000}, "at most 1048576"),
    ],
)
def test_what_the_encoder_does_not_read_is_refused(store, encoder, given, words):
    docs = store.create_collection("docs", encoder=encoder)
    kind = "text" if isinstance(given, str) else "categories"
    for call in (
        lambda: store.encode(encoder, [given]),
        lambda: docs.search(given),
        lambda: docs.search_batch([given]),
        lambda: docs.upsert([Record(id="x", **{kind: given})]),
    ):
        with pytest.raises(vecstore.InvalidInput, match=words):
            call()
    assert docs.count() == 0


@pytest.mark.parametrize(
    "given",
    [
        {"categories": "a text"},
        {"categories": '{"hr": "7"}'},
        {"categories": Input(Modality.TEXT, "a text")},
        {"text": {"hr": 7}},
        {"text": b"\x89PNG\r\n\x1a\n"},
        {"image": "a text"},
        {"image": {"hr": 7}},
    ],
)
def test_one_kind_of_input_does_not_pass_for_another(store, rides, given):
    with pytest.raises(vecstore.InvalidInput, match=next(iter(given))):
        rides.upsert([Record(id="x", **given)])
    assert rides.count() == 3


def test_a_record_of_categories_has_a_hash():
    record = Record(id="a", categories={"hr": 7})
    assert len({record, Record(id="a", categories={"hr": 7})}) == 1
    assert len({FieldValue(categories={"hr": 7}), FieldValue(categories={"hr": 7})}) == 1


def test_what_an_encoder_refuses_is_named(opener):
    good = [{"hr": n} for n in range(4)]
    records = [
        *(Record(id=str(n), categories=one) for n, one in enumerate([RIDES["a"], *good])),
        Record(id="bad", categories={"hour": 7}),
    ]
    with opener(encode_batch=2) as store:
        rides = store.create_collection("rides", encoder="columns@1")
        rides.upsert(records[:1])
        queries = [good[0], vecstore.RecordReference("0"), good[1], {"hour": 7}]
        for call, name, position in (
            (lambda: store.encode("columns@1", [*good, {"hour": 7}]), r"inputs\[4\]", "4"),
            (lambda: rides.search_batch(queries), "query 3", "3"),
            (lambda: rides.upsert(records), r"record 'bad' \(number 5\)", "5"),
        ):
            words = f"^{name}: there is no column"
            with pytest.raises(vecstore.InvalidInput, match=words) as caught:
                call()
            assert caught.value.details["position"] == position
        results = rides.upsert_batch(records)
        assert ["aborted" in item.error.details for item in results] == [True] * 5 + [False]
        assert rides.count() == 1


@pytest.mark.parametrize("number", [-1, 7, "x", "²", 10**30])
def test_an_encoder_that_names_no_input_blames_nobody(store, rides, monkeypatch, number):
    encoder = store.models.load(store.models.resolve("columns@1"))

    def refuse(inputs, role):
        raise vecstore.InvalidInput("unreadable", input=number)

    monkeypatch.setattr(encoder, "encode", refuse)
    with pytest.raises(vecstore.InvalidInput, match=r"^unreadable$") as caught:
        rides.upsert([Record(id="x", categories={"hr": 99})])
    assert "position" not in caught.value.details
