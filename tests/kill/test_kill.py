"""SIGKILL at random moments: nothing acknowledged is lost, nothing deleted comes back."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import harness
import refilling
import stepping


@pytest.mark.timeout(280)
def test_eight_kills(tmp_path):
    assert harness.run(tmp_path / "data", rounds=8, seed=20) == []


@pytest.mark.timeout(120)
def test_the_test_can_fail(tmp_path):
    """A server that acknowledges before it commits is caught."""
    wrong = harness.run(tmp_path / "data", 20, 1, "--early")
    assert any("batch" in line for line in wrong)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_thousand_kills(tmp_path):
    rounds = int(os.environ.get("KILLS", "1000"))
    assert harness.run(tmp_path / "data", rounds, seed=1000) == []


@pytest.mark.timeout(120)
def test_killed_while_a_new_space_is_filled(tmp_path):
    assert refilling.run(tmp_path, records=1500, rounds=2, seed=2) == []


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_many_kills_while_new_spaces_are_filled(tmp_path):
    kills = int(os.environ.get("KILLS", "1000"))
    for number in range(max(1, kills // 40)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert refilling.run(folder, records=4000, rounds=10, seed=number) == []


@pytest.fixture(params=["sqlite", "postgresql"])
def killer(request, tmp_path):
    """Kills at points of steps, of a store on either database."""
    database = None
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    with contextlib.closing(stepping.Killer(tmp_path / "data", database)) as killer:
        yield killer


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("killer", "points"),
    [
        ("sqlite", stepping.FEW),
        ("postgresql", stepping.FEW[::2]),
    ],
    indirect=["killer"],
)
def test_killed_between_the_transactions_of_a_step(killer, points):
    assert [line for step, point in points for line in killer.run(step, point)] == []


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_killed_at_every_point_of_every_step(killer):
    points = [(step, point) for step, points in stepping.POINTS.items() for point in points]
    assert [line for step, point in points for line in killer.run(step, point)] == []
