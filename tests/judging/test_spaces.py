"""``store.compare_spaces``: one space turned into another, what is refused, what the page shows."""

import numpy as np
import pytest

import vecstore
from vecstore.config import Settings
from vecstore.encoders.hashing import HashingEncoder
from vecstore.errors import EncoderNotFound, InvalidArgument, InvalidInput, SpaceMismatch
from vecstore.hookspecs import hookimpl
from vecstore.judging.report import spaces as page
from vecstore.judging.report import spaces_picture, write_spaces_page
from vecstore.records import Modality
from vecstore.registry import Registry
from vecstore.spaces import Identity
from vecstore.specs import Encoder, EncoderSpec

WORDS = [
    "copy",
    "parse",
    "open",
    "file",
    "path",
    "tree",
    "date",
    "time",
    "read",
    "write",
    "list",
    "count",
    "move",
    "send",
]


class Turned(HashingEncoder):
    """The hashing encoder's vectors, turned by a rotation of its own."""

    def __init__(self, dim):
        super().__init__(dim)
        noise = np.random.default_rng(3).normal(size=(dim, dim))
        self._turn = np.linalg.qr(noise)[0].astype(np.float32)

    def identity(self):
        return Identity({"turned": 1})

    def encode(self, inputs, role):
        return super().encode(inputs, role) @ self._turn


class Pictures(Encoder):
    """Reads images only."""

    modalities = frozenset({Modality.IMAGE})
    dim = 4

    def identity(self):
        return Identity({"pictures": 1})

    def encode(self, inputs, role):
        return np.ones((len(inputs), 4), np.float32)


class Plugin:
    @hookimpl
    def vecstore_register_encoders(self):
        def spec(loader, kind, make):
            return EncoderSpec(
                loader=loader,
                summary="For tests.",
                modalities=(kind,),
                load=lambda source, options: make(),
            )

        return [
            spec("turned", Modality.TEXT, lambda: Turned(32)),
            spec("pictures", Modality.IMAGE, Pictures),
        ]


@pytest.fixture(autouse=True)
def _libraries():
    for name in ("sklearn", "matplotlib", "jinja2"):
        pytest.importorskip(name)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    registry = Registry.load(Settings(), plugins=[("test", Plugin())], entry_points=False)
    with vecstore.open(tmp_path_factory.mktemp("spaces"), registry=registry) as store:
        store.register_encoder("plain@1", loader="hashing", source="", options={"dim": 32})
        store.register_encoder("turned@1", loader="turned", source="")
        store.register_encoder("short@1", loader="hashing", source="", options={"dim": 16})
        store.register_encoder("seeing@1", loader="pictures", source="")
        yield store


def texts(count, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join([*rng.choice(WORDS, 4), f"n{n}"]) for n in range(count)]


@pytest.fixture(scope="module")
def found(store):
    return store.compare_spaces("plain@1", "turned", texts(200))


def test_a_rotation_of_one_space_is_strange_as_it_is_and_recovered_by_the_map(found):
    figures = found.agreement
    assert (found.a.name, found.b.name) == ("plain@1", "turned@1")
    assert abs(figures.cosine) < 0.2
    assert figures.hit < 0.1
    assert figures.overlap == pytest.approx(1.0)
    assert figures.cka == pytest.approx(1.0)
    assert figures.mapped_cosine > 0.99
    assert figures.mapped_hit > 0.99
    assert len(found.direct_cosines) == len(found.mapped_cosines) == 100
    assert np.allclose(found.mapped_cosines.mean(), figures.mapped_cosine, atol=1e-4)
    text = " ".join(found.sentences)
    assert f"have cosine {figures.cosine:.2f}: nothing" in text
    assert "the cosine is 1.00" in text
    assert "the store refuses to compare the two" in text


def test_the_store_goes_on_refusing(store, found):
    first, second = (store.encode(name, ["copy"])[0] for name in ("plain@1", "turned@1"))
    with pytest.raises(SpaceMismatch):
        store.compare(first, second)
    assert not store.list_evaluations().evaluations


