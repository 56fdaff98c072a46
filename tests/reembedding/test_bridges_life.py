"""What becomes of a bridge: given up, forced, damaged, left behind, copied."""

import numpy as np
import pytest

import vecstore
from tests.reembedding.toys import PLUGIN, text_of
from vecstore import (
    CollectionNotFound,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Overloaded,
    Record,
    SpaceMismatch,
    StoreClosed,
)
from vecstore.backups.restoring import restore
from vecstore.registry import Registry
from vecstore.service.bridge_servicer import MOST_AT_ONCE, BridgesServicer
from vecstore.storage.movable import different_inputs
from vecstore.v1 import reembed_service_pb2 as pb

COUNT = 1500


def text(number):
    """Another text for each number, none of them bad."""
    return text_of(number).replace("a", "o")


@pytest.fixture(scope="module")
def toys():
    return Registry.load(vecstore.Settings(), plugins=[("toys", PLUGIN)], entry_points=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory, toys):
    """1,500 texts, of which 100 are bad, and a collection of columns."""
    with vecstore.open(tmp_path_factory.mktemp("life"), registry=toys) as store:
        docs = store.create_collection("docs", encoder="plain@1", fields={"other": "plain@1"})
        bad = {n: f"bad {text(n)}" for n in range(0, COUNT, 15)}
        docs.upsert(
            Record(f"r{n:04}", text=bad.get(n, text(n)), payload={"n": n % 3}) for n in range(COUNT)
        )
        docs.create_index("$text", "text")
        store.set_alias("also", "docs")
        yield store, docs


@pytest.fixture
def fitted(world):
    """A bridge that is worth something, and one that was forced."""
    _, docs = world
    yield docs.fit_bridge("turned@1", name="up"), docs.fit_bridge("noise@1", name="poor", force="x")
    for one in docs.list_bridges():
        docs.delete_bridge(one.name)


def test_the_mark_of_a_forced_one_is_in_every_answer(world, fitted, serving):
    store, docs = world
    with serving(store) as address, vecstore.connect(address) as remote:
        for one in (docs, remote.collection("docs"), store.collection("also")):
            for name, forced in (("up", False), ("poor", True)):
                over = {"bridge": name}
                answers = [
                    one.search("abc", 2, **over),
                    one.search("abc", 2, include_vectors=True, explain=True, **over),
                    one.search("abc", 2, filter={"n": 1}, **over),
                    *one.search_batch(["abc", "def"], 2, **over),
                    *(group.hits for group in one.search_groups("abc", "n", **over)),
                    one.search_hybrid("abc", 2, text="bad", **over).answers["default"],
                ]
                said = {(hits.bridge, hits.bridge_forced) for hits in answers}
                assert said == {(name, forced)}
                assert {hits.unfamiliarity for hits in answers} == {None}
            assert "the forced bridge 'poor'" in repr(one.search("abc", 1, bridge="poor"))
            assert not one.search("abc", 1).bridge_forced


def test_hybrid_searches_ask_the_field_that_it_leads_to(world, fitted, serving):
    store, docs = world
    query = store.encode("turned@1", [text(7)], role="query")[0]
    own = store.encode("plain@1", [text(7)], role="query")[0]
    with serving(store) as address, vecstore.connect(address) as remote:
        for one in (docs, remote.collection("docs")):
            found = one.search_hybrid(query, 3, text="bad", bridge="up")
            assert "r0007" in [hit.id for hit in found]
            assert found.answers["default"][0].id == "r0007"
            both = one.search_hybrid(fields={"default": query, "other": own}, bridge="up", k=3)
            assert [both.answers[name].bridge for name in ("default", "other")] == ["up", ""]
            with pytest.raises(InvalidArgument, match="'default', which is not searched; name it"):
                one.search_hybrid(own, fields=["other"], bridge="up")
            with pytest.raises(NotFound, match="has no bridge 'down'"):
                one.search_hybrid("abc", text="", bridge="down")
            with pytest.raises(SpaceMismatch, match="bridge='up'"):
                one.search_hybrid(query, text="")


def test_what_the_encoder_refuses_is_left_out(world, toys):
    store, docs = world
    told = []
    made = docs.fit_bridge("picky@1", name="some", on_progress=lambda *step: told.append(step))
    assert made.pairs + made.held_out == COUNT - 100
    assert told == sorted(told)
    assert (told[0], told[-1]) == ((0, COUNT), (COUNT, COUNT))
    docs.delete_bridge("some")
    with pytest.raises(InvalidArgument, match="columns@1 gives vectors for 0 of them") as caught:
        docs.fit_bridge("columns@1", name="none")
    assert "it reads categories" in caught.value.message
    few = store.create_collection("few", encoder="plain@1")
    few.upsert(Record(f"r{n}", text=f"{'bad ' * (n < 2)}{text(n)}") for n in range(1001))
    with pytest.raises(InvalidArgument, match=r"vectors for 999 of .*'bad .*' is bad"):
        few.fit_bridge("picky@1", name="none")
    assert few.list_bridges() == []


def test_whoever_gives_up_leaves_nothing(world, serving):
    store, docs = world

    def interrupted(done, _):
        if done:
            raise KeyboardInterrupt

    with serving(store) as address, vecstore.connect(address) as remote:
        far = remote.collection("docs")
        for one in (docs, far):
            with pytest.raises(KeyboardInterrupt):
                one.fit_bridge("turned@1", name="left", on_progress=interrupted)
        asked = {"name": "left", "field": "default", "pairs": COUNT, "seed": 0, "force": ""}
        steps = docs.bridge_steps("turned@1", **asked)
        while next(steps) != (COUNT, COUNT):
            pass
        # Fitted and judged, and nobody waits for it any more.
        assert next(steps) == (COUNT, COUNT)
        steps.close()
        assert docs.list_bridges() == []
        # It may take longer than a call may.
        assert far.with_timeout(1e-6).fit_bridge("turned@1", name="up").name == "up"
    docs.delete_bridge("up")


