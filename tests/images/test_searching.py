"""Every kind of search by the bytes of an image: embedded, over gRPC, on the command line."""

import json

import pytest

import vecstore
from vecstore import FieldValue, Record, RecordReference
from vecstore.cli.main import run

COLOURS = ("red", "green", "blue")


@pytest.fixture
def products(store, picture):
    made = store.create_collection("products", encoder="words@1", fields={"photo": "paint@1"})
    made.upsert(
        Record(
            f"{colour}-{size}",
            text="blue",
            fields={"photo": FieldValue(image=picture(colour))},
            payload={"size": size},
        )
        for colour in COLOURS
        for size in ("s", "m")
    )
    return made


def ids(hits):
    return [hit.id for hit in hits]


def test_in_a_field_of_its_own(products, picture):
    assert set(ids(products.search(picture("red"), 2, field="photo"))) == {"red-s", "red-m"}
    (found,) = products.search_batch([picture("green", "JPEG")], 1, field="photo")
    assert found[0].id in ("green-s", "green-m")
    groups = products.search_groups(picture("blue"), "size", field="photo")
    assert {group.hits[0].id for group in groups} == {"blue-s", "blue-m"}
    alike = products.recommend(["red-s"], ["green-s"], k=1, field="photo")
    assert ids(alike) == ["red-m"]
    (hit,) = products.search(picture("red"), 1, field="photo", include_vectors=True)
    assert hit.vector.space.model == "paint"


def test_a_field_that_reads_no_images_says_so(products, picture):
    with pytest.raises(vecstore.InvalidArgument, match="image"):
        products.search(picture("red"))
    with pytest.raises(vecstore.InvalidArgument, match="image"):
        products.search_groups(picture("red"), "size")


def test_spaces_of_two_fields_are_kept_apart(products):
    (photo,) = products.search("red", 1, field="photo", include_vectors=True)
    for search in (
        lambda: products.search(photo.vector),
        lambda: products.search_batch([photo.vector], include_payload=False, include_text=False),
        lambda: products.search_groups(photo.vector, "size"),
        lambda: products.recommend([photo.vector]),
        lambda: products.recommend(["red-s"], [photo.vector]),
    ):
        with pytest.raises(vecstore.SpaceMismatch):
            search()
    assert ids(products.recommend([RecordReference(photo.id), photo.vector], k=1, field="photo"))


def test_on_the_command_line(products, address, picture, tmp_path, capsys):
    def cli(*arguments):
        code = run([*map(str, arguments), "--json", "--server", address])
        out, err = capsys.readouterr()
        return json.loads(out if code == 0 else err.splitlines()[-1])

    (tmp_path / "red.png").write_bytes(picture("red"))
    arguments = ("search", "products", "--image", tmp_path / "red.png", "--field", "photo")
    assert cli(*arguments, "-k", 1)["hits"][0]["id"] in ("red-s", "red-m")
    groups = cli(*arguments, "--group-by", "size")["groups"]
    assert {one["hits"][0]["id"] for one in groups} == {"red-s", "red-m"}
    assert "image" in cli("search", "products", "--image", tmp_path / "red.png")["error"]["message"]
