import numpy as np
import pytest

from vecstore.spaces import Metric


@pytest.fixture
def hide(wrapped):
    """A spec whose indexes cannot find the keys in the set that comes with it."""
    hidden = set()

    def make():
        spec, made = wrapped(hidden=property(lambda _: frozenset(hidden)))
        return spec, hidden, made

    return make


def side(field):
    return field.index._state.graph.side.keys.tolist()


@pytest.mark.parametrize("metric", [Metric.COSINE, Metric.L2])
def test_what_the_graph_cannot_reach_is_found_all_the_same(make_field, random, hide, metric):
    spec, hidden, _ = hide()
    field = make_field(spec, metric=metric)
    field.open()
    vectors = random(300)
    hidden.update(range(50, 60))
    field.fill(vectors)
    field.settle()
    lost = sorted(hidden & {label for label, _ in field.rows.values()})
    assert lost
    assert side(field) == lost
    for k in (1, 10, 299, 300, 400):
        field.check_exact(vectors[:80:9], k)
    ids = [id_ for id_, (label, _) in field.rows.items() if label in lost]
    field.write([(ids[0], vectors[200])], deletes=ids[1:3])
    field.check_exact(vectors[:80:9], 10)
    field.settle()
    assert side(field) == lost[3:]
    field.check_exact(vectors[:80:9], 10)


def test_checked_state_survives(make_field, random, hide):
    spec, hidden, made = hide()
    field = make_field(spec)
    field.open()
    hidden.update(range(1, 400, 37))
    field.fill(random(200))
    field.settle()
    before = side(field)
    field.index.close()
    searches = []
    hidden.clear()
    field.open()
    made[-1].search = lambda *a: searches.append(a) or made[-1].inner.search(*a)
    assert field.index.restored
    assert side(field) == before
    field.settle()
    assert not searches
    field.check_exact(random(5, seed=2))


def test_an_unfinished_check_is_begun_again(make_field, random, hide, monkeypatch):
    spec, hidden, _ = hide()
    field = make_field(spec)
    hidden.update(range(1, 100, 9))
    with monkeypatch.context() as patch:
        patch.setattr("vecstore.index.checking.Checker.due", lambda _: False)
        field.open()
        field.fill(random(100))
        assert field.index.wait_until_indexed(60)
        field.index.close()
    assert side(field) == []
    field.open()
    assert field.index.restored
    field.settle()
    assert side(field)
    field.check_exact(random(5, seed=2))


def test_all_are_checked_again_when_the_graph_has_grown(make_field, random, hide):
    """Links change: what was reachable once need not stay so, and the other way round."""
    spec, hidden, _ = hide()
    field = make_field(spec)
    field.open()
    hidden.add(1)
    field.fill(random(100), "a")
    field.settle()
    assert side(field) == [1]
    first = sorted(label for label, _ in field.rows.values())
    hidden.clear()
    hidden.add(first[1])
    field.fill(random(20, seed=1), "b")
    field.settle()
    assert side(field) == [1]
    field.fill(random(20, seed=2), "c")
    field.settle()
    assert side(field) == [first[1]]


@pytest.mark.parametrize("case", ["ip", "exact"])
def test_not_where_it_says_nothing(make_field, random, specs, case):
    field = make_field("exact") if case == "exact" else make_field(metric=Metric.IP)
    field.open()
    field.fill(random(50))
    field.settle()
    assert field.index._keeper.checker.checked == -1


def test_near_copies_are_not_taken_for_lost(make_field, random):
    """Fifty that differ in the last bit crowd each other out of the first ten."""
    field = make_field()
    field.open()
    base = random(1)[0]
    near = np.repeat(base[None], 50, axis=0)
    near[np.arange(50), np.arange(50) % 16] += np.arange(50, dtype=np.float32) * np.float32(1e-6)
    field.fill(np.concatenate([near, random(200, seed=1)]))
    field.settle()
    assert len(side(field)) < 10
    assert {id_ for _, id_, _ in field.index.search(base, 50)} == {f"r{n}" for n in range(50)}
