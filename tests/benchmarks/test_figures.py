from benchmarks.figures import Bar, Figure
from benchmarks.table import page, sentences


def figure(value: float | None, bar: Bar | None, **more: str) -> Figure:
    return Figure("search", "a search", "10 q/s", "12 q/s", value, bar=bar, **more)


def test_a_lower_bar_is_met_from_its_limit_upwards() -> None:
    verdicts = [figure(value, Bar(0.85)).verdict for value in (0.84, 0.85, 2.0)]
    assert verdicts == ["missed", "met", "met"]


def test_an_upper_bar_is_met_up_to_its_limit() -> None:
    verdicts = [figure(value, Bar(1.25, most=True)).verdict for value in (0.5, 1.25, 1.26)]
    assert verdicts == ["met", "met", "missed"]


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert figure(None, Bar(0.85)).verdict == "skipped"
    assert figure(0.1, None).verdict == ""


def test_a_missed_bar_is_said_in_words() -> None:
    said = sentences([figure(0.5, Bar(0.85), note="slow disk"), figure(0.9, Bar(0.85))])
    assert said == ["Missed: a search: 0.500, and ≥ 0.85 is wanted (slow disk)."]


def test_the_page_holds_every_figure_and_the_machine() -> None:
    text = page([figure(0.5, Bar(0.85)), figure(None, Bar(2.0), note="none")], {"memory": "8 GiB"})
    assert "| a search | 10 q/s | 12 q/s | 0.500 | ≥ 0.85 | missed |" in text
    assert "Skipped: a search: none." in text
    assert "- memory: 8 GiB" in text


def test_a_plain_value_is_no_ratio() -> None:
    one = Figure("search", "recall", "0.9812", "0.9834", 0.9812, bar=Bar(0.99), plain=True)
    assert "| recall | 0.9812 | 0.9834 |  | ≥ 0.99 | missed |" in page([one], {})
    assert sentences([one]) == ["Missed: recall: 0.9812, and ≥ 0.99 is wanted."]
