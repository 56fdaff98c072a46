"""The comparison with other stores: its truth, its turns, its table."""

import numpy as np
import pytest

from benchmarks.figures import Bar
from benchmarks.peers import page
from benchmarks.peers.ground import draw, ranges_of
from benchmarks.peers.rounds import MOST, Measured, in_turn, tune
from benchmarks.peers.rows import Row, speed_row
from benchmarks.peers.truth import Truth

DIM = 8


class Known:
    """A side that answers exactly, or with some of the answers left out."""

    def __init__(self, truth, name="known", wrong=0, seconds=0.5):
        self.name, self.truth, self.wrong, self.seconds = name, truth, wrong, seconds
        self.ef = 0

    def ask(self, do, **what):
        if do == "tune":
            self.ef = what["ef"]
            return {}
        found = []
        ranges = what.get("ranges") or [None] * len(what["numbers"])
        for number, within in zip(what["numbers"], ranges, strict=True):
            cosines = self.truth.vectors @ self.truth.queries[number]
            if within is not None:
                places = self.truth.places
                cosines[(places < within[0]) | (places >= within[1])] = -2
            best = np.argsort(-cosines)[:10].tolist()
            found.append(best[: 10 - max(0, self.wrong - self.ef)])
        return {"found": found, "seconds": self.seconds}


@pytest.fixture
def truth():
    random = np.random.default_rng(0)
    rows = random.standard_normal((5000, DIM)).astype(np.float16)
    vectors, queries = draw(rows, 500)
    return Truth(vectors, queries, random.permutation(500))


def search(side, numbers, turn):
    return side.ask("search", numbers=numbers)


def test_recall_is_the_share_of_the_exact_answer(truth):
    found = in_turn([Known(truth), Known(truth, "less", wrong=3)], search, 2, truth)
    assert found["known"].recall == 1.0
    assert found["less"].recall == pytest.approx(0.7)


def test_what_a_store_does_once_makes_its_turns_no_shorter(truth):
    asked = []

    def slow_at_first(side, numbers, turn):
        asked.append(len(numbers))
        return {**search(side, numbers, turn), "seconds": 1.0 if len(asked) == 1 else 0.001}

    in_turn([Known(truth)], slow_at_first, 2, truth)
    assert asked[-1] == MOST


def test_a_key_that_comes_twice_counts_once(truth):
    best = int(np.argmax(truth.vectors @ truth.queries[0]))
    assert truth.recall([0], [[best] * 10]) == pytest.approx(0.1)


def test_a_store_that_ignores_the_filter_is_found_out(truth):
    with pytest.raises(RuntimeError, match="outside the filter"):
        truth.recall([0], [list(range(10))], [(0, 1)])


def test_with_a_filter_the_exact_answer_is_that_of_the_filter(truth):
    ranges = ranges_of(10, 500, repeated=False)
    side = Known(truth)

    def within(side, numbers, turn):
        return side.ask("search", numbers=numbers, ranges=ranges(numbers, turn))

    assert in_turn([side], within, 2, truth, ranges)["known"].recall == 1.0


def test_new_filters_differ_and_repeated_ones_do_not():
    new = ranges_of(100, 10_000, repeated=False)(list(range(50)), 1)
    same = ranges_of(100, 10_000, repeated=True)(list(range(50)), 1)
    assert len(set(new)) > 40
    assert len(set(same)) == 1
    assert all(high - low == 100 for low, high in new + same)


def test_the_smallest_ef_that_reaches_the_recall_is_taken(truth):
    side = Known(truth, wrong=40)
    tune(side, truth, 0.99)
    assert side.ef == 40


def test_rows_beyond_the_real_ones_are_like_them():
    random = np.random.default_rng(0)
    vectors, queries = draw(random.standard_normal((3000, 64)).astype(np.float32), 2500)
    assert vectors.shape == (2500, 64)
    assert queries.shape == (2000, 64)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likeness = np.einsum("ij,ij->i", vectors[1000:2000], vectors[:1000])
    assert 0.95 < likeness.mean() < 0.999


def measured(name, rate, recall):
    return Measured(name, np.array([rate, rate]), recall)


def test_the_ratio_is_to_the_quickest_peer_and_not_at_less_recall():
    found = {
        "ours": measured("ours", 300.0, 0.98),
        "slow": measured("slow", 10.0, 0.99),
        "quick": measured("quick", 100.0, 0.97),
    }
    row = speed_row("x", found, "ours", ("slow", "quick"), Bar(2.5))
    assert (row.against, row.ratio[1], row.verdict) == ("quick", 3.0, "met")
    found["ours"] = measured("ours", 300.0, 0.9)
    assert speed_row("x", found, "ours", ("slow", "quick"), Bar(2.5)).verdict == "missed"


def test_the_section_is_replaced_and_the_rest_of_the_page_kept(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text("# Benchmarks\n\nabove\n")
    row = Row("search", {"ours": "1 q/s"}, "chroma", (2.0, 3.0, 4.0), Bar(2.5), "a note")
    page.put(path, page.section([row], {"Python": "3"}))
    once = path.read_text()
    page.put(path, page.section([row], {"Python": "3"}))
    assert path.read_text() == once
    assert "| search | vecstore 1 q/s | 3.00 (2.00 – 4.00) | Chroma | ≥ 2.5 | met |" in once
    assert "- search: a note." in once
    assert page.without(once).strip() == "# Benchmarks\n\nabove"
    assert page.kept(path).startswith(page.BEGIN)
