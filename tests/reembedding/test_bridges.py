"""An older space is asked with a newer model's queries: how good the map is, and who may use it."""

import json
import pickle

import numpy as np
import pytest

import vecstore
from tests.reembedding.toys import DIM, PLUGIN, text_of
from vecstore import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Record,
    RecordReference,
    SpaceMismatch,
    Vector,
    aio,
)
from vecstore.cli.main import run
from vecstore.reembeddings import space_to_json
from vecstore.registry import Registry
from vecstore.storage import tables

COUNT = 1100
FIGURES = {"recall@1", "overlap", "ceiling", "overlap/ceiling"}


@pytest.fixture(scope="module")
def toys():
    return Registry.load(vecstore.Settings(), plugins=[("toys", PLUGIN)], entry_points=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path, toys):
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with vecstore.open(tmp_path / "data", database=url, registry=toys) as store:
        yield store


@pytest.fixture
def docs(store):
    """1,100 texts, some of them twice, and vectors of the caller's own."""
    docs = store.create_collection("docs", encoder="plain@1")
    texts = [text_of(n) for n in range(COUNT)] + [text_of(n) for n in range(20)]
    docs.upsert(Record(f"r{n:04}", text=one, payload={"n": n % 3}) for n, one in enumerate(texts))
    own = Vector(docs.space, np.arange(1, DIM + 1, dtype=np.float32))
    docs.upsert(Record(f"v{n}", text=f"own {n}", vector=own) for n in range(10))
    return docs


