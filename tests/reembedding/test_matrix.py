"""Every call that takes or gives vectors, with vectors of every space, at every step of the way.

One collection moves from the space A to the space B. What was asked of it embedded is asked over
gRPC as well, of the same store.
"""

import contextlib
import json
from functools import partial

import numpy as np
import pytest

import vecstore
from tests.reembedding.every_call import Noted, forgotten
from vecstore import Record, RecordReference, SpaceMismatch, SpaceRetired, Vector
from vecstore.bridges import BridgeInfo, BridgeKind, BridgeMap, bridged_space
from vecstore.errors import FailedPrecondition, InvalidArgument
from vecstore.exchange.exporting import export_records
from vecstore.exchange.importing import import_records

# A is live at the start, B is what it moves to, S is a stranger of the same dims.
NAMES = {"A": "letters@1", "B": "letters@2", "S": "strange@1"}

STEPS = ("before", "filling", "switched", "rolled back", "finished")

# What becomes of a vector of a space where none is named, in questions and in records:
#   A, B    it is taken, and the answer is of this space
#   other   refused: another space
#   staged  the same, and the message says how to search there
#   left    refused: the space was left, for which one, and when
#   left?   the same, and the message says how to search there, for it is still kept
#    before     filling    switched   back       finished
TAKEN = {
    "A": "A          A          left?      A          left",
    "B": "other      staged     B          staged     B",
    "S": "other      other      other      other      other",
}

# An import looks at the first vectors before it sends any, and does not say how to search.
IMPORTED = {name: row.replace("left?", "left ") for name, row in TAKEN.items()}

# The same in searches that name a space; "none": there is no such space beside the live one.
NAMED = {
    ("A", "A"): "A          A          A          A          none",
    ("B", "A"): "other      staged     other      staged     none",
    ("S", "A"): "other      other      other      other      none",
    ("A", "B"): "none       other      left?      other      left",
    ("B", "B"): "none       B          B          B          B",
    ("S", "B"): "none       other      other      other      other",
    ("S", "S"): "none       none       none       none       none",
}

# What answers a text, or an id, by the space that is named.
ASKED = {
    "": "A          A          B          A          B",
    "A": "A          A          A          A          none",
    "B": "none       B          B          B          B",
    "S": "none       none       none       none       none",
}

# The same in searches over a bridge from B to A, by what is asked; a text where nothing is named.
#   away    refused: the space that the bridge leads to is not live
BRIDGED = {
    "": "A          A          away       A          away",
    "A": "other      other      away       other      away",
    "B": "A          A          away       A          away",
    "S": "other      other      away       other      away",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory, registry, serving):
    """A collection with neighbours in each space, and what is asked of it."""
    folder = tmp_path_factory.mktemp("matrix")
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(vecstore.open(folder / "data", registry=registry))
        store.declare_space(NAMES["S"], dim=26, provenance="for tests")
        address = stack.enter_context(serving(store))
        remote = stack.enter_context(vecstore.connect(address))
        docs = store.create_collection("docs", encoder=NAMES["A"])
        store.set_alias("alias", "docs")
        docs.create_index("$text", "text")
        docs.upsert(
            [Record(id=f"r{n}", text=f"word{n:b} cat", payload={"n": n}) for n in range(12)]
        )
        for name, encoder in NAMES.items():
            store.create_collection(f"of-{name}", encoder=encoder)
        bridge(store, docs)
        yield World(folder, store, remote)


def bridge(store, docs):
    """A bridge from B to A, which changes nothing."""
    source, target = (store.space(NAMES[name]) for name in "BA")
    found = BridgeMap(BridgeKind.ORTHOGONAL, np.eye(26, dtype=np.float32))
    space = bridged_space(source, target, found.digest, "up")
    info = BridgeInfo("up", "docs", "default", source, target, space, found.kind, 0, 0)
    row = store.row("docs")
    store.bridges.rows.add(row, row.fields[0], info, found)


