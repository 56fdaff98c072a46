"""The parts of the page: what is best, which classes are shown, who is right, what alarms."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from vecstore.evaluations import DataSummary, Figure, Protocol
from vecstore.judging.outcome import Judged, Outcome
from vecstore.judging.report.alarms import alarms
from vecstore.judging.report.confusion import MOST_SHOWN, heat_map
from vecstore.judging.report.curves import draw_curves, lines
from vecstore.judging.report.drawing import GREY, MOST_STYLES, style
from vecstore.judging.report.maps import draw_map, legend
from vecstore.judging.report.neighbours import first_results, sample_neighbours
from vecstore.judging.report.shown import shown, thumbnail
from vecstore.judging.report.table import best, figure_table


def figure(value, half=0.05):
    return Figure(value, value - half, value + half)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([figure(0.5), figure(0.9), figure(0.7)], 1),
        ([figure(0.9), None, figure(0.7)], 0),
        ([figure(0.9), figure(0.81)], None),
        ([Figure(0.9), figure(0.1)], None),
        ([figure(0.9), Figure(0.1)], None),
        ([figure(0.9)], None),
        ([figure(0.9), None], None),
        ([None, None], None),
    ],
)
def test_best_is_what_no_other_interval_reaches(given, expected):
    assert best(given) == expected


def test_health_is_never_ranked(make):
    judged = [
        Judged("a", make.space, {name: figure(at) for name in ("health.effective_rank", "pairs.x")})
        for at in (0.9, 0.1)
    ]
    groups = {group.title.split(":")[0]: group.rows for group in figure_table(judged)}
    assert [cell.best for cell in groups["Pairs"][0].cells] == [True, False]
    assert not any(cell.best for cell in groups["Health"][0].cells)


def test_rows_are_in_order_and_gaps_are_shown(make):
    table = figure_table(make.by_labels().judged)
    names = [row.name for group in table for row in group.rows]
    assert names == [
        "V-measure",
        "perceptron, 5 a class",
        "perceptron, 10 a class",
        "effective rank",
        "hubness",
        "duplicates",
    ]
    assert [cell.value for cell in table[-1].rows[0].cells] == ["7.0", "–"]
    assert table[1].rows[0].cells[0].interval == "0.750 to 0.850"


def test_the_most_frequent_classes_have_colours_and_the_rest_is_grey():
    labels = [f"class {n}" for n in range(20) for _ in range(n + 1)]
    keys = legend(labels)
    assert len(keys) == MOST_STYLES + 1
    assert "class 19" in keys
    assert "class 0" not in keys
    assert keys[None].name == "8 other classes"
    assert keys[None].colour == GREY
    looks = {(key.colour, key.marker) for key in keys.values()}
    assert len(looks) == len(keys)
    assert None not in legend(labels[-30:])


def test_labels_that_look_the_same_when_short_are_still_two():
    keys = legend(["x" * 100 + "a", "x" * 100 + "b"])
    assert len({(key.colour, key.marker) for key in keys.values()}) == 2


def test_a_map_draws_every_point(make):
    labels = ["a"] * 6 + ["b"] * 6 + [f"{n}" for n in range(20)]
    svg = draw_map(make.rows(32, 1), labels, 0)
    assert svg.count("<use ") == 32
    assert svg.startswith("<svg ")
    assert "http" not in svg
    assert style(0)[0] in svg
    assert GREY in svg


def test_curves_are_of_probes_only(make):
    judged = make.by_labels().judged
    (curve,) = draw_curves(judged)
    assert curve.title == "A perceptron with two hidden layers"
    assert curve.svg.count("stroke-dasharray") == 1
    assert draw_curves(make.by_pairs().judged) == ()
    assert [bool(line.dashes) for line in lines(judged)] == [False, True]


def test_all_classes_are_shown_where_they_are_few():
    found = heat_map(np.array([[8, 2], [0, 4]]), ["a", "b"])
    assert found.left_out == 0
    (_, (first, second), rest), (_, cells, _) = found.rows
    assert (first.text, second.text, rest.text) == ("80", "20", "")
    assert [cell.dark for cell in cells] == [False, True]


def test_of_many_classes_the_most_mixed_are_shown():
    count = 30
    confusion = 9 * np.eye(count, dtype=np.int64)
    confusion[4, 21] = 5
    confusion[17, 2] = 3
    confusion[28, 29] = 1
    found = heat_map(confusion, [f"c{n}" for n in range(count)])
    names = [name for name, _, _ in found.rows]
    assert len(names) == MOST_SHOWN
    assert {"c4", "c21", "c17", "c2", "c28", "c29"} <= set(names)
    assert found.columns == tuple(names)
    assert found.left_out == count - MOST_SHOWN
    shares = [sum(cell.share for cell in cells) + rest.share for _, cells, rest in found.rows]
    assert np.allclose(shares, 1)


def test_neighbours_are_marked_by_their_labels(make):
    outcome = make.by_labels()
    asked = sample_neighbours(outcome)
    assert len(asked) == 6
    assert {one.item.label for one in asked[:3]} == set(make.classes)
    for one in asked:
        ((name, found),) = one.found
        assert name == "words@1"
        assert len(found) == 5
        assert one.item.text not in [item.text for item in found]
        assert [item.right for item in found] == [item.label == one.item.label for item in found]
    marks = [item.right for one in asked for _, found in one.found for item in found]
    # Heaps that lie far from each other, of six each.
    assert all(marks)


def test_a_neighbour_of_another_class_is_wrong(make):
    outcome = make.by_labels()
    vectors = outcome.judged[0].vectors[np.tile(np.arange(3) * 6, 6)]
    mixed = Judged("words@1", make.space, {}, vectors + make.rows(1, 18) / 1e4)
    object.__setattr__(outcome, "judged", (mixed,))
    marks = [item.right for one in sample_neighbours(outcome) for item in one.found[0][1]]
    assert False in marks


def test_first_results_are_marked_by_relevance(make):
    (one,) = first_results(make.by_queries())
    assert one.item.text == "where is it"
    ((_, found),) = one.found
    assert [(item.text, item.right) for item in found] == [
        ("here", False),
        ("there", True),
        ("nowhere", False),
    ]


def judged(make, accuracy, rank=7.0, hubness=0.0):
    return Judged(
        "words@1",
        make.space,
        {
            "probe.accuracy@5": figure(accuracy),
            "health.effective_rank": Figure(rank),
            "health.hubness": Figure(hubness),
            "health.duplicates": Figure(0.0),
        },
    )


def told(counts, *judged):
    data = DataSummary("data", "0" * 64, counts)
    return alarms(Outcome(Protocol.LABELS, data, 0, {}, judged, ()))


@pytest.mark.parametrize("counts", [{"inputs": 100}, {"queries": 3, "documents": 100}])
def test_alarms_say_what_is_wrong(make, counts):
    baseline = Judged("TF-IDF", None, {"probe.accuracy@5": figure(0.5)})
    assert told(counts, judged(make, 0.8), baseline) == ()
    assert "looks collapsed" in told(counts, judged(make, 0.8, rank=1.0), baseline)[0]
    assert "again and again" in told(counts, judged(make, 0.8, hubness=9.0), baseline)[0]
    (one,) = told(counts, judged(make, 0.55), baseline)
    assert one == (
        "words@1 is not shown to be better than the baseline TF-IDF: perceptron, 5 a class 0.550 "
        "against 0.500."
    )


def test_repeated_inputs_are_told_where_there_are_probes(make):
    counts = {"inputs": 3000, "repeated": 12}
    (one,) = told(counts, judged(make, 0.8))
    assert one.startswith("12 of 3,000 inputs equal an earlier one")
    assert told(counts, Judged("words@1", make.space, {"clustering.v_measure": figure(0.5)})) == ()


def test_a_text_is_cut_and_laid_open():
    assert shown("  two\n\n words\t") == "two words"
    assert shown("a" * 300, 10) == "a" * 9 + "…"
    assert shown("\u202eabc\x07\ud800") == "\\u202eabc\\x07\\ud800"
    assert shown("שלום नमस्ते 👩\u200d🔬") == "שלום नमस्ते 👩\u200d🔬"


def test_a_thumbnail_is_small_and_in_proportion(make):
    _, _, packed = thumbnail(make.picture("red")).partition(",")
    with Image.open(io.BytesIO(base64.b64decode(packed))) as image:
        assert image.size == (84, 56)
        red, green, blue = image.getpixel((40, 20))
    assert red > 240
    assert green < 20
    assert blue < 20
    assert thumbnail(make.text("no image")) == ""
