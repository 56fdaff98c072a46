"""Limits on images, and on how many of them travel in one message."""

import io

import numpy as np
import pytest
from PIL import Image

import vecstore
from vecstore import Record
from vecstore.config import MIB, Settings

SMALL = {"max_image_bytes": 40_000, "max_image_pixels": 10_000, "max_message_bytes": MIB}


@pytest.fixture(scope="module")
def limited(tmp_path_factory, _plugins):
    """An open store with small limits."""
    folder = tmp_path_factory.mktemp("limited") / "store"
    with vecstore.open(folder, settings=Settings(**SMALL)) as store:
        yield store


@pytest.fixture(scope="module")
def small_server(limited, serving):
    with serving(limited, **SMALL) as address:
        yield address


@pytest.fixture(params=["embedded", "remote", "remote without limits"])
def gallery(request, limited):
    """An empty collection of paint@1: directly, and through clients that know the limits or not."""
    limited.create_collection("gallery", encoder="paint@1")
    if request.param == "embedded":
        yield limited.collection("gallery")
    else:
        settings = Settings(**SMALL if request.param == "remote" else {})
        address = request.getfixturevalue("small_server")
        with vecstore.connect(address, settings=settings) as remote:
            yield remote.collection("gallery")
    limited.delete_collection("gallery")


def noise(seed=0, side=90):
    """An image of about 24,000 bytes at 90 x 90, which nothing compresses."""
    draw = np.random.default_rng(seed)
    buffer = io.BytesIO()
    Image.fromarray(draw.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def flat(width, height):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_limits_of_one_image(gallery):
    gallery.upsert([Record(id="full", image=flat(100, 100)), Record(id="noise", image=noise())])
    large = noise() + bytes(40_001 - len(noise()))
    for image, words in (
        (flat(101, 100), "101 x 100 pixels; at most 10000 in all"),
        (flat(10_001, 1), "10001 x 1 pixels"),
        (large, "has 40001 bytes; at most 40000"),
    ):
        with pytest.raises(vecstore.InvalidInput, match=words):
            gallery.upsert([Record(id="ok", image=flat(1, 1)), Record(id="large", image=image)])
        with pytest.raises(vecstore.InvalidInput, match=words):
            gallery.search(image)
    assert gallery.upsert([Record(id="just", image=large[:-1])]) == 1
    assert [one.id for one in gallery.list().records] == ["full", "just", "noise"]


def test_a_batch_beyond_a_message(gallery, request):
    many = [Record(id=f"{n:02}", image=noise(n)) for n in range(60)]
    if "remote" not in request.node.name:
        assert gallery.upsert(many) == 60
        return
    with pytest.raises(vecstore.InvalidArgument, match=r"one message|larger than max|in one call"):
        gallery.upsert(many)
    assert gallery.count() == 0
    halves = list(gallery.upsert_stream([many[:30], many[30:]]))
    assert all(item.error is None for results in halves for item in results)
    assert gallery.count() == 60


def test_an_answer_beyond_a_message(gallery, limited, request):
    ids = [f"{n:02}" for n in range(60)]
    given = {id: noise(n) for n, id in enumerate(ids)}
    limited.collection("gallery").upsert(Record(id=id, image=one) for id, one in given.items())
    if "remote" in request.node.name:
        with pytest.raises(vecstore.InvalidArgument, match="images of these records have more"):
            gallery.get(ids)
    assert len(gallery.get(ids[:30])) == 30
    pages, token = [], ""
    while not pages or token:
        page = gallery.list(page_size=50, page_token=token)
        pages.append(page.records)
        token = page.next_page_token
    assert {one.id: one.image for page in pages for one in page} == given
    assert [one.id for page in pages for one in page] == ids
    sizes = [sum(len(one.image) for one in page) for page in pages]
    assert len(pages) > 2
    assert max(sizes) <= MIB // 2


def test_pages_end_where_they_should(limited):
    """Neither an empty page at the end nor one record for each page."""
    gallery = limited.create_collection("pages", encoder="paint@1")
    gallery.upsert(Record(id=f"{n:03}", text="red") for n in range(40))
    assert [len(gallery.list(page_size=size).records) for size in (1, 16, 17, 39, 40, 41)] == [
        *(1, 16, 17, 39, 40, 40)
    ]
    assert gallery.list(page_size=40).next_page_token == ""
    assert gallery.list(page_size=39).next_page_token != ""
    limited.delete_collection("pages")