class World:
    """One collection as two callers see it, with a vector of every space."""

    def __init__(self, folder, store, remote):
        self.store = store
        self.moving = store.collection("docs").reembedding()
        # Handles from before the start.
        self.sides = {
            "embedded": (Noted(store), Noted(store.collection("docs"))),
            "gRPC": (Noted(remote), Noted(remote.collection("docs"))),
        }
        self.remote = remote
        numbers = np.linspace(0.1, 1.0, 26, dtype=np.float32)
        self.vectors, self.files = {}, {}
        for name in NAMES:
            own = store.collection(f"of-{name}")
            self.vectors[name] = Vector(own.space, numbers)
            own.upsert([Record(id="one", vector=self.vectors[name])])
            self.files[name] = folder / f"{name}.jsonl"
            export_records(own, self.files[name], include_vectors=True)

    def ask(self, query, docs, **space):
        """The space of the answer, by every kind of question."""
        yield "search", lambda: docs.search(query, 3, **space).space
        bare = {"include_payload": False, "include_text": False, **space}
        yield "bare search", lambda: docs.search(query, 3, **bare).space
        yield "filtered", lambda: docs.search(query, 3, filter={"n": 1}, **space).space
        yield "search_batch", lambda: docs.search_batch([query], 3, **space)[0].space
        groups = {"groups": 2, **space}
        yield "search_groups", lambda: docs.search_groups(query, "n", **groups)[0].hits.space
        if not isinstance(query, str):
            yield "recommend", lambda: docs.recommend([query], k=3, **space).space
            yield "unlike", lambda: docs.recommend(["r1"], [query], k=3, **space).space

    def hybrid(self, query, docs):
        answers = docs.search_hybrid(query, 3, text="cat").answers
        return answers["default"].space

    def write(self, name, docs):
        """Every way in for a vector; what comes in is taken out again."""
        record = Record(id="w", vector=self.vectors[name])

        def done(write):
            return lambda: self._out_again(write, docs, "w")

        def update():
            docs.upsert([Record(id="w", text="there before")])
            try:
                docs.update([record])
            except SpaceMismatch:
                docs.delete(["w"])
                raise

        def each(results):
            for one in results:
                if one.error:
                    raise one.error

        yield "upsert", done(lambda: docs.upsert([record]))
        yield "insert", done(lambda: docs.insert([record]))
        yield "update", done(update)
        yield "ingest", done(lambda: each(docs.ingest([record])))
        yield "upsert_stream", done(lambda: each(next(iter(docs.upsert_stream([[record]])))))
        if hasattr(docs, "ingest_batch"):  # what the server asks
            yield "ingest_batch", done(lambda: each(docs.ingest_batch([record])))
            yield "upsert_batch", done(lambda: each(docs.upsert_batch([record])))

    def calibrate(self, name, docs):
        """By queries that are all of one space; the last one is looked at, too."""
        numbers = np.linspace(0.1, 1.0, 26, dtype=np.float32)
        space = self.vectors[name].space
        rows = [Vector(space, np.roll(numbers, n % 26) * (1 + n)) for n in range(50)]

        def run():
            assert docs.calibrate(rows).source == "supplied"
            return docs.info().space

        return run

    def taken_in(self, name, docs):
        """The way in from a file."""
        return lambda: self._out_again(lambda: import_records(docs, self.files[name]), docs, "one")

    @staticmethod
    def _out_again(write, docs, record):
        write()
        found = docs.get([record], include_vectors=True)[0].vector.space
        docs.delete([record])
        return found


def outcome(world, call):
    """What became of a call, as the tables write it, and what was said of it."""
    named = {name: letter for letter, name in NAMES.items()}
    try:
        return named[call().name], ""
    except SpaceRetired as error:
        return left(world, error), error.message
    except SpaceMismatch as error:
        return "staged" if "staged beside" in error.message else "other", error.message
    except FailedPrecondition as error:
        away = "the bridge 'up' leads to letters@1" in error.message
        return "away" if away else error.message, error.message
    except InvalidArgument as error:
        return "none" if "has no space" in error.message else error.message, error.message


def left(world, error):
    """What is said of a space that was left: for which one, and when."""
    details = error.details
    assert details["live"] == NAMES["B"] == world.store.collection("docs").space.name
    assert (details["expected_version"], details["given_version"]) == ("2", "1")
    assert details["since"] == world.moving.status().switched_at
    assert details["since"] in error.message
    return "left?" if "space='letters@1'" in error.message else "left"


def seen(world, step):
    """Every outcome at one step, by side, call and spaces; and what the tables say of it. What is
    said of it is the same on both sides."""
    column = STEPS.index(step)
    found, expected, said = {}, {}, {side: {} for side in world.sides}
    for side, (store, docs) in world.sides.items():
        for key, call, row in (
            *of_vectors(world, store, docs),
            *where_named(world, docs),
            *over_a_bridge(world, docs),
            *without_vectors(world, store, docs),
        ):
            found[side, *key], said[side][key] = outcome(world, call)
            expected[side, *key] = row.split()[column]
    here, there = (
        {key: one for key, one in said[side].items() if not key[0].endswith("_batch")}
        for side in world.sides
    )
    assert here == there
    return found, expected


