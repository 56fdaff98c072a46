"""Captions of stored images, embedded and over gRPC."""

import asyncio

import pytest

import vecstore
from vecstore import Record, Vector


@pytest.fixture
def filled(gallery, picture):
    gallery.upsert(
        [
            *(Record(id=name, image=picture(name)) for name in ("red", "green", "blue")),
            Record(id="written", text="red"),
            Record(id="bare", vector=Vector(gallery.space, [1.0, 2.0, 3.0, 4.0])),
        ]
    )
    return gallery


@pytest.fixture
def captions(embedded, monkeypatch):
    """captions(function): what paint@1 says from now on."""
    encoder = embedded.models.load(embedded.models.resolve("paint@1"))
    return lambda said: monkeypatch.setattr(encoder, "said", said)


def test_captions_come_in_the_order_asked_for(filled):
    assert filled.describe(["blue", "red", "blue"]) == [
        *("something blue", "something red", "something blue")
    ]
    assert filled.describe([]) == []
    assert filled.describe(["red"], encoder="paint") == ["something red"]


def test_captions_come_over_asyncio_too(embedded, address, picture):
    embedded.create_collection("aio", encoder="paint@1")

    async def main():
        async with await vecstore.aio.connect(address) as remote:
            gallery = await remote.collection("aio")
            await gallery.upsert([Record(id="a", image=picture("blue"))])
            with pytest.raises(vecstore.RecordNotFound):
                await gallery.describe(["nobody"])
            return await gallery.describe(["a"], encoder="paint@1")

    try:
        assert asyncio.run(main()) == ["something blue"]
    finally:
        embedded.delete_collection("aio")


def test_many_images_are_described_part_by_part(gallery, picture, captions):
    sizes = []

    def said(images):
        sizes.append(len(images))
        return [f"an image of {len(one.data)} bytes" for one in images]

    captions(said)
    images = {f"{n:02}": picture("red", side=n + 1) for n in range(40)}
    gallery.upsert(Record(id=name, image=data) for name, data in images.items())
    expected = [f"an image of {len(data)} bytes" for data in images.values()]
    assert gallery.describe(images) == expected
    assert max(sizes) < len(images)


def test_another_encoder_may_describe(store, picture):
    pixels = store.create_collection("pixels", encoder="pixels@1")
    pixels.upsert([Record(id="a", image=picture("green"))])
    assert pixels.describe(["a"], encoder="paint@1") == ["something green"]
    with pytest.raises(vecstore.InvalidArgument, match=r"pixels@1 does not.*such as paint@1"):
        pixels.describe(["a"])


def test_what_cannot_be_described(filled):
    for id, words in (
        ("written", "record 'written' of 'gallery' holds no image but text"),
        ("bare", "holds no image but only a vector"),
    ):
        with pytest.raises(vecstore.InvalidRecord, match=words) as caught:
            filled.describe(["red", id])
        assert caught.value.details["record"] == id
    with pytest.raises(vecstore.RecordNotFound, match="'nobody'"):
        filled.describe(["red", "nobody"])
    with pytest.raises(vecstore.EncoderNotFound, match="nobody@1"):
        filled.describe(["red"], encoder="nobody@1")
    with pytest.raises(vecstore.InvalidArgument, match="single string"):
        filled.describe("red")
    with pytest.raises(vecstore.InvalidRecord):
        filled.describe([7])


def test_images_that_were_not_kept(store, picture):
    gallery = store.create_collection("gallery", encoder="paint@1", store_inputs=False)
    gallery.upsert([Record(id="a", image=picture("red"))])
    with pytest.raises(vecstore.InvalidRecord, match="keeps no inputs"):
        gallery.describe(["a"])


def test_an_external_space_describes_nothing(store, embedded, picture):
    if "elsewhere@1" not in [info.name for info in embedded.list_encoders()]:
        embedded.declare_space("elsewhere@1", dim=2, provenance="made by this test")
    there = store.create_collection("there", encoder="elsewhere@1")
    image, vector = picture("red"), Vector(there.space, [1.0, 2.0])
    there.upsert([Record(id="a", image=image, vector=vector)])
    with pytest.raises(vecstore.InvalidArgument, match="elsewhere@1 is an external space"):
        there.describe(["a"])
    assert there.describe(["a"], encoder="paint@1") == ["something red"]


def test_an_image_that_the_encoder_refuses_is_named(filled, captions):
    def said(_images):
        raise vecstore.InvalidInput("too colourful", input=1)

    captions(said)
    with pytest.raises(vecstore.InvalidInput, match="record 'blue': too colourful") as caught:
        filled.describe(["red", "blue"])
    assert caught.value.details["position"] == "1"
    with pytest.raises(vecstore.InvalidInput, match=r"^too colourful$"):
        filled.describe(["red"])  # there is no second one to blame


@pytest.mark.parametrize(
    "said",
    [
        lambda _: ["only one"],
        lambda _: ["one", 2],
        lambda _: ["one", "\ud800"],
        lambda _: "ab",
        lambda _: None,
        lambda _: 1 / 0,
    ],
)
def test_what_a_plugin_does_wrong_is_told_as_such(filled, captions, said):
    captions(said)
    with pytest.raises(vecstore.PluginError, match=r"paint(@1)?.*plugin"):
        filled.describe(["red", "green"])


def test_a_drifted_encoder_describes_nothing(embedded, gallery, picture, monkeypatch):
    gallery.upsert([Record(id="a", image=picture("red"))])
    spec = next(s for s in _specs(embedded) if s.loader == "paint")
    changed = type(spec.load("", {}))
    monkeypatch.setattr(
        changed, "identity", lambda _: vecstore.Identity({"colours": "another"}), raising=True
    )
    monkeypatch.delitem(embedded.models._loaded, "paint@1")
    with pytest.raises(vecstore.ModelDrift):
        gallery.describe(["a"])


def _specs(store):
    return [store.registry.encoder_spec(name) for name in ("paint", "words")]
