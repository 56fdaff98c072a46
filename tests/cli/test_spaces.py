"""``vecstore spaces compare``."""

import pytest

TEXTS = [
    f"{verb} a {thing} number {n}"
    for n in range(5)
    for verb in ("open", "close", "read")
    for thing in ("file", "door", "book")
]


@pytest.fixture(autouse=True)
def _libraries(monkeypatch):
    for name in ("sklearn", "matplotlib", "jinja2"):
        pytest.importorskip(name)
    monkeypatch.setattr(
        "vecstore.judging.report.spaces.map_2d", lambda vectors, seed: vectors[:, :2]
    )


@pytest.fixture
def line(embedded):
    registered = embedded(
        "encoders", "register", "small@1", "--loader", "hashing", "--source", "", "--set", "dim=64"
    )
    assert registered.code == 0, registered.err
    return embedded


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS))
    return path


def test_it_prints_figures_and_what_they_mean(line, texts, tmp_path):
    page = tmp_path / "spaces.html"
    done = line("spaces", "compare", "hashing@1", "small@1", "--on", texts, "--report", page)
    assert done.code == 0, done.err
    assert "texts.txt: 45 inputs" in done.out
    assert "linear CKA" in done.out
    assert "there is not even a cosine between them" in done.out
    assert f"wrote {page}" in done.err
    assert "two spaces" in page.read_text(encoding="utf-8")


def test_json_holds_the_same(line, texts):
    done = line(
        "spaces", "compare", "hashing@1", "small@1", "--on", texts, "--json", "-k", "5", "--seed", 3
    )
    assert done.code == 0, done.err
    assert done.json["a"]["model"] == "hashing"
    assert done.json["b"]["dim"] == 64
    assert done.json["data"]["counts"] == {"inputs": 45}
    assert done.json["agreement"]["k"] == 5
    assert done.json["agreement"]["cosine"] is None
    assert 0 < done.json["agreement"]["cka"] <= 1
    assert done.json["seed"] == 3
    assert len(done.json["sentences"]) == 3


def test_a_bad_place_for_the_page_is_refused_before_a_store_is_made(embedded, texts, tmp_path):
    done = embedded("spaces", "compare", "hashing@1", "b@1", "--on", texts, "--report", tmp_path)
    assert done.code == 2
    assert "which is a folder" in done.err
    assert not embedded.data.exists()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("hashing@1", "hashing"), "both encoders are hashing@1"),
        (("hashing@1", "none@1"), "there is no encoder 'none@1'"),
    ],
)
def test_what_cannot_be_compared_is_refused(line, texts, names, said):
    done = line("spaces", "compare", *names, "--on", texts)
    assert done.code == 2
    assert said in done.err


def test_it_is_the_operators(call, texts):
    done = call("spaces", "compare", "a", "b", "--on", texts, "--server", "127.0.0.1:1")
    assert done.code == 2
    assert "comparing spaces is for the store's operator" in done.err


def test_nothing_is_made_where_the_data_is_not_there(embedded):
    done = embedded("spaces", "compare", "hashing@1", "b@1", "--on", "s3://bucket/x")
    assert done.code == 2
    assert not embedded.data.exists()
