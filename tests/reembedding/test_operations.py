"""What an operation says of itself, in one line."""

from dataclasses import replace

import pytest

from vecstore import Doing, ReembedCounts, ReembedState, ReembedStatus, Space
from vecstore.reembedding.operations import described

FILLING = ReembedStatus(
    id="3",
    collection="docs",
    field="title",
    source=Space("a", "1", 4, "f" * 64),
    target=Space("b", "2", 8, "e" * 64),
    state=ReembedState.FILLING,
    counts=ReembedCounts(total=4000, moved=1000, pending=3000),
    records_per_second=1234.5,
    seconds_left=2.4,
    running=True,
)


def test_while_it_is_filled():
    operation = described(FILLING)
    assert (operation.id, operation.kind, operation.subject) == ("3", "reembed", "docs/title")
    assert (operation.state, operation.done, operation.progress) == ("filling", False, 0.25)
    assert operation.message == "a@1 to b@2, 1,000 of 4,000 records, 1,234/s, 2 s left"


@pytest.mark.parametrize(
    ("seconds", "said"), [(59.4, "59 s"), (600.0, "10 min"), (9000.0, "2.5 h")]
)
def test_time_that_is_left(seconds, said):
    assert described(replace(FILLING, seconds_left=seconds)).message.endswith(f", {said} left")


def test_before_and_after_it_is_filled():
    new = described(replace(FILLING, counts=ReembedCounts(), records_per_second=None))
    assert new.progress == 0.0
    assert new.message == "a@1 to b@2, 2 s left"
    judged = replace(FILLING, counts=ReembedCounts(total=4, moved=4), doing=Doing.JUDGING)
    assert described(judged).message == "a@1 to b@2, 4 of 4 records, being judged"
    still = replace(judged, running=False, doing=None, records_per_second=None, seconds_left=None)
    blocked = replace(still, state=ReembedState.FILLED, blocked=("it is.", "so."))
    assert described(blocked).message == "a@1 to b@2, 4 of 4 records; it is; so"
    over = replace(still, state=ReembedState.FINISHED, counts=ReembedCounts(), running=False)
    assert (described(over).done, described(over).progress) == (True, 1.0)
