"""Searches beside writes: what one search sees is what was true at one moment."""

import threading

import numpy as np
import pytest

from vecstore.index import keeper, rebuild

GROUP = 8
ROUNDS = 120
WAIT = 120


class Searchers:
    """Threads that search until told to stop, and keep the first thing that went wrong."""

    def __init__(self, count, look):
        self.stopping = threading.Event()
        self.wrong, self.searches = [], 0
        self.look = look
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(count)]

    def run(self, seed):
        rng = np.random.default_rng(seed)
        try:
            while not self.stopping.is_set():
                self.look(rng)
                self.searches += 1
        except BaseException as error:
            self.wrong.append(error)
            self.stopping.set()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(WAIT)
            assert not thread.is_alive()
        assert not self.wrong, self.wrong[0]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(rebuild, "_FEWEST_DEAD", 32)
    monkeypatch.setattr(keeper, "_SMALL", 5)
    monkeypatch.setattr(keeper, "_LARGE", 11)


@pytest.mark.parametrize("spec", ["hnsw", "exact"])
def test_no_batch_is_seen_by_half(make_field, random, spec):
    """Every write replaces all of a group; a search must see one version of it, whole."""
    field = make_field(spec)
    field.open()
    versions, begun, done = {}, [0], [0]
    centre = random(1)[0]

    def put(version):
        begun[0] = version
        vectors = centre + random(GROUP, seed=version) * 0.3
        # The labels are known to the searchers before they can be seen.
        for label in range(field.label + 1, field.label + 5 * GROUP):
            versions[label] = version
        field.write([(f"g{n}", vector) for n, vector in enumerate(vectors)])
        done[0] = version

    put(1)

    def look(rng):
        least = done[0]
        found = field.index.search(centre + rng.standard_normal(16).astype("f4") * 0.1, GROUP)
        most = begun[0]
        assert sorted(hit[1] for hit in found) == [f"g{n}" for n in range(GROUP)]
        seen = {versions[hit[2]] for hit in found}
        assert len(seen) == 1
        assert least <= seen.pop() <= most

    with Searchers(3, look) as searchers:
        for version in range(2, ROUNDS):
            if searchers.stopping.is_set():
                break
            put(version)
        field.index.wait_until_indexed(WAIT)
    assert searchers.searches > 0
    field.settle()
    assert field.index._state.graph.index is not None


def test_churn_under_search(make_field, random):
    """What was acknowledged is found, what was deleted is not, through rebuilds and snapshots."""
    field = make_field()
    field.open()
    vectors = random(4000)
    acknowledged, deleted = {}, set()

    def look(rng):
        gone = set(deleted)
        expected = dict(acknowledged)
        if not expected:
            return
        n = list(expected)[rng.integers(len(expected))]
        found = field.index.search(vectors[n], 10)
        ids = [hit[1] for hit in found]
        assert len(set(ids)) == len(ids)
        assert found == sorted(found)
        assert not gone & set(ids)
        assert ids[0] == f"r{n}" or n in dying
        if len(expected) > 500:
            assert len(found) == 10
        chosen = np.array([expected[n], 10**9])
        assert [h[1] for h in field.index.search(vectors[n], 3, allowed=chosen)] in (
            [f"r{n}"],
            [],
        )

    dying = set()
    with Searchers(2, look) as searchers:
        for start in range(0, 4000, 100):
            if searchers.stopping.is_set():
                break
            chosen = range(start, start + 100)
            labels = field.write([(f"r{n}", vectors[n]) for n in chosen])
            acknowledged.update(zip(chosen, labels, strict=True))
            if start >= 500:
                old = [n for n in list(acknowledged) if n < start - 300 and n % 5]
                dying.update(old)
                for n in old:
                    del acknowledged[n]
                field.write(deletes=[f"r{n}" for n in old])
                deleted.update(f"r{n}" for n in old)
            if start % 1000 == 0:
                field.index.snapshot()
        assert field.index.wait_until_indexed(WAIT)
    assert searchers.searches > 0
    field.settle()
    assert field.recall(random(20, seed=5)) >= 0.95
