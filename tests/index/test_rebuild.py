import numpy as np
import pytest

from vecstore.index import rebuild
from vecstore.spaces import Metric


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(rebuild, "_FEWEST_DEAD", 16)
    monkeypatch.setattr(rebuild, "_STEP", 10)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("spec", ["hnsw", "exact"])
def test_the_dead_are_cleared_away(make_field, random, spec, metric):
    field = make_field(spec, metric=metric)
    field.open()
    vectors = np.concatenate([np.repeat(random(40), 3, axis=0), random(280, seed=1)])
    field.fill(vectors)
    field.settle()
    old = field.index._state.graph.index
    field.write(deletes=[f"r{n}" for n in range(0, 400, 3)])
    field.settle()
    graph = field.index._state.graph
    assert graph.index is not old
    assert (len(graph.index), graph.removed) == (40 + 280 - 94, 0)
    queries = random(10, seed=3)
    assert field.recall(queries) >= 0.9
    field.index.close()
    field.open()
    assert field.index.restored
    assert field.recall(queries) >= 0.9
    field.fill(vectors[:30], "again")
    field.settle()
    assert field.recall(queries) >= 0.9


def test_not_for_a_few(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(400))
    field.settle()
    old = field.index._state.graph.index
    field.write(deletes=[f"r{n}" for n in range(90)])
    field.settle()
    assert field.index._state.graph.index is old
    assert field.index._state.graph.removed == 90


def test_nothing_is_left(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(100))
    field.settle()
    field.write(deletes=sorted(field.rows))
    field.settle()
    assert len(field.index._state.graph.index) == 0
    field.fill(random(50), "new")
    field.settle()
    assert field.recall(random(5, seed=2)) >= 0.95


def test_writes_go_on_meanwhile(make_field, random, wrapped, hold):
    """Between any two steps of a rebuild things die, come, and come back."""
    rng = np.random.default_rng(7)
    vectors = random(400)
    spec, made = wrapped()
    field = make_field(spec)
    field.open()
    field.fill(vectors[:200])
    field.settle()
    field.write(deletes=[f"r{n}" for n in range(49)])
    field.settle()
    hold(field.index)
    field.write(deletes=[f"r{n}" for n in range(49, 52)])
    step = field.index._keeper._step
    steps = 0
    while len(made) == 1 or field.index._state.graph.index is made[0]:
        ids = rng.choice(sorted(field.rows), 6, replace=False).tolist()
        again = [(id_, field.rows[id_][1]) for id_ in ids[:2]]
        new = [(f"n{rng.integers(10**9)}", vectors[rng.integers(200, 400)]) for _ in range(2)]
        if steps % 5 == 0:
            field.write([*again, *new], deletes=ids[2:4])
        field.check_exact(vectors[::150], 7)
        step()
        steps += 1
    assert steps > 10
    while not field.index._keeper.settled():
        step()
    assert field.index._state.graph.alive == len(
        {values.tobytes() for _, values in field.rows.values()}
    )
    returned = field.index._state.graph.index.search(vectors[0], 10_000)[0]
    assert len(returned) == field.index._state.graph.alive
    field.check_exact(vectors[::20], 10)