def test_other_dims_have_no_cosine_and_still_a_map(store):
    found = store.compare_spaces("plain@1", "short@1", texts(60), k=5)
    assert found.agreement.cosine is None
    assert found.direct_cosines is None
    assert found.sentences[0] == (
        "An input's two vectors have 32 and 16 numbers: there is not even a cosine between them."
    )
    assert [line.name for line in found.lines if line.value is None] == [
        "cosine of an input's two vectors",
        "the same input is found first",
        "shared among 5 neighbours, one asking in the other",
    ]


def test_the_seed_decides(store, found):
    again, other = (
        store.compare_spaces("plain@1", "short@1", texts(80), limit=60, seed=seed)
        for seed in (1, 2)
    )
    same = store.compare_spaces("plain@1", "short@1", texts(80), limit=60, seed=1)
    assert same.agreement == again.agreement
    assert other.agreement != again.agreement
    assert again.data.counts == {"inputs": 60, "of": 80}


@pytest.mark.parametrize(
    ("names", "count", "options", "error", "said"),
    [
        (("plain@1", "plain"), 50, {}, InvalidArgument, "both encoders are plain@1"),
        (("plain@1", "none@1"), 50, {}, EncoderNotFound, "there is no encoder 'none@1'"),
        (("plain@1", "seeing@1"), 50, {}, InvalidInput, "seeing@1"),
        (("plain@1", "turned@1"), 19, {"k": 5}, InvalidArgument, "19 inputs.*at least 20"),
        (("plain@1", "turned@1"), 21, {}, InvalidArgument, "21 inputs.*at least 22"),
        (("plain@1", "turned@1"), 50, {"limit": 5}, InvalidArgument, "the limit is 5 inputs"),
        (("plain@1", "turned@1"), 50, {"seed": 2**32}, InvalidArgument, "0 to 4294967295"),
        (("plain@1", "turned@1"), 50, {"k": 0}, InvalidArgument, "k is 0"),
        (("plain@1", "turned@1"), 50, {"k": True}, InvalidArgument, "k is True"),
        (("plain@1", "turned@1"), 50, {"seed": -1}, InvalidArgument, "seed is -1"),
    ],
)
def test_what_cannot_be_compared_is_refused(store, names, count, options, error, said):
    with pytest.raises(error, match=said):
        store.compare_spaces(*names, texts(count), **options)


def test_progress_is_told(store):
    stages = []
    store.compare_spaces(
        "plain@1", "short@1", texts(30), k=5, on_progress=lambda one: stages.append(one.stage)
    )
    assert list(dict.fromkeys(stages)) == [
        "reading",
        "encoding with plain@1",
        "encoding with short@1",
        "comparing",
    ]


@pytest.fixture
def _quick_maps(monkeypatch):
    monkeypatch.setattr(page, "map_2d", lambda vectors, seed: vectors[:, :2])


@pytest.mark.usefixtures("_quick_maps")
def test_the_page_shows_both(tmp_path, found):
    path = tmp_path / "spaces.html"
    write_spaces_page(path, found)
    text = path.read_text(encoding="utf-8")
    assert "http:" not in text
    assert "https:" not in text
    for said in ("plain@1 and turned@1: two spaces", *found.sentences, "from the one to the other"):
        assert said.replace("'", "&#39;") in text
    assert text.count('aria-label="both clouds"') == 2
    across, mapped = (
        [part.partition("</ol>")[0] for part in text.split(f"<bdi>{name}</bdi>")[1:]]
        for name in ("from the one to the other", "after the rotation")
    )
    assert sum(part.count("✗") for part in across) > 15
    assert sum(part.count("✓") for part in mapped) > 20
    assert spaces_picture(found).startswith(b"\x89PNG")


@pytest.mark.usefixtures("_quick_maps")
def test_the_page_of_other_dims_leaves_out_what_there_is_not(store, tmp_path):
    path = tmp_path / "spaces.html"
    write_spaces_page(path, store.compare_spaces("plain@1", "short@1", texts(60), k=5))
    text = path.read_text(encoding="utf-8")
    assert "from the one to the other</bdi>" not in text
    assert "after the rotation</bdi>" in text
