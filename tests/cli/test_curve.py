import pytest

from vecstore.artifacts.manifest import CurvePoint
from vecstore.cli.curve import BLOCKS, PLAIN, WIDTH, draw_curve


def drawing(curve, name="training loss", **keywords):
    return draw_curve(curve, **keywords)[name].partition("  ")[0]


def points(losses):
    return [CurvePoint(step, loss) for step, loss in enumerate(losses)]


def test_levels_from_the_lowest_to_the_highest():
    assert drawing(points(range(8))) == BLOCKS
    assert drawing(points(range(8)), levels=PLAIN) == PLAIN


def test_both_losses_on_one_scale():
    curve = [CurvePoint(1, 8.0, 4.0), CurvePoint(2, 0.0, 4.0)]
    assert drawing(curve) == "█▁"
    assert drawing(curve, "validation loss") == "▅▅"


def test_many_points_share_a_column():
    losses = [float(n // 10) for n in range(WIDTH * 10)]
    line = drawing(points(losses))
    assert len(line) == WIDTH
    assert list(line) == sorted(line)
    assert (line[0], line[-1]) == ("▁", "█")


def test_points_lie_where_their_steps_are():
    curve = [CurvePoint(0, 1.0), CurvePoint(1, 1.0), CurvePoint(99, 0.0), CurvePoint(100, 0.0)]
    assert drawing(curve) == "███▁"


def test_figures():
    curve = [CurvePoint(1, 5.0), CurvePoint(1000, 1.23456), CurvePoint(2000, 2.0)]
    assert draw_curve(curve)["training loss"].endswith(
        "  5 at 1, 2 at 2,000; lowest 1.235 at 1,000"
    )


@pytest.mark.parametrize("curve", [[], [CurvePoint(1)], [CurvePoint(1, None, None, {"a": 1.0})]])
def test_nothing_to_draw(curve):
    assert draw_curve(curve) == {}


def test_one_point():
    assert draw_curve([CurvePoint(3, None, 2.0)]) == {"validation loss": "▁  2 at 3, 2 at 3"}
