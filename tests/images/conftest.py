"""Encoders that look at images without a model, a store of them, and a server around it.

``paint@1`` reads texts and images into one space of colours, and writes captions; ``words@1`` reads
the same words into a space of its own; ``pixels@1`` reads images only.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vecstore
from vecstore.config import Settings
from vecstore.encoders.hashing import SPEC as HASHING
from vecstore.inputs import decode_image
from vecstore.records import Modality
from vecstore.service.server import Server
from vecstore.store import Store

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 40), "blue": (30, 40, 230)}


class Paint(vecstore.Encoder):
    """Mean colours, and the colours that words name, with a constant beside them."""

    dim = 4
    seen = 0

    def __init__(self, name: str, *modalities: Modality) -> None:
        self.name = name
        self.modalities = frozenset(modalities)

    def identity(self) -> vecstore.Identity:
        return vecstore.Identity({"colours": self.name})

    def encode(self, inputs: Sequence[vecstore.Input], role: Any) -> Any:
        Paint.seen += len(inputs)
        return np.stack([self._row(one, number) for number, one in enumerate(inputs)])

    def _row(self, one: vecstore.Input, number: int) -> Any:
        if isinstance(one.data, str):
            rgb = [COLOURS[word] for word in one.data.split() if word in COLOURS] or [(0, 0, 0)]
        else:
            rgb = [_mean(one, number)]
        return np.array([*np.mean(rgb, 0) / 255, 0.1], np.float32)


class Captions(Paint):
    """Says which colour is the nearest; ``said`` replaces it."""

    said: Any = None

    def describe(self, images: Sequence[vecstore.Input]) -> Any:
        if self.said is not None:
            return self.said(images)
        return [_nearest(_mean(one, number)) for number, one in enumerate(images)]


class Silent(Paint):
    """Refuses what it cannot decode, and does not say which input it was."""

    def _row(self, one: vecstore.Input, number: int) -> Any:
        try:
            return super()._row(one, number)
        except vecstore.InvalidInput as error:
            raise vecstore.InvalidInput(error.message) from None


def _mean(one: vecstore.Input, number: int) -> Any:
    assert isinstance(one.data, bytes)
    try:
        return np.asarray(decode_image(one.data), np.float32).mean((0, 1))
    except vecstore.InvalidInput as error:
        raise vecstore.InvalidInput(error.message, input=number) from error


def _nearest(rgb: Any) -> str:
    far = {name: float(np.abs(rgb - value).sum()) for name, value in COLOURS.items()}
    return f"something {min(far, key=lambda name: far[name])}"


def _specs() -> tuple[vecstore.EncoderSpec, ...]:
    text, image = Modality.TEXT, Modality.IMAGE
    made: dict[str, tuple[type[Paint], tuple[Modality, ...]]] = {
        "paint": (Captions, (text, image)),
        "words": (Paint, (text,)),
        "pixels": (Paint, (image,)),
        "silent": (Silent, (image,)),
    }
    return (
        HASHING,
        *(
            vecstore.EncoderSpec(
                loader=name,
                summary="for tests",
                modalities=modalities,
                load=lambda _source, _options, kind=kind, name=name, modalities=modalities: kind(
                    name, *modalities
                ),
                ready=(vecstore.ReadyRelease(name, "1", ""),),
            )
            for name, (kind, modalities) in made.items()
        ),
    )


@dataclass
class Pictures:
    """Image files: good ones by colour, and everything that is wrong with others by name."""

    bad: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        whole = saved(Image.fromarray(noise))
        pair = [Image.new("RGB", (4, 4), COLOURS[name]) for name in ("red", "blue")]
        self.bad = {
            "cut off": whole[: len(whole) // 2],
            "cut off jpeg": saved(Image.fromarray(noise), "JPEG")[:-200],
            "corrupt": whole[:60] + bytes(40) + whole[100:],
            "animated": saved(pair[0], "WEBP", save_all=True, append_images=pair[1:]),
            "bomb": bomb(20_000, 20_000),
            "text": b"this is no image, whatever its name says",
            "gif": saved(pair[0], "GIF"),
            "html behind a signature": b"\x89PNG\r\n\x1a\n<script>alert(1)</script>" + bytes(40),
            "pdf before an image": b"%PDF-1.4\n" + whole,
            "empty": b"",
        }

    def __call__(self, colour: str, form: str = "PNG", side: int = 8) -> bytes:
        return saved(Image.new("RGB", (side, side), COLOURS[colour]), form)


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises pixels that are not there."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.fixture(scope="session")
def picture() -> Pictures:
    """picture(colour) -> the bytes of an image; picture.bad: bytes that are none, by name."""
    return Pictures()


@pytest.fixture(scope="module")
def _plugins() -> Iterator[None]:
    """The encoders are there for every store of this process, as if they came with vecstore."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vecstore.registry.encoder_specs", _specs)
        patch.setenv("VECSTORE_ALLOWED_PLUGINS", "builtin")
        yield


@contextlib.contextmanager
def _serving(store: Store, **settings: Any) -> Iterator[str]:
    """A server around a store, in a thread of its own."""
    started: Future[str] = Future()
    ends: Future[Callable[[], None]] = Future()

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.set_result(lambda: loop.call_soon_threadsafe(stopping.set) and None)
        server = Server(store, "127.0.0.1:0", Settings(**settings))
        await server.start()
        started.set_result(server.address)
        await stopping.wait()
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        yield started.result(30)
    finally:
        ends.result(30)()
        thread.join(60)


@pytest.fixture(scope="session")
def serving() -> Callable[..., Any]:
    """serving(store, **settings): in a with block, a server of it; gives the address."""
    return _serving


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory, _plugins: None) -> Iterator[Store]:
    """An open store."""
    with vecstore.open(tmp_path_factory.mktemp("images") / "store") as store:
        yield store


@pytest.fixture(scope="module")
def address(embedded: Store) -> Iterator[str]:
    """Of a server around it."""
    with _serving(embedded) as address:
        yield address


@pytest.fixture(params=["embedded", "remote"])
def store(request: pytest.FixtureRequest, embedded: Store) -> Iterator[Any]:
    """The store itself, and the same over gRPC; what a test made is deleted afterwards."""
    if request.param == "remote":
        with vecstore.connect(request.getfixturevalue("address")) as remote:
            yield remote
    else:
        yield embedded
    for info in embedded.list_collections():
        embedded.delete_collection(info.name)


@pytest.fixture
def gallery(store: Any) -> Any:
    """An empty collection of paint@1."""
    return store.create_collection("gallery", encoder="paint@1")


@pytest.fixture
def encoded() -> Callable[[], int]:
    """encoded() -> how many inputs were encoded since it was called last."""
    last = [Paint.seen]

    def since() -> int:
        before, last[0] = last[0], Paint.seen
        return last[0] - before

    return since


@pytest.fixture
def folder(tmp_path: Path, picture: Pictures) -> Callable[..., Path]:
    """folder({name: bytes}) -> a folder of these files."""

    def make(files: dict[str, bytes]) -> Path:
        root = tmp_path / "photos"
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return root

    return make
