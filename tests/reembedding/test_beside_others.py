"""Others write, delete and search all the while: nothing is lost, and nobody is refused."""

import random
import threading

from vecstore import Record, ReembedState

RECORDS, WRITERS = 60, 2


def _write(docs, worker, ledger, done, faults):
    """Write and delete records of one's own."""
    rng = random.Random(worker)
    try:
        while not done.is_set():
            one = f"{worker}-{rng.randrange(RECORDS)}"
            if rng.random() < 0.3:
                docs.delete([one])
                ledger.pop(one, None)
            else:
                text = f"house {'abcdefg'[rng.randrange(7)] * rng.randrange(3, 9)} {worker}"
                docs.upsert([Record(id=one, text=text)])
                ledger[one] = text
    except Exception as error:
        faults.append(error)


def _search(docs, done, faults):
    try:
        while not done.is_set():
            assert docs.search("house aaa", k=5)
    except Exception as error:
        faults.append(error)


def test_moved_while_others_write(docs, store, settled):
    done, faults, ledgers = threading.Event(), [], [{} for _ in range(WRITERS)]
    docs.upsert([Record(id=f"s{n}", text=f"house {'xyz' * n}") for n in range(100)])
    others = [
        threading.Thread(target=_write, args=(docs, n, ledger, done, faults))
        for n, ledger in enumerate(ledgers)
    ]
    others.append(threading.Thread(target=_search, args=(docs, done, faults)))
    for one in others:
        one.start()
    moving = docs.reembedding()
    try:
        moving.start("letters@2", switch="auto")
        assert settled(moving).state is ReembedState.SWITCHED
        moving.rollback()
        moving.switch()
        moving.finish()
        moving.start("letters@1")
        moving.cancel()
        moving.start("letters@1")
        assert settled(moving).state is ReembedState.READY
        moving.switch()
    finally:
        done.set()
        for one in others:
            one.join()
    assert faults == []
    known = {one: text for ledger in ledgers for one, text in ledger.items()}
    present = {one.id: one.text for one in docs.list(page_size=1000).records}
    assert {one: text for one, text in present.items() if "-" in one} == known
    for space in ("letters@1", "letters@2"):
        hits = docs.search("house", k=1000, space=space)
        assert {hit.id for hit in hits} == set(present)
    status = moving.status()
    assert (status.counts.moved, status.blocked) == (len(present), ())
    assert {
        len(store.index(store.row("docs"), one).labels()) for one in store.row("docs").all_fields
    } == {len(present)}
