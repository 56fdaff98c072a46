"""What may come in, and what is said of the rest."""

from __future__ import annotations

import base64
import json
import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.config import Settings
from vecstore.encoders.canary_inputs import images, png
from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord, VecstoreError
from vecstore.inputs import (
    MAX_INT,
    check_categories,
    check_categories_text,
    check_collection_name,
    check_id,
    check_image,
    check_input,
    check_payload,
    check_text,
    shorten,
)
from vecstore.records import Input, Modality

SETTINGS = Settings()
SMALL = Settings(max_text_bytes=10, max_image_bytes=100, max_payload_bytes=20, max_payload_depth=2)

PNG = png(2, 2, 3)
JPEG = next(image for image in images() if image.startswith(b"\xff\xd8\xff"))
WEBP = base64.b64decode("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=")


def refusal(kind: type[VecstoreError], check: Callable[[], object]) -> str:
    """The message of a refusal, which must be short and printable."""
    with pytest.raises(kind) as caught:
        check()
    assert type(caught.value) is kind
    assert caught.value.details["field"]
    assert len(caught.value.message) < 500
    caught.value.message.encode()
    return caught.value.message


@pytest.mark.parametrize("text", ["a", " a\n", "é\U0001f600\u0301", "x" * 1024 * 1024, "\x01"])
def test_a_text_passes_unchanged(text: str) -> None:
    assert check_text(text, SETTINGS) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a", "a bytes"),
        (None, "a NoneType"),
        ("", "nothing to encode"),
        (" \n\t\u3000", "nothing to encode"),
        ("a\0b", "NUL character (at position 1)"),
        ("é\ud800", "lone surrogate ('\\ud800' at position 1)"),
        ("12345678901", "11 bytes as UTF-8; at most 10"),
        ("éééééé", "12 bytes as UTF-8; at most 10"),
        ("x" * 10_000_000, "10000000 bytes"),
    ],
)
def test_a_text_is_refused(text: Any, words: str) -> None:
    assert words in refusal(InvalidInput, lambda: check_text(text, SMALL))


def test_the_text_limit_is_inclusive_and_messages_name_the_field() -> None:
    assert check_text("1234567890", SMALL) == "1234567890"
    assert check_text("ééééé", SMALL) == "ééééé"
    assert refusal(InvalidInput, lambda: check_text("", SMALL, "query 3")).startswith("query 3")


@pytest.mark.parametrize("data", [PNG, JPEG, WEBP])
def test_image_bytes_pass_unchanged(data: bytes) -> None:
    assert check_image(data, SETTINGS) == data


def test_the_limits_on_images_are_inclusive_and_messages_name_the_field() -> None:
    assert check_image(PNG.ljust(100), SMALL) == PNG.ljust(100)
    four = Settings(max_image_pixels=4)
    assert check_image(PNG, four) == PNG
    message = refusal(InvalidInput, lambda: check_image(png(5, 1, 3), four, "inputs[3]"))
    assert message.startswith("inputs[3]")
    assert "5 x 1 pixels; at most 4" in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("photo.png", "never a path"),
        (bytearray(PNG), "a bytearray"),
        (b"", "image is empty (0 bytes)"),
        (b"GIF89a" + b"0" * 90, "b'GIF89a0000000000'... (96 bytes)"),
        (PNG[1:], "none of"),
        (PNG[:7], "none of"),
        (PNG[:20], "damaged"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "none of"),
        (PNG.ljust(101), "101 bytes; at most 100"),
    ],
)
def test_an_image_is_refused(data: Any, words: str) -> None:
    assert words in refusal(InvalidInput, lambda: check_image(data, SMALL))


@pytest.mark.parametrize("id_", ["a", "shutil.copytree", " ", "a/b\n", "é", "\U0001f600" * 512])
def test_an_id_passes_unchanged(id_: str) -> None:
    assert check_id(id_) == id_


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        (1, "1 is a int"),
        (None, "NoneType"),
        (b"a", "bytes"),
        ("", "str of 0 characters"),
        ("x" * 513, "str of 513 characters"),
        ("a\0", "NUL"),
        ("\udc00", "lone surrogate"),
    ],
)
def test_an_id_is_refused(id_: Any, words: str) -> None:
    assert words in refusal(InvalidRecord, lambda: check_id(id_))


