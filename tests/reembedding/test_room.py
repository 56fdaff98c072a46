"""The room of a space that was let go: given back, used again, or left where that cannot be."""

import pytest
from sqlalchemy import text

from vecstore import Record, ReembedState
from vecstore.storage import giving_back

MANY = 400


@pytest.fixture
def many(store):
    docs = store.create_collection("docs", encoder="letters@1")
    docs.upsert([Record(id=f"r{n:03}", text=f"house {n} {'long ' * 40}") for n in range(MANY)])
    return docs


def taken(store):
    """Bytes of the tables that hold what is let go."""
    with store.catalog.engine.connect() as connection:
        return sum(
            connection.execute(text(f"SELECT pg_relation_size('{name}')")).scalar()
            for name in ("entries", "vectors", "inputs")
        )


@pytest.mark.parametrize("opener", ["postgresql"], indirect=True)
def test_postgresql_shrinks_and_uses_room_again(store, many, settled):
    """What a cancelled space held goes back to the disk; what a left one held is used again."""
    moving, before = many.reembedding(), taken(store)
    moving.start("letters@2")
    assert settled(moving).state is ReembedState.READY
    fullest = taken(store)
    assert fullest > 1.9 * before
    assert moving.cancel().state is ReembedState.CANCELLED
    assert taken(store) < 1.1 * before
    for encoder in ("letters@2", "letters@1"):
        moving.start(encoder, switch="auto")
        assert settled(moving).state is ReembedState.SWITCHED
        assert moving.finish().state is ReembedState.FINISHED
    assert taken(store) < 1.1 * fullest
    assert not (store.folder / "letting-go").exists()


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_sqlite_without_room_to_shrink(store, many, settled, monkeypatch, caplog):
    """It is finished, the log says what is missing, and the next start gives the room back."""
    file = store.folder / "vecstore.db"
    moving = many.reembedding()
    moving.start("letters@2", switch="auto")
    settled(moving)
    usage = giving_back.shutil.disk_usage(store.folder)
    with monkeypatch.context() as full:
        full.setattr(giving_back.shutil, "disk_usage", lambda folder: usage._replace(free=1234))
        assert moving.finish().state is ReembedState.FINISHED
    (said,) = [one.getMessage() for one in caplog.records if "letting_go" in one.name]
    assert "bytes are needed to make the database's file smaller, and the disk of " in said
    assert f"{store.folder} has 1,234; what was let go is used for what is written next" in said
    assert len(many.search("house 1", k=2 * MANY)) == MANY
    kept = file.stat().st_size
    # As the next server does.
    store.reembeddings.resume_all()
    store.reembeddings.letting_go.wait()
    assert file.stat().st_size < 0.8 * kept
    assert not (store.folder / "letting-go").exists()
