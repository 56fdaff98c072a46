"""What a task does before it trains comes out of its minutes."""

from dataclasses import replace

import pytest

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("spent", "left"), [(0.0, 3.0), (60.0, 2.0), (600.0, 0.01)])
def test_the_trainer_gets_what_is_left(letters, open_with, tmp_path, monkeypatch, spent, left):
    from vecstore.training import session, trainer

    asked = []
    now = [1000.0]
    monkeypatch.setattr(trainer, "optimise", lambda job, **given: asked.append(given["minutes"]))
    monkeypatch.setattr(session.time, "monotonic", lambda: now[0])

    def fit(data, run):
        now[0] += spent
        run.optimise(None)
        return letters.fit(data, run)

    with open_with(tmp_path / "store", replace(letters, fit=fit)) as store:
        store.train("letters", ["some letters"] * 9, name="ab", version="1", minutes=3.0)
    assert asked == [pytest.approx(left)]