@pytest.mark.parametrize("name", ["a", "0", "docs-2024_v1.0", "A" * 128])
def test_a_collection_name_passes_unchanged(name: str) -> None:
    assert check_collection_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".a", "-a", "_a", "a b", "a/b", "é", "a\n", "A" * 129, "٣", None, 3, "..", "a\0"]
)
def test_a_collection_name_is_refused(name: Any) -> None:
    assert "is not a collection name" in refusal(
        InvalidArgument, lambda: check_collection_name(name)
    )


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ({}, "{}"),
        (MappingProxyType({}), "{}"),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (OrderedDict(b=[1, 2.0], a=None), '{"b":[1,2.0],"a":null}'),
        ({"a": (1, Level.HIGH)}, '{"a":[1,3]}'),
        ({"a": True, "b": -(2**63), "c": 2**63 - 1}, None),
        ({"a": 1e18, "b": 10**18, "c": -0.0, "d": 5e-324}, None),
        ({"é\U0001f600": 'a"\\\n', "": {"": [[], {}]}}, None),
        ({"a": "\\u0000"}, '{"a":"\\\\u0000"}'),
    ],
)
def test_a_payload_becomes_its_canonical_text(payload: Any, text: str | None) -> None:
    written = check_payload(payload, SETTINGS)
    assert written == text or text is None
    assert json.loads(written) == json.loads(json.dumps(dict(payload)))
    assert written == json.dumps(json.loads(written), ensure_ascii=False, separators=(",", ":"))


def deep(levels: int) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for _ in range(levels - 1):
        payload = {"a": payload}
    return payload


CIRCULAR: dict[str, Any] = {}
CIRCULAR["a"] = [CIRCULAR]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (None, "the payload is None, a NoneType"),
        ([1], "the payload is [1], a list"),
        ('{"a": 1}', "a str; a payload is a JSON object"),
        ({1: 2}, "payload: 1 is a key and not a str"),
        ({"a": {None: 2}}, "payload.a: None is a key and not a str"),
        ({"a": [{"b": {True: 2}}]}, "payload.a[0].b: True is a key"),
        ({"a": float("nan")}, "payload.a: nan is no JSON number"),
        ({"a": {"b": [1, float("-inf")]}}, "payload.a.b[1]: -inf is no JSON number"),
        ({"a b": 2**63}, "payload['a b']: 9223372036854775808 does not fit into 64 bits"),
        ({"a": -(2**63) - 1}, "payload.a: -9223372036854775809 does not fit"),
        ({"a": 10**5000}, "payload.a: <an integer of 16610 bits> does not fit"),
        ({"a": ["x\ud800y"]}, "payload.a[0]: 'x\\ud800y' contains a lone surrogate"),
        ({"a\ud800": 1}, "payload: 'a\\ud800' is a key and contains a lone surrogate"),
        ({"a": ["\\u0000", "x\0"]}, "payload.a[1]: 'x\\x00' contains a NUL character"),
        ({"\0": 1}, "payload: '\\x00' is a key and contains a NUL"),
        ({"a": date(2024, 1, 1)}, "is a date, which JSON does not have"),
        ({"a": {1, 2}}, "payload.a: {1, 2} is a set"),
        ({"a": b"x"}, "is a bytes"),
        ({"a": MappingProxyType({})}, "is a mappingproxy"),
        (deep(33), "is nested too deeply"),
        ({"a": deep(31) | {"b": [[]]}, "c": [deep(32)]}, "payload.c[0].a"),
        (deep(100_000), "is nested too deeply"),
        (CIRCULAR, "is nested too deeply"),
        ({"a": "x" * 1024 * 1024}, "has 1048584 bytes as JSON; at most 1048576"),
        ({"k" * 1000: [{"l" * 1000: b""}]}, "is a bytes"),
    ],
)
def test_a_payload_is_refused_and_the_place_is_named(payload: Any, words: str) -> None:
    assert words in refusal(InvalidRecord, lambda: check_payload(payload, SETTINGS))


def test_payload_limits_are_inclusive() -> None:
    assert check_payload(deep(32), SETTINGS).count("{") == 32
    assert check_payload({"a": [1]}, SMALL)
    assert check_payload({"a": "x" * 12}, SMALL)
    assert "21 bytes" in refusal(InvalidRecord, lambda: check_payload({"a": "x" * 13}, SMALL))
    assert "22 bytes" in refusal(InvalidRecord, lambda: check_payload({"a": "é" * 7}, SMALL))
    assert "payload.a[0]" in refusal(InvalidRecord, lambda: check_payload({"a": [[]]}, SMALL))


def test_a_depth_limit_beyond_pythons_own_is_still_an_answer() -> None:
    generous = Settings(max_payload_depth=1_000_000)
    assert "nested too deeply" in refusal(
        InvalidRecord, lambda: check_payload(deep(100_000), generous)
    )


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text('a\0\ud800é\U0001f600"\\', max_size=4)
)
object_keys = st.text("ab", max_size=2) | st.integers()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(object_keys, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text("ab", max_size=2), values, max_size=3))
def test_what_passes_comes_back_as_it_was(payload: dict[str, Any]) -> None:
    try:
        text = check_payload(payload, SETTINGS)
    except InvalidRecord as error:
        assert error.details["path"].startswith("payload")  # noqa: PT017 - only where it raises
        return
    text.encode()
    assert "\0" not in text
    assert repr(json.loads(text)) == repr(payload)