def test_what_is_closed_or_deleted_meanwhile_gets_none(tmp_path, toys):
    asked = {"name": "up", "field": "default", "pairs": 1000, "seed": 0, "force": ""}
    with vecstore.open(tmp_path, registry=toys) as store:

        def fits(name):
            docs = store.create_collection(name, encoder="plain@1")
            docs.upsert(Record(f"r{n}", text=text(n)) for n in range(1000))
            return [docs.bridge_steps("turned@1", **asked) for _ in range(2)]

        def begun(early, late):
            next(early)
            while next(late) != (1000, 1000):
                pass
            return early, late

        deleted, closed = (begun(*fits(name)) for name in ("gone", "docs"))
        store.delete_collection("gone")
        for steps in deleted:
            with pytest.raises(CollectionNotFound):
                list(steps)
    for steps in closed:
        with pytest.raises(StoreClosed):
            list(steps)
    with vecstore.open(tmp_path, registry=toys) as store:
        assert store.collection("docs").list_bridges() == []


def test_a_server_fits_few_at_a_time_and_stops_with_who_asked(world):
    store, docs = world
    servicer = BridgesServicer(store, None)
    request = pb.FitBridgeRequest(encoder="turned@1", name="up")
    request.subject.collection = "docs"
    for _ in range(2):
        steps = [servicer.FitBridge(request) for _ in range(MOST_AT_ONCE)]
        assert [next(one).total for one in steps] == [COUNT] * MOST_AT_ONCE
        with pytest.raises(Overloaded, match="being fitted already"):
            next(servicer.FitBridge(request))
        for one in steps:
            one.close()
    assert docs.list_bridges() == []


def test_inputs_are_drawn_from_all_of_the_field(world):
    store, _ = world
    row = store.row("docs").fields[0]
    with store.catalog.engine.connect() as connection:
        for count in (1, 700, 1000, COUNT - 1, COUNT, 2000):
            places = [int(one.id[1:]) for one in different_inputs(connection, row, count)]
            assert len(places) == min(count, COUNT)
            assert abs(np.mean(places) - (COUNT - 1) / 2) <= 1
            assert max(np.diff(places), default=1) <= COUNT // count + 1


def test_a_field_that_moves_while_it_is_fitted(tmp_path, toys, settled):
    with vecstore.open(tmp_path, registry=toys) as store:
        docs = store.create_collection("docs", encoder="plain@1")
        docs.upsert(Record(f"r{n:04}", text=text(n)) for n in range(1000))
        asked = {"name": "up", "field": "default", "pairs": 1000, "seed": 0, "force": ""}
        lonely = store.encode("plain@1", [text(2000)])[0]
        docs.upsert([Record("w", vector=lonely)])
        begun, late = (docs.bridge_steps("noise@1", **{**asked, "force": "x"}) for _ in range(2))
        next(begun), next(late)
        moving = docs.reembedding()
        moving.start("turned@1", without_input="carry")
        settled(moving)
        # That another space stands beside it changes nothing.
        list(begun)
        assert docs.list_bridges()[0].name == "up"
        docs.delete_bridge("up")
        moving.switch()
        with pytest.raises(
            FailedPrecondition, match=r"left plain@1 while the bridge 'up' .* not kept"
        ):
            list(late)
        assert docs.list_bridges() == []
        # In the space where it is now, it is asked for from the one that it left.
        back = docs.fit_bridge("plain@1", name="back")
        assert back.target.name == "turned@1"
        # What was carried over is no pair to fit on, and marked over a bridge as everywhere.
        assert back.pairs + back.held_out == 1000
        for hits in (
            docs.search(lonely, 2, bridge="back"),
            docs.search_batch([lonely, lonely], 2, bridge="back")[1],
            docs.search_hybrid(lonely, 2, text="", bridge="back").answers["default"],
        ):
            assert [(hits[0].id, hits[0].carried), hits[1].carried] == [("w", True), False]
        moving.finish()
        assert docs.search(text(3), 1, bridge="back")[0].id == "r0003"
        gone_and_made_again(store, docs, tmp_path)


def gone_and_made_again(store, docs, folder):
    """A bridge goes where its collection goes, and nowhere else."""
    query = store.encode("plain@1", [text(3)], role="query")[0]
    bridged = store.bridges.named(docs._row, docs._row.fields[0], "back").admit(query, "query")
    store.backup(folder / "all.backup")
    restore(folder / "all.backup", folder / "restored", registry=store.registry)
    with vecstore.open(folder / "restored", registry=store.registry) as other:
        there = other.collection("docs")
        assert there.list_bridges() == docs.list_bridges()
        assert there.search(bridged, 1, bridge="back")[0].id == "r0003"
    store.delete_collection("docs")
    anew = store.create_collection("docs", encoder="turned@1")
    anew.upsert([Record("a", text="abc")])
    assert anew.list_bridges() == []
    with pytest.raises(NotFound, match="'docs' has no bridge 'back'"):
        anew.search(bridged, 1, bridge="back")
    with pytest.raises(SpaceMismatch):
        anew.search(bridged, 1)
    with pytest.raises(SpaceMismatch):
        anew.upsert([Record("b", vector=bridged)])
