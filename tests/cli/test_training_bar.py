import pytest

from vecstore.cli.model_fields import duration, figure
from vecstore.cli.training_bar import figures
from vecstore.tasks import Progress


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        (Progress("reading"), ""),
        (Progress("training", 5), "5"),
        (Progress("training", 5, 1000, loss=0.5), "5/1,000  loss 0.500"),
        (
            Progress("training", 5, 10, 1.5, 2.25, 12345.6, "tokens", 61),
            "5/10  loss 1.500  held out 2.250  12,346 tokens/s  1:01 left",
        ),
        (Progress("training", seconds_left=7265.4), "2:01:05 left"),
    ],
)
def test_figures_that_there_are(progress, shown):
    assert figures(progress) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (7260, "2 h 1 min"),
    ],
)
def test_durations(seconds, shown):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234567, "1,234,567"), (0.123456789, "0.123457"), ("x", "x"), (True, "true"), (None, "null")],
)
def test_values(value, shown):
    assert figure(value) == shown