def test_a_shortened_value_fits_into_a_message() -> None:
    value: object
    for value in (10**9999, "x" * 10**6, [list(range(9))] * 99, b"x" * 999, {}):
        assert 0 < len(shorten(value)) < 200


def either(value: Any, limits: Settings = SETTINGS) -> str:
    """Categories by column, or as JSON text."""
    check = check_categories_text if isinstance(value, str) else check_categories
    return check(value, limits)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"hr": 7}, '{"hr":"7"}'),
        (
            {"hr": 7.0, "a": True, "b": False, "c": "true"},
            '{"a":"true","b":"false","c":"true","hr":"7"}',
        ),
        ({"b": "2", "a": " x é\U0001f600"}, '{"a":" x é\U0001f600","b":"2"}'),
        ({"a": None, "b": "", "c": -0.0}, '{"c":"0"}'),
        (
            {"n": np.int64(-3), "f": np.float32(2), "t": np.bool_(True)},
            '{"f":"2","n":"-3","t":"true"}',
        ),
        ({"a": Modality.TEXT, "b": MAX_INT}, '{"a":"text","b":"9223372036854775807"}'),
        (MappingProxyType({"a\nb": "c\td"}), '{"a\\nb":"c\\td"}'),
        ('{ "b": 1, "a": "x" }', '{"a":"x","b":"1"}'),
        ({str(n): n for n in range(1000)}, None),
    ],
)
def test_categories_have_one_text(value: Any, text: str | None) -> None:
    written = either(value)
    assert text in (None, written)
    assert either(written) == written
    assert check_categories(json.loads(written), SETTINGS) == written


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "nothing to encode"),
        ({"a": None, "b": ""}, "nothing to encode"),
        (None, "a NoneType"),
        ([("a", 1)], "a list"),
        (b"{}", "a bytes"),
        ("hr", "not the JSON of categories"),
        ("[7]", "not the JSON of categories"),
        ("[" * 100_000, "not the JSON of categories"),
        ('{"a": NaN}', "no whole number"),
        ({"a": 7.5}, "7.5 in the column 'a' is no whole number"),
        ({"a": math.nan}, "no whole number"),
        ({"a": math.inf}, "no whole number"),
        ({"a": 1e300}, "no whole number of 64 bits"),
        ({"a": 2**63}, "no whole number of 64 bits"),
        ({"a": 10**5000}, "no whole number of 64 bits"),
        ({"a": {"b": 1}}, "is a dict"),
        ({"a": ["b"]}, "is a list"),
        ({"a": b"b"}, "is a bytes"),
        ({"a": object()}, "is a object"),
        ({"a": "x\0"}, "NUL character (at position 1)"),
        ({"a": "\ud800"}, "lone surrogate"),
        ({"x\0": "a"}, "the column 'x\\x00', which contains a NUL"),
        ({"\udfff": "a"}, "lone surrogate"),
        ('{"a": "\ud800"}', "lone surrogate"),
        ({7: "a"}, "the column 7, a int"),
        ({None: "a"}, "the column None"),
        ({"": "a"}, "at least one character"),
        ({str(n): n for n in range(1001)}, "1001 columns; at most 1000"),
    ],
)
def test_what_is_no_categories_is_refused(value: Any, words: str) -> None:
    assert words in refusal(InvalidInput, lambda: either(value))


def test_the_limit_on_categories_is_bytes() -> None:
    either({"a": "é"}, SMALL)  # 10 bytes as JSON
    for value in ({"a": "éx"}, {"a": "x" * 10_000_000}, '{"a":   "b"}'):
        message = refusal(InvalidInput, lambda value=value: either(value, SMALL))  # type: ignore[misc]
        assert "at most 10 are allowed" in message


def test_what_stands_where_an_input_may_stand() -> None:
    assert check_input("t", SETTINGS, "x") == Input(Modality.TEXT, "t")
    assert check_input(PNG, SETTINGS, "x") == Input(Modality.IMAGE, PNG)
    hour = Input(Modality.CATEGORIES, '{"hr":"7"}')
    assert check_input({"hr": 7, "day": None}, SETTINGS, "x") == hour
    assert check_input(hour, SETTINGS, "x") == hour
    assert check_input(Input(Modality.CATEGORIES, '{"hr": 7}'), SETTINGS, "x") == hour
    assert check_input(Input(Modality.TEXT, "{}"), SETTINGS, "x") == Input(Modality.TEXT, "{}")
    for wrong in (7, None, ["a"], Input(Modality.CATEGORIES, b"hr")):
        refusal(InvalidInput, lambda wrong=wrong: check_input(wrong, SETTINGS, "x"))  # type: ignore[arg-type,misc]


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4) | st.integers() | st.booleans()))
def test_categories_are_refused_or_come_back(value: dict[str, Any]) -> None:
    try:
        text = check_categories(value, SETTINGS)
    except InvalidInput:
        return
    read = json.loads(text)
    assert list(read) == sorted(name for name, one in value.items() if one != "")
    assert check_categories(read, SETTINGS) == text
