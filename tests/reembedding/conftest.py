"""Toy encoders of several spaces, and a collection on either database that moves among them."""

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import ClassVar

import numpy as np
import pytest

import vecstore
from vecstore import Record
from vecstore.records import Modality, Role
from vecstore.reembedding.pace import Pace
from vecstore.registry import Registry
from vecstore.service.server import Server
from vecstore.spaces import Identity
from vecstore.specs import Encoder

SETTINGS = vecstore.Settings()
WORDS = ("red", "green", "old", "new", "tall", "small", "warm", "cold")


@pytest.fixture(autouse=True)
def without_rests(request, monkeypatch):
    """Nobody else is to be served beside what is tested, but where the rests are."""
    if request.module.__name__.rpartition(".")[2] != "test_pace":
        monkeypatch.setattr(Pace, "rest", lambda self: 0.0)


class Letters(Encoder):
    """Counts letters, the first of them in a place of the version's own.

    The others of the first refuse "bad" where their source says so, and wait for the gate, with
    which texts of houses are held up.
    """

    dim = 26
    modalities = frozenset({Modality.TEXT})
    gate = threading.Event()
    reached = threading.Event()
    seen: ClassVar[list[str]] = []

    def __init__(self, source, _options):
        self._source = source

    def identity(self):
        return Identity({"letters": self._source})

    def encode(self, inputs, role):
        houses = [one.data for one in inputs if "house" in one.data]
        if houses and self._source != "first":
            Letters.reached.set()
            assert Letters.gate.wait(20)
            Letters.seen += houses if role is Role.DOCUMENT else []
        found = np.full((len(inputs), 26), 0.1, np.float32)
        for number, (row, one) in enumerate(zip(found, inputs, strict=True)):
            if self._source == "picky" and "bad" in one.data:
                message = f"{one.data!r} is bad"
                raise vecstore.InvalidInput(message, input=number)
            for letter in one.data.lower():
                if "a" <= letter <= "z":
                    row[(ord(letter) - ord("a") + len(self._source)) % 26] += 1
        return found


class _Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        named = {"1": "first", "2": "second", "3": "picky"}
        ready = tuple(vecstore.ReadyRelease("letters", *one) for one in named.items())
        return [
            vecstore.EncoderSpec("letters", "for tests", (Modality.TEXT,), Letters, ready=ready)
        ]


@pytest.fixture(scope="session")
def registry():
    """letters@1, letters@2, and letters@3, which refuses what is bad."""
    return Registry.load(SETTINGS, plugins=[("tests", _Plugin())], entry_points=False)


@pytest.fixture
def letters():
    """The encoders' class: what they were given since, and the gate, which is open."""
    Letters.gate.set()
    Letters.reached.clear()
    Letters.seen.clear()
    yield Letters
    Letters.gate.set()


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request, tmp_path, registry, letters):
    """Opens the same store again and again."""
    database = None
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    return lambda: vecstore.open(
        tmp_path / "data", database=database, settings=SETTINGS, registry=registry
    )


@pytest.fixture
def store(opener):
    with opener() as store:
        yield store


def text_of(number):
    """The text of a record."""
    return f"{WORDS[number % 8]} {WORDS[number // 8 % 8]} house"


@pytest.fixture
def docs(store):
    """40 records in letters@1."""
    docs = store.create_collection("docs", encoder="letters@1")
    docs.upsert(
        [Record(id=f"r{n:02}", text=text_of(n), payload={"n": n, "half": n % 2}) for n in range(40)]
    )
    return docs


@pytest.fixture
def settled():
    """settled(moving) -> its status once nobody works on it any more."""

    def wait(moving):
        *_, last = moving.watch(0.02)
        return last

    return wait


@pytest.fixture(scope="session")
def serving():
    """serving(store), a context manager -> address of a server around it."""

    @contextlib.contextmanager
    def serve(store):
        started, stopping = Future(), []

        async def main():
            loop, end = asyncio.get_running_loop(), asyncio.Event()
            stopping.append(lambda: loop.call_soon_threadsafe(end.set))
            server = Server(store, "127.0.0.1:0", store.settings)
            await server.start()
            started.set_result(server.address)
            await end.wait()
            await server.stop()

        thread = threading.Thread(target=asyncio.run, args=(main(),))
        thread.start()
        try:
            yield started.result(30)
        finally:
            stopping[0]()
            thread.join(60)

    return serve
