import pytest

from vecstore.errors import InvalidArgument
from vecstore.evaluations import DataSummary, Figure, Protocol
from vecstore.judging.gates import judge_gates, parse_gates
from vecstore.judging.outcome import Judged, Outcome
from vecstore.spaces import Space

FIGURES = ("clustering.v_measure", "probe.accuracy@10", "health.hubness")


def outcome(protocol, *judged):
    return Outcome(protocol, DataSummary("d", ""), 0, {}, judged, ())


def judged(name, **figures):
    space = None if name.startswith("TF") else Space(name, "1", 2, "0" * 64)
    values = {key.replace("__", "."): Figure(value) for key, value in figures.items()}
    return Judged(name, space, values)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("probe.accuracy@10>=0.7", "probe.accuracy@10>=0.7"),
        ("  probe.accuracy@10  <=  1e-3 ", "probe.accuracy@10<=0.001"),
        ("health.hubness< 3", "health.hubness<3"),
        ("clustering.v_measure >-1", "clustering.v_measure>-1"),
    ],
)
def test_gates_are_read_with_white_space_or_without(text, written):
    (gate,) = parse_gates([text], FIGURES)
    assert str(gate) == written


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("probe.accuracy@10", ["not of the form FIGURE>=NUMBER"]),
        ("probe.accuracy@10==0.7", ["not of the form"]),
        ("0.7<=probe.accuracy@10", ["'0.7'", "there will be"]),
        ("probe.accuracy@20>=0.7", ["'probe.accuracy@20'", ", ".join(FIGURES)]),
        ("health.hubness<three", ["'three'", "a number is needed"]),
        ("health.hubness<nan", ["'nan'"]),
        ("", ["not of the form"]),
    ],
)
def test_what_is_no_gate_is_refused(text, parts):
    with pytest.raises(InvalidArgument) as caught:
        parse_gates(["health.hubness<3", text], FIGURES)
    for part in parts:
        assert part in caught.value.message


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ("health.hubness>=2", True),
        ("health.hubness>2", False),
        ("health.hubness<=2", True),
        ("health.hubness<2", False),
        ("health.hubness<2.1", True),
        ("health.hubness>1.9", True),
    ],
)
def test_bounds_count_as_written(gate, passed):
    outcomes = [outcome(Protocol.LABELS, judged("a", health__hubness=2.0))]
    (verdict,) = judge_gates(parse_gates([gate], FIGURES), outcomes)
    assert (verdict.passed, verdict.value, verdict.encoder) == (passed, 2.0, "a")


def test_every_encoder_is_held_to_it_in_every_outcome_and_no_baseline():
    outcomes = [
        outcome(
            Protocol.LABELS,
            judged("a", health__hubness=1.0),
            judged("b", health__hubness=4.0),
            judged("TF-IDF", health__hubness=9.0),
        ),
        outcome(Protocol.RETRIEVAL, judged("a", health__hubness=5.0), judged("b")),
    ]
    found = judge_gates(parse_gates(["health.hubness<3"], FIGURES), outcomes)
    assert [(one.encoder, one.protocol, one.value, one.passed) for one in found] == [
        ("a", Protocol.LABELS, 1.0, True),
        ("b", Protocol.LABELS, 4.0, False),
        ("a", Protocol.RETRIEVAL, 5.0, False),
    ]
    assert str(found[2]) == "not passed: health.hubness<3 by a (retrieval: it is 5.0000)"


def test_a_figure_that_was_left_out_does_not_pass():
    outcomes = [outcome(Protocol.LABELS, judged("a", health__hubness=1.0))]
    (verdict,) = judge_gates(parse_gates(["probe.accuracy@10>=0"], FIGURES), outcomes)
    assert not verdict.passed
    assert str(verdict) == "not passed: probe.accuracy@10>=0 by a (the figure was left out)"
