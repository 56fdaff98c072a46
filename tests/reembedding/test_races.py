"""Two who do something at one moment: a filler and a writer, a switch and a writer, two steps."""

import threading
from dataclasses import replace

import pytest

import vecstore
from vecstore import Decision, Doing, Record, ReembedState
from vecstore.familiarity.fields import FieldFamiliarity
from vecstore.reembedding import filler, judging, reembedding, settling

pytestmark = pytest.mark.parametrize("opener", ["sqlite"], indirect=True)


def tagged(store, docs, one):
    """A record whose vector its caller brings, in the live space."""
    (vector,) = store.encode(docs.info().encoder, [f"tagged {one}"])
    docs.upsert([Record(id=one, text=f"text of {one}", vector=vector)])


def test_refused_by_a_write_and_by_the_filler(docs, settled, monkeypatch):
    """A write of the same text puts a refusal on record, which the filler has found, too."""
    bad, write = Record(id="bad", text="bad house"), filler._Filler._write

    def later(*arguments):
        docs.upsert([bad])
        write(*arguments)

    docs.upsert([bad])
    monkeypatch.setattr(filler._Filler, "_write", later)
    moving = docs.reembedding()
    moving.start("letters@3")
    status = settled(moving)
    assert (status.state, status.error) == (ReembedState.FILLED, "")
    assert [one.id for one in moving.failures()] == ["bad"]


@pytest.mark.parametrize("switch", ["manual", "auto"])
def test_tagged_vectors_without_end(store, docs, settled, monkeypatch, switch):
    """It does not go on for ever where more is always brought than was looked at."""
    before, passes = settling._switched if switch == "auto" else filler.fill, []

    def done(*arguments):
        passes.append(1)
        assert len(passes) < 100
        tagged(store, docs, f"a{len(passes)}")
        found = before(*arguments)
        tagged(store, docs, f"b{len(passes)}")
        return found

    if switch == "auto":
        monkeypatch.setattr(settling, "_switched", done)
    else:
        monkeypatch.setattr(filler, "fill", done)
    docs.reembedding().start("letters@2", brought="encode", switch=switch)
    status = settled(docs.reembedding())
    assert (status.state, status.error) == (ReembedState.FILLED, "")
    assert "in the new space yet; resume it" in status.blocked[0]


def test_resumed_before_the_pause_has_come_to_its_end(docs, letters, settled, monkeypatch):
    monkeypatch.setattr(reembedding, "_STOP_SECONDS", 0.01)
    moving = docs.reembedding()
    letters.gate.clear()
    moving.start("letters@2")
    assert letters.reached.wait(20)
    assert moving.pause().state is ReembedState.PAUSED
    resuming = threading.Thread(target=moving.resume)
    resuming.start()
    letters.gate.set()
    resuming.join()
    assert settled(moving).state is ReembedState.READY


def test_the_status_says_that_it_is_judged(docs, settled, monkeypatch):
    judge, seen = judging.judge, []

    def judged(*arguments):
        seen.append(docs.reembedding().status())
        return judge(*arguments)

    monkeypatch.setattr(judging, "judge", judged)
    docs.reembedding().start("letters@2")
    last = settled(docs.reembedding())
    (status,) = seen
    assert (status.state, status.doing) == (ReembedState.FILLING, Doing.JUDGING)
    assert (status.records_per_second, status.share) == (None, 1.0)
    assert (last.state, last.doing) == (ReembedState.READY, None)


def test_what_is_over_is_done_whatever_moves_next(store, docs, letters, settled):
    moving = docs.reembedding()
    moving.start("letters@2")
    settled(moving)
    moving.cancel()
    letters.gate.clear()
    letters.reached.clear()
    moving.start("letters@2")
    assert letters.reached.wait(20)
    first, second = store.list_operations(include_done=True)
    letters.gate.set()
    assert [(one.done, one.progress) for one in (first, second)] == [(True, 1.0), (False, 0.0)]
    assert store.reembeddings.status(int(first.id)).counts == vecstore.ReembedCounts()


def test_what_is_missing_stops_it_and_is_told(docs, settled, monkeypatch):
    """Not only what an encoder that is gone says."""

    def judge(*_):
        raise vecstore.NotFound("there is no transform 'short'")

    monkeypatch.setattr(judging, "judge", judge)
    docs.reembedding().start("letters@2")
    status = settled(docs.reembedding())
    assert (status.state, status.error) == (ReembedState.STOPPED, "there is no transform 'short'")


def test_what_a_roll_back_leaves_out_is_on_record(store, docs, settled):
    moving = docs.reembedding()
    moving.start("letters@2")
    settled(moving)
    moving.switch()
    tagged(store, docs, "own")
    assert moving.rollback(leave_out=True).options.rollback is Decision.LEAVE_OUT
    # It says what became of these, not what is to become of others.
    moving.switch()
    with pytest.raises(vecstore.ReembedBlocked, match="leave_out"):
        moving.rollback()
    docs.delete(["own"])
    assert moving.rollback(leave_out=True).options == replace(
        moving.status().options, rollback=Decision.ASK
    )


def test_calibrated_while_the_space_is_let_go(docs, settled, monkeypatch):
    """It is done for the space that the field lives in by then."""
    moving, scale_of, taken = docs.reembedding(), FieldFamiliarity.scale_of, []
    moving.start("letters@2")
    settled(moving)

    def finished(*arguments):
        if not taken:
            taken.extend([moving.switch(), moving.finish()])
        return scale_of(*arguments)

    monkeypatch.setattr(FieldFamiliarity, "scale_of", finished)
    docs.calibrate([chr(97 + n % 26) * (1 + n) for n in range(60)])
    assert taken[1].state is ReembedState.FINISHED
    assert docs.info().calibration.source == "supplied"


def test_an_encoder_that_is_gone_is_not_asked_for_each_input(store, docs, settled, monkeypatch):
    """Writes go on at their pace where the space beside the live one cannot be encoded into."""
    moving, asked = docs.reembedding(), []
    moving.start("letters@2")
    settled(moving)
    load = store.models.load

    def gone(release):
        if release.space.version == "1":
            return load(release)
        asked.append(release)
        raise vecstore.FailedPrecondition("its folder is gone")

    monkeypatch.setattr(store.models, "load", gone)
    docs.upsert([Record(id=f"n{n:02}", text=f"new {n}") for n in range(64)])
    assert (len(asked), len(moving.failures())) == (1, 64)
