import pytest

from vecstore import Figure


@pytest.mark.parametrize(
    ("figure", "shown", "interval"),
    [
        (Figure(0.8634, 0.8266, 0.8961), "0.863 (0.827 to 0.896)", "0.83 to 0.90"),
        (Figure(0.5, 0.0, 1.0), "0.500 (0.000 to 1.000)", "0.00 to 1.00"),
        (Figure(0.5), "0.500", ""),
    ],
)
def test_figures_in_words(figure, shown, interval):
    assert str(figure) == shown
    assert figure.interval(2) == interval
