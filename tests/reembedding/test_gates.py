"""Gates of a switch: their form, and what comes of them."""

import pytest

from vecstore.errors import InvalidArgument
from vecstore.reembedding.gates import gates_blocking, parsed_gate, parsed_gates, verdicts
from vecstore.reembeddings import ReembedReport

NDCG = "retrieval.ndcg@10"


def report(live, new, **more):
    return ReembedReport(figures={NDCG: (live, new)}, **more)


@pytest.mark.parametrize(
    ("text", "live", "new", "held"),
    [
        (">=live", 0.5, 0.5, True),
        (">=live", 0.5, 0.499, False),
        (">live", 0.5, 0.5, False),
        (" >= live - 0.02", 0.62, 0.6, True),
        (">=live-0.02", 0.62, 0.59, False),
        (">=live+0.1", 0.3, 0.4, True),
        (">=0.95*live", 0.8, 0.76, True),
        (">=.95*live", 0.8, 0.75, False),
        (">=1e-1*live", 0.8, 0.08, True),
        ("<=1.1*live+0.01", 1.0, 1.11, True),
        (">=0.7", None, 0.7, True),
        (">=0.7", 0.1, 0.69, False),
        (">-1", None, 0.0, True),
    ],
)
def test_a_gate_is_held_by_the_figures(text, live, new, held):
    (gate,) = parsed_gates([NDCG + text], True)
    ((written, passed, seen),) = verdicts([gate], report(live, new), {})
    assert (written, passed) == (gate, held)
    assert f"is {new:.4f}" in seen
    if "live" in text:
        assert f"{live:.4f} in the live space" in seen


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (NDCG + "=live", "not of the form FIGURE>=NUMBER or FIGURE>=live"),
        (NDCG + "==live", "not of the form"),
        (NDCG, "not of the form"),
        (NDCG + ">=dead", "'dead'"),
        (NDCG + ">=live*2", "'live*2'"),
        (NDCG + ">=0*live", "'0*live'"),
        (NDCG + ">=-1*live", "'-1*live'"),
        (NDCG + ">=nan", "'nan'"),
        (NDCG + ">=1e999", "'1e999'"),
        (NDCG + ">=live-1e999", "'live-1e999'"),
        ("retrieval.ndcg@20>=live", "'retrieval.ndcg@20'"),
        ("probe.accuracy@0>=live", "'probe.accuracy@0'"),
        ("probe.accuracy@>=live", "'probe.accuracy@'"),
        ("overlap>=0.5", "say"),
        ("neighbour.overlap@10>=0.5", ".36"),
        (7, "7"),
    ],
)
def test_what_is_no_gate_is_refused(text, part):
    with pytest.raises(InvalidArgument) as caught:
        parsed_gates(["probe.accuracy@10>=0.1", text], True)
    assert part in caught.value.message
    assert caught.value.details["field"] == "gate"


def test_gates_are_a_list_of_what_can_be_judged():
    with pytest.raises(InvalidArgument, match="give a list"):
        parsed_gates(f"{NDCG}>=live", True)
    with pytest.raises(InvalidArgument, match="--queries"):
        parsed_gates([f"{NDCG}>=live"], False)
    assert parsed_gates(["probe.linear@50 >= 0.9 * live", "pairs.spearman>0.2"], False) == (
        "probe.linear@50>=0.9*live",
        "pairs.spearman>0.2",
    )
    assert not parsed_gate("health.hubness<=3").beside_live


def test_a_gate_without_its_figure_does_not_hold_and_says_what_provides_it():
    missing = {NDCG: "judge both"}
    given = [f"{NDCG}>=live", f"{NDCG}>=0.1"]
    for live, new, held in ((None, 0.5, [False, True]), (0.5, None, [False, False])):
        found = tuple(verdicts(given, report(live, new), missing))
        assert [one[1] for one in found] == held
        assert found[0][2] == "judge both"
        blocking = gates_blocking(report(live, new, verdicts=found))
        assert len(blocking) == held.count(False)
        assert blocking[0].startswith(f"the gate {NDCG}>=live does not hold: judge both; ")


def test_the_interval_of_a_difference_is_told():
    found = report(0.5, 0.6, differences={NDCG: (0.1, 0.05, 0.15)})
    ((_, _, seen),) = verdicts([f"{NDCG}>=0.9*live"], found, {})
    assert seen == (
        f"{NDCG} is 0.6000 and 0.5000 in the live space, so that 0.4500 is asked for "
        "(difference +0.1000, 95 % interval +0.0500 to +0.1500)"
    )
    found = report(0.5, 0.6, intervals={NDCG: (None, (0.55, 0.65))})
    ((_, _, seen),) = verdicts([f"{NDCG}>=0.5"], found, {})
    assert seen == f"{NDCG} is 0.6000 (95 % interval 0.5500 to 0.6500)"