def test_fitted_asked_listed_and_deleted(store, docs, serving):
    made = docs.fit_bridge("turned@1", name="up", seed=3)
    # Equal inputs count once, and vectors that no encoder made not at all.
    assert (made.pairs, made.held_out) == (COUNT - COUNT // 5, COUNT // 5)
    assert {name for name, one in made.figures.items() if one.low <= one.value <= one.high} == (
        FIGURES
    )
    assert made.figures["recall@1"].value == 1.0 > made.figures["recall@1"].low > 0.98
    assert made.figures["overlap"].value > 0.95
    assert (made.kind, made.forced, made.source.name) == ("orthogonal", "", "turned@1")
    assert made.space not in (made.source, made.target)
    text = text_of(7)
    old, new = (store.encode(one, [text], role="query")[0] for one in ("plain@1", "turned@1"))
    with serving(store) as address, vecstore.connect(address) as remote:
        far = remote.collection("docs")
        assert far.list_bridges() == docs.list_bridges() == [made]
        assert list(far.list_bridges()[0].figures) == list(made.figures)
        for one in (docs, far):
            for query in (text, new):
                hits = one.search(query, 2, bridge="up")
                assert ({hit.id for hit in hits}, hits.bridge) == ({"r0007", f"r{COUNT + 7}"}, "up")
                assert (hits.space, hits.unfamiliarity) == (docs.space, None)
                assert "over the bridge 'up'" in repr(hits)
                assert pickle.loads(pickle.dumps(hits)).bridge == "up"
            filtered = one.search(text, 1, bridge="up", filter={"n": 1})
            assert (filtered.bridge, filtered.unfamiliarity) == ("up", None)
            batch = one.search_batch([text, new], 1, bridge="up")
            assert [(hits[0].id, hits.bridge) for hits in batch] == [("r0007", "up")] * 2
            assert one.search_groups(text, "n", bridge="up")[0].hits.bridge == "up"
            assert one.search(old, 1).bridge == ""
            # A query that is bridged already.
            mapped = docs._store.bridges.named(docs._row, docs._row.fields[0], "up").admit(new, "q")
            assert mapped.space == made.space
            assert one.search(mapped, 1, bridge="up")[0].id == "r0007"
            refused(store, one, old, new, mapped)
        twice = far.fit_bridge("turned@1", name="again", seed=3)
        assert twice.figures == made.figures
        assert twice.space != made.space
        far.delete_bridge("again")
        asyncio_too(address, made)
    docs.delete_bridge("up")
    with pytest.raises(NotFound, match=r"has no bridge 'up'; it has none: fit one"):
        docs.search(text, bridge="up")


def refused(store, docs, old, new, mapped):
    """What is no question for this bridge, and what is none without it."""
    for given in (new, mapped):
        for call in (docs.search, lambda one: docs.search_batch([one])):
            with pytest.raises(SpaceMismatch, match="over a bridge, say bridge='up'"):
                call(given)
    for query in (old, RecordReference("r0001")):
        with pytest.raises(SpaceMismatch, match="takes queries of turned@1: leave bridge out"):
            docs.search(query, bridge="up")
    other = store.encode("noise@1", ["a"])[0]
    with pytest.raises(SpaceMismatch, match="cannot be compared with vectors of turned@1"):
        docs.search(other, bridge="up")
    with pytest.raises(InvalidArgument, match="leads to the live space, and space 'plain@1'"):
        docs.search("a", bridge="up", space="plain@1")
    with pytest.raises(InvalidArgument, match="over no bridge; leave it out"):
        docs.recommend(["r0001"], bridge="up")
    with pytest.raises(SpaceMismatch):
        docs.upsert([Record("w", vector=new)])
    for call in (docs.delete_bridge, lambda name: docs.search("a", bridge=name)):
        for name in ("down", "up\0", "u" * 1000):
            with pytest.raises(NotFound, match=r"has no bridge '.*'; it has: up"):
                call(name)
    for error, match, encoder, given in (
        (AlreadyExists, "has a bridge 'up' already", "turned@1", {"name": "up"}),
        (InvalidArgument, "'a b' is not a bridge's name", "turned@1", {"name": "a b"}),
        (InvalidArgument, "pairs is 999; a whole number from 1000", "turned@1", {"pairs": 999}),
        (InvalidArgument, "lives in plain@1 already", "plain@1", {}),
        (
            FailedPrecondition,
            r"finds 0\.\d\d .* of 220 others again .*is refused",
            "noise@1",
            {"force": " "},
        ),
        (NotFound, "no encoder", "nobody@1", {}),
    ):
        with pytest.raises(error, match=match):
            docs.fit_bridge(encoder, **{"name": "x", **given})
    assert [one.name for one in docs.list_bridges()] == ["up"]


def asyncio_too(address, made):
    import asyncio

    async def ask():
        async with await aio.connect(address) as remote:
            docs = await remote.collection("docs")
            assert await docs.list_bridges() == [made]
            forced = await docs.fit_bridge("noise@1", name="poor", force="for a test")
            assert forced.forced == "for a test"
            assert forced.figures["recall@1"].value < 0.9
            assert (await docs.search(text_of(7), 1, bridge="poor")).bridge == "poor"
            await docs.delete_bridge("poor")

    asyncio.run(ask())


def test_of_its_collection_space_and_encoder_alone(tmp_path, toys, settled):
    with vecstore.open(tmp_path, registry=toys) as store:
        few = store.create_collection("few", encoder="plain@1", fields={"other": "plain@1"})
        few.upsert(Record(f"r{n}", text=text_of(n)) for n in range(3))
        with pytest.raises(InvalidArgument, match=r"has 3 different stored inputs .* 1,000 at le"):
            few.fit_bridge("turned@1", name="up")
        docs = store.create_collection("docs", encoder="plain@1", fields={"other": "plain@1"})
        docs.upsert(Record(f"r{n}", text=text_of(n)) for n in range(1000))
        docs.fit_bridge("turned@1", name="up", force="not needed")
        assert docs.list_bridges()[0].forced == ""
        with pytest.raises(NotFound, match="'few' has no bridge 'up'"):
            few.search("a", bridge="up")
        with pytest.raises(InvalidArgument, match="leads to the field 'default', not to 'other'"):
            docs.search("a", field="other", bridge="up")
        with pytest.raises(InvalidArgument, match="no vector field 'none'"):
            docs.fit_bridge("turned@1", name="x", field="none")
        moving = docs.reembedding()
        moving.start("turned@1", switch="auto")
        assert settled(moving).state == "switched"
        said = "leads to plain@1, and the field 'default' of 'docs' lives in turned@1 now"
        with pytest.raises(FailedPrecondition, match=said):
            docs.search("a", bridge="up")
        moving.rollback()
        assert docs.search(text_of(1), 1, bridge="up")[0].id == "r1"
        # Numbers that are not those that were written are used by nobody.
        with store.catalog.engine.begin() as connection:
            row = connection.execute(tables.bridges.select()).mappings().one()
        noise = store.models.resolve("noise@1").space
        for column, value, said in (
            ("matrix", np.eye(DIM, dtype="<f4").tobytes(), "are not those that were written"),
            ("matrix", row["matrix"][:-4], "is not what was written"),
            ("source", json.dumps(space_to_json(noise)), "are not those that were written"),
            ("figures", "[1", "is not what was written"),
        ):
            damaged(store, {column: value})
            with pytest.raises(vecstore.StorageError, match=f"the bridge 'up' of 'docs' .*{said}"):
                docs.search("a", bridge="up")
            damaged(store, {column: row[column]})
        assert docs.search(text_of(1), 1, bridge="up")[0].id == "r1"
        # One that is damaged is no other's fault, and can be deleted.
        docs.fit_bridge("noise@1", name="also", force="for a test")
        damaged(store, {"figures": "[1"}, "also")
        assert docs.search(text_of(1), 1, bridge="up")[0].id == "r1"
        docs.delete_bridge("also")
        assert [one.name for one in docs.list_bridges()] == ["up"]


def damaged(store, values, name="up"):
    """Written by somebody else; nobody remembers what it was."""
    with store.catalog.engine.begin() as connection:
        mine = tables.bridges.c.name == name
        connection.execute(tables.bridges.update().where(mine).values(values))
    store.bridges._maps.clear()


def test_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VECSTORE_ALLOWED_PLUGINS", "builtin")

    def line(*arguments):
        code = run([*arguments, "--data", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err

    with vecstore.open(tmp_path) as store:
        for name, dim in (("small@1", 32), ("newer@1", 8)):
            store.register_encoder(name, loader="hashing", source="builtin", options={"dim": dim})
        docs = store.create_collection("docs", encoder="small@1")
        docs.upsert(Record(f"r{n}", text=text_of(n)) for n in range(1000))
    fit = ("bridge", "fit", "small@1", "newer@1", "--on", "docs")
    code, out, err = line("bridge", "fit", "newer@1", "small@1", "--on", "docs")
    assert (code, out) == (2, "")
    assert "lives in small@1, not in 'newer@1'" in err
    code, out, err = line(*fit)
    assert (code, out) == (2, "")
    assert "is refused" in err
    code, out, _ = line(*fit, "--force", "for a test", "--json")
    made = json.loads(out)
    assert (code, made["name"], made["forced"]) == (0, "newer-1", "for a test")
    assert set(made["figures"]) == FIGURES
    code, out, _ = line("bridge", "list", "docs")
    assert (code, "newer-1" in out, "for a test" in out) == (0, True, True)
    asked = ("search", "docs", text_of(3), "--bridge", "newer-1")
    code, out, _ = line(*asked)
    assert (code, "asked over the bridge newer-1" in out) == (0, True)
    assert "poor, and was forced" in out
    told = json.loads(line(*asked, "--json")[1])
    assert (told["bridge"], told["bridge_forced"]) == ("newer-1", True)
    for more in ((), ("--filter", '{"n": 1}')):  # nothing is found, over the bridge too
        code, out, _ = line(*asked, "--hybrid", "--text", "", *more)
        assert (code, "asked over the bridge newer-1" in out) == (0, True)
    code, out, _ = line("bridge", "delete", "docs", "newer-1")
    assert (code, out) == (0, "deleted the bridge newer-1 of docs\n")
    assert json.loads(line("bridge", "list", "docs", "--json")[1]) == {"bridges": []}
