"""Task cards come from the model's own README.md, and from nowhere else."""

import pytest
from vecstore_sentence_transformers.cards import card_of

CARD = """---
language: {language}
datasets: {datasets}
pipeline_tag: sentence-similarity
---
# A model
"""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def fetched(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", fetched)
    monkeypatch.setattr("socket.getaddrinfo", fetched)


def test_what_it_was_trained_for_and_on(tmp_path):
    (tmp_path / "README.md").write_text(CARD.format(language="[en, de]", datasets="[snli, 2024]"))
    card = card_of(tmp_path)
    assert card.trained_for == "sentence-similarity"
    assert card.data == {"datasets": ["snli", "2024"], "languages": ["en", "de"]}
    assert "README.md" in card.source


def test_one_of_each_is_a_list_of_one(tmp_path):
    (tmp_path / "README.md").write_text(CARD.format(language="en", datasets="snli"))
    assert card_of(tmp_path).data == {"datasets": ["snli"], "languages": ["en"]}


def test_data_without_a_task(tmp_path):
    (tmp_path / "README.md").write_text("---\ndatasets: [snli]\n---\n")
    assert (card_of(tmp_path).trained_for, card_of(tmp_path).data) == (
        "not said",
        {"datasets": ["snli"]},
    )


def test_what_is_no_text_is_left_out_and_what_is_long_is_cut(tmp_path):
    (tmp_path / "README.md").write_text(
        '---\npipeline_tag: "a\\0"\nlanguage: "\\ud800"\n'
        f'datasets: [snli, "\\ud800", "\\0", " ", [[a]], {{a: b}}, {"x" * 5000}]\n---\n'
    )
    card = card_of(tmp_path)
    assert (card.trained_for, card.data) == ("not said", {"datasets": ["snli", "x" * 200]})


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "# A model of which nothing is said",
        "---\nlicense: mit\n---\n",
        "---\n: [\n---\n",
        "---\n- a list\n---\n",
        "---\nmodel-index: 5\n---\n",
    ],
)
def test_what_is_not_said_is_not_known(tmp_path, text):
    if text is not None:
        (tmp_path / "README.md").write_text(text)
    assert card_of(tmp_path) is None


def test_minilm(minilm):
    card = minilm.card()
    assert card.trained_for == "sentence-similarity"
    assert {"snli", "ms_marco"} <= set(card.data["datasets"])
    assert card.data["languages"] == ["en"]
