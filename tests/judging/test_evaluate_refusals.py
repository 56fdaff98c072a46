"""``store.evaluate``: what is refused, and that nothing of it is stored."""

import io

import pytest
from PIL import Image

from tests.judging.toys import DOCUMENTS, PAIRS, QUERIES, QUICK, Drawn, sentences
from vecstore.errors import (
    EncoderNotFound,
    InvalidArgument,
    InvalidInput,
    PluginError,
    SpaceUnknown,
)
from vecstore.spaces import Identity


@pytest.mark.parametrize(
    ("encoders", "arguments", "error", "parts"),
    [
        ((), {"pairs": PAIRS}, InvalidArgument, ["no encoder is named"]),
        ("small@1", {}, InvalidArgument, ["nothing to judge on"]),
        ("nobody", {"pairs": PAIRS}, EncoderNotFound, ["'nobody'"]),
        (["small@1", "small@1"], {"pairs": PAIRS}, InvalidArgument, ["named twice"]),
        (["small@1", "small"], {"pairs": PAIRS}, InvalidArgument, ["small@1 is named twice"]),
        ("small@1", {"queries": QUERIES}, InvalidArgument, ["nothing to find"]),
        ("small@1", {"documents": DOCUMENTS, "pairs": PAIRS}, InvalidArgument, ["no queries"]),
        ("small@1", {"label_key": "kind"}, InvalidArgument, ["no collection is named"]),
        ("small@1", {"pairs": PAIRS, "seed": -1}, InvalidArgument, ["seed is -1"]),
        ("small@1", {"pairs": PAIRS, "seed": 2**32}, InvalidArgument, ["0 to 4294967295"]),
        ("small@1", {"pairs": PAIRS, "draws": 0}, InvalidArgument, ["draws is 0"]),
        ("small@1", {"pairs": PAIRS, "draws": 1001}, InvalidArgument, ["1 to 1000"]),
        ("small@1", {"pairs": PAIRS, "shots": (0,)}, InvalidArgument, ["shots is 0"]),
        ("small@1", {"pairs": PAIRS, "shots": (5, 5)}, InvalidArgument, ["5, 5"]),
        ("small@1", {"pairs": PAIRS, "shots": ()}, InvalidArgument, ["shots are none"]),
        ("small@1", {"labelled": [("a", "x"), ("b", "y")]}, InvalidArgument, ["label of its own"]),
        ("small@1", {"pairs": PAIRS, "transform": "truncate-99"}, InvalidArgument, ["99"]),
        (["small@1", "columns"], {"pairs": PAIRS}, EncoderNotFound, ["'columns'"]),
    ],
)
def test_what_does_not_serve_is_refused_before_anything_is_stored(
    store, encoders, arguments, error, parts
):
    with pytest.raises(error) as caught:
        store.evaluate(encoders, **arguments)
    for part in parts:
        assert part in caught.value.message
    assert store.evaluations.newest(1) == []


def test_missing_libraries_are_told_before_anything_is_read(store, monkeypatch):
    monkeypatch.setattr("vecstore.evaluation.needs.find_spec", lambda _: None)
    with pytest.raises(InvalidArgument, match=r"vecstore-server\[evaluation\]"):
        store.evaluate("small@1", pairs="/nowhere.csv")


def test_bad_data_of_the_last_protocol_stores_nothing_of_the_first(store):
    with pytest.raises(InvalidInput, match="2 pairs"):
        store.evaluate("small@1", labelled=sentences(15), pairs=PAIRS[:2], **QUICK)
    assert store.evaluations.newest(1) == []


def test_an_encoder_that_does_not_read_the_data_is_refused_before_encoding(store):
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(file, "PNG")
    data = [(file.getvalue(), "a"), (file.getvalue(), "a"), (file.getvalue(), "b")]
    told = []
    with pytest.raises(InvalidInput, match="small@1 reads texts, not images"):
        store.evaluate(
            ["colours", "small@1"], labelled=data, on_progress=lambda one: told.append(one.stage)
        )
    assert not [one for one in told if one.startswith("encoding")]
    assert store.evaluations.newest(1) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [("refuse me", "asks to be refused"), ("nothing", "makes zeros of it")],
)
def test_an_input_that_cannot_be_encoded_is_named(store, text, message):
    # Beyond the first of the parts that are encoded at a time.
    data = [*sentences(300), (text, "money")]
    with pytest.raises(InvalidInput, match=f"input 301 of the data.*{message}"):
        store.evaluate("drawn", labelled=data, baselines=False)


def test_a_plugins_fault_is_told_as_such(store, monkeypatch):
    store.space("drawn")  # registered while all was well
    monkeypatch.setattr(Drawn, "encode", lambda *_: 1 / 0)
    with pytest.raises(PluginError, match="drawn"):
        store.evaluate("drawn", labelled=sentences(15), baselines=False)


def test_an_encoder_of_incomplete_identity_is_refused_until_it_is_accepted(store, monkeypatch):
    monkeypatch.setattr(Drawn, "identity", lambda self: Identity({"seed": 0}, ("words",)))
    with pytest.raises(SpaceUnknown, match="drawn@1"):
        store.evaluate("drawn", pairs=PAIRS)
    store.accept_encoder("drawn@1", reason="a test")
    assert store.evaluate("drawn", pairs=PAIRS)[0].evaluations