def of_vectors(world, store, docs):
    """Calls with vectors that say of which space they are, and no space beside."""
    for name, row in TAKEN.items():
        vector, there = world.vectors[name], RecordReference("one", f"of-{name}")
        for query in (vector, there):
            for call, run in world.ask(query, docs):
                yield (call, type(query).__name__, name), run, row
        for call, run in world.write(name, docs):
            yield (call, "Vector", name), run, row
        yield ("import", "Vector", name), world.taken_in(name, docs), IMPORTED[name]
        yield ("hybrid", "Vector", name), partial(world.hybrid, vector, docs), row
        yield ("calibrate", "Vector", name), world.calibrate(name, docs), row
        if name != "S":
            encoded = store.encode(NAMES[name], ["word1 cat"], role="query")[0]
            yield ("search", "encoded", name), lambda one=encoded: docs.search(one).space, row


def where_named(world, docs):
    """Searches that name a space, with vectors."""
    for (name, space), row in NAMED.items():
        for call, run in world.ask(world.vectors[name], docs, space=NAMES[space]):
            yield (call, "Vector", name, f"space={space}"), run, row


def over_a_bridge(world, docs):
    """Searches over a bridge; examples are looked for over none."""
    for name, row in BRIDGED.items():
        query = world.vectors.get(name, "word1 cat")
        for call, run in world.ask(query, docs, bridge="up"):
            if call not in ("recommend", "unlike"):
                yield (call, "bridged", name), run, row


def without_vectors(world, store, docs):
    """Calls that bring no vector along, and what gives vectors back."""
    for space, row in ASKED.items():
        named = {"space": NAMES[space]} if space else {}
        for query in ("word1 cat", RecordReference("r1")):
            for call, run in world.ask(query, docs, **named):
                yield (call, type(query).__name__, f"space={space}"), run, row
    for call, run in given(world, store, docs).items():
        yield (call,), run, ASKED[""]
    yield ("hybrid", "str"), partial(world.hybrid, "word1 cat", docs), ASKED[""]


def given(world, store, docs):
    """The space of the vectors that calls give back."""

    def exported():
        export_records(docs, world.files["A"].with_name("all.jsonl"), include_vectors=True)
        lines = world.files["A"].with_name("all.jsonl").read_text().splitlines()
        (space,) = {json.dumps(json.loads(one)["vector"]["space"]) for one in lines}
        return vecstore.Space(**json.loads(space))

    def first(hits):
        assert hits[0].vector.space == hits.space
        return hits.space

    return {
        "get": lambda: docs.get(["r1"], include_vectors=True)[0].vector.space,
        "list": lambda: docs.list(include_vectors=True).records[0].vector.space,
        "sample": lambda: docs.sample(1, include_vectors=True)[0].vector.space,
        "hits": lambda: first(docs.search("word1", include_vectors=True)),
        "info": lambda: docs.info().space,
        "list_collections": lambda: (
            {one.name: one for one in store.list_collections()}["docs"].space
        ),
        "space": lambda: docs.info() and docs.space,
        "encoder": lambda: store.space(docs.encoder),
        "by an alias": lambda: store.collection("alias").search("word1").space,
        "export": exported,
    }


def compared(world):
    """Comparing two vectors asks nothing of a collection: equal spaces, or nothing."""
    for store, _ in world.sides.values():
        for a, first in world.vectors.items():
            for b, second in world.vectors.items():
                with contextlib.nullcontext() if a == b else pytest.raises(SpaceMismatch) as caught:
                    assert store.compare(first, second).distance == pytest.approx(0, abs=1e-6)
                assert a == b or type(caught.value) is SpaceMismatch


def beside(world):
    """What is told to be beside the live space."""
    told = [docs.info().fields[0].beside for _, docs in world.sides.values()]
    assert told[0] == told[1]
    return "" if told[0] is None else f"{told[0].space.name} {told[0].state}"


def test_every_step(world, settled, monkeypatch):
    def hold(step, told):
        found, expected = seen(world, step)
        assert {key: found[key] for key in found if found[key] != expected[key]} == {}
        assert beside(world) == told
        compared(world)

    hold("before", "")
    with monkeypatch.context() as held:
        held.setattr(world.store.reembeddings, "begin", lambda _: None)
        world.moving.start(NAMES["B"], brought="leave_out", without_input="leave_out")
    # Of what was there before, nothing is in the new space yet; of what is written, all.
    anew = [Record(id=f"r{n}", text="word1 cat", payload={"n": n, "new": n}) for n in (1, 2)]
    world.sides["gRPC"][1].upsert(anew)
    hold("filling", "letters@2 staged")
    world.moving.resume()
    assert settled(world.moving).state == "ready"
    world.moving.switch()
    hold("switched", "letters@1 retired")
    world.moving.rollback()
    hold("rolled back", "letters@2 staged")
    world.moving.switch()
    world.moving.finish()
    hold("finished", "")
    found = sorted(forgotten(*world.sides.values(), world.remote._channel))
    assert found == [], " ".join(found)
