"""Images written, found, given back and refused: the same embedded and over gRPC."""

import pytest

import vecstore
from vecstore import Record, Vector

COLOURS = ("red", "green", "blue")
URLS = ("https://example.org/a.png", "file:///etc/passwd", "data:image/png;base64,AAAA")


def records(picture):
    return [
        Record(id=name, image=picture(name), payload={"n": n}) for n, name in enumerate(COLOURS)
    ]


def stored_images(embedded):
    from sqlalchemy import select

    from vecstore.storage.tables import images

    with embedded.catalog.engine.connect() as connection:
        return [bytes(data) for data in connection.execute(select(images.c.data)).scalars()]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_images_come_back_as_they_were_written(gallery, picture, form):
    given = {name: picture(name, form) for name in COLOURS}
    assert gallery.upsert(Record(id=name, image=data) for name, data in given.items()) == 3
    assert {one.id: one.image for one in gallery.get(COLOURS)} == given
    assert {one.id: one.image for one in gallery.list().records} == given


def test_text_and_images_find_each_other(gallery, picture):
    gallery.upsert([*records(picture), Record(id="written", text="green and blue")])
    assert gallery.search("blue", k=1)[0].id == "blue"
    assert gallery.search(picture("blue", "JPEG", 5), k=1)[0].id == "blue"
    mixed = gallery.search_batch(["red", picture("green")], k=1)
    assert [hits[0].id for hits in mixed] == ["red", "green"]
    text_hit = next(hit for hit in gallery.search(picture("green"), k=4) if hit.id == "written")
    assert text_hit.text == "green and blue"


def test_a_text_and_an_image_of_two_towers_share_a_space(store, picture):
    text, image = store.encode("paint@1", ["red", picture("red")])
    assert text.space == image.space
    assert store.compare(text, image).score > 0.99


def test_equal_images_are_kept_once_and_encoded_once(gallery, picture, embedded, encoded):
    image = picture("red")
    encoded()
    gallery.upsert([Record(id=str(n), image=image) for n in range(5)])
    assert encoded() == 1
    gallery.upsert([Record(id="0", image=image, payload={"new": True})])
    assert encoded() == 0
    assert stored_images(embedded) == [image]


def test_a_collection_without_inputs_keeps_no_images(store, picture, embedded):
    gallery = store.create_collection("gallery", encoder="paint@1", store_inputs=False)
    gallery.upsert(records(picture))
    assert gallery.get(["red"])[0].image is None
    assert stored_images(embedded) == []
    assert gallery.search(picture("red"), k=1)[0].id == "red"


NAMES = [
    *("cut off", "cut off jpeg", "corrupt", "animated", "bomb", "text", "gif"),
    *("html behind a signature", "pdf before an image", "empty"),
]


def test_every_bad_image_is_tried(picture):
    assert sorted(NAMES) == sorted(picture.bad)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tagged", [False, True], ids=["encoded", "with a vector"])
def test_a_bad_image_is_refused_whole_and_named(gallery, picture, name, tagged, embedded):
    gallery.upsert(records(picture)[:1])
    vector = Vector(gallery.space, [1.0, 2.0, 3.0, 4.0]) if tagged else None
    bad = Record(id="bad", image=picture.bad[name], vector=vector)
    batch = [*records(picture)[1:], bad]
    with pytest.raises(vecstore.InvalidInput, match=r"record 'bad' \(number 2\): ") as caught:
        gallery.upsert(batch)
    assert caught.value.details["position"] == "2"
    results = next(iter(gallery.upsert_stream([batch])))
    assert [type(one.error) for one in results] == [
        *(vecstore.InvalidRecord, vecstore.InvalidRecord, vecstore.InvalidInput)
    ]
    assert "aborted" in results[0].error.details
    assert "'bad'" in results[2].error.message
    assert [one.id for one in gallery.list().records] == ["red"]
    assert len(stored_images(embedded)) == 1
    assert gallery.search("red", k=5)[0].id == "red"


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_image_is_no_query(gallery, picture, name):
    gallery.upsert(records(picture))
    with pytest.raises(vecstore.InvalidInput):
        gallery.search(picture.bad[name])
    with pytest.raises(vecstore.InvalidInput, match="query 1") as caught:
        gallery.search_batch(["red", picture.bad[name]])
    assert caught.value.details["position"] == "1"


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_image_is_not_encoded(store, picture, name):
    with pytest.raises(vecstore.InvalidInput, match=r"inputs\[1\]"):
        store.encode("paint@1", [picture("red"), picture.bad[name]])


@pytest.mark.parametrize("url", URLS)
def test_a_url_is_no_image(store, gallery, url):
    for image in (url, url.encode()):
        with pytest.raises(vecstore.InvalidInput, match="bytes of"):
            gallery.upsert([Record(id="a", image=image)])
    with pytest.raises(vecstore.InvalidInput):
        gallery.search(url.encode())
    assert gallery.count() == 0


def test_what_a_model_does_not_read_is_refused(store, picture):
    words = store.create_collection("words", encoder="words@1")
    pixels = store.create_collection("pixels", encoder="pixels@1")
    words.upsert([Record(id="red", text="red")])
    pixels.upsert([Record(id="red", image=picture("red"))])
    for docs, query, reads in (
        (words, picture("red"), "words@1 reads texts, not images; give it texts"),
        (pixels, "red", "pixels@1 reads images, not texts; give it images"),
    ):
        kind = {"text": query} if isinstance(query, str) else {"image": query}
        for call in (
            lambda docs=docs, query=query: docs.search(query),
            lambda docs=docs, query=query: docs.search_batch([query]),
            lambda docs=docs, kind=kind: docs.upsert([Record(id="new", **kind)]),
            lambda docs=docs, query=query: store.encode(docs.encoder, [query]),
        ):
            with pytest.raises(vecstore.InvalidInput, match=reads):
                call()
        assert docs.count() == 1


def test_vectors_of_a_model_of_words_never_meet_those_of_images(store, gallery, picture):
    """Same dimension, even the same numbers: still another space."""
    gallery.upsert(records(picture))
    [word] = store.encode("words@1", ["red"])
    [image] = store.encode("paint@1", [picture("red")])
    assert word.values.shape == image.values.shape
    words = store.create_collection("words", encoder="words@1")
    words.upsert([Record(id="red", text="red")])
    for call in (
        lambda: gallery.search(word),
        lambda: gallery.search_batch(["red", word]),
        lambda: gallery.upsert([Record(id="new", image=picture("red"), vector=word)]),
        lambda: store.compare(word, image),
        lambda: store.compare(image, word),
        lambda: words.search(image),
        lambda: words.search(vecstore.RecordReference("red", "gallery")),
    ):
        with pytest.raises(vecstore.SpaceMismatch):
            call()
    assert gallery.count() == 3


def test_an_image_may_stand_beside_a_vector(gallery, picture, encoded):
    encoded()
    vector = Vector(gallery.space, [0.0, 0.0, 1.0, 0.1])
    gallery.upsert([Record(id="a", image=picture("red"), vector=vector)])
    assert encoded() == 0
    assert gallery.get(["a"])[0].image == picture("red")


def test_a_stream_goes_on_after_a_bad_image(gallery, picture):
    batches = [[Record(id=str(n), image=picture("red", side=n + 2))] for n in range(20)]
    batches[7] = [Record(id="bad", image=picture.bad["cut off"])]
    errors = [results[0].error for results in gallery.upsert_stream(batches)]
    assert [n for n, error in enumerate(errors) if error] == [7]
    assert gallery.count() == 19
