import json
import struct

import pytest
from vecstore_sentence_transformers.weights import weight_files

from vecstore.artifacts.weights import weights_digest
from vecstore.errors import InvalidArgument


def safetensors(file, tensors, order=None, metadata=None):
    """Write a safetensors file by hand: name -> (dtype, shape, bytes), data in this order."""
    header = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name in order or list(tensors):
        dtype, shape, raw = tensors[name]
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return file


A, B = ("F32", [2], b"\0\0\0\1\0\0\0\2"), ("I8", [2, 2], b"abcd")


@pytest.fixture
def digest(tmp_path):
    def digest(*arguments, **keywords):
        file = safetensors(tmp_path / "model.safetensors", *arguments, **keywords)
        return weights_digest([("0", file)])

    return digest


def test_the_order_in_the_file_and_metadata_do_not_matter(digest):
    plain = digest({"a": A, "b": B})
    assert plain == digest({"a": A, "b": B}, ["b", "a"], {"format": "pt"})


@pytest.mark.parametrize(
    "tensors",
    [
        {"a": A},
        {"a": A, "c": B},
        {"b": A, "a": B},
        {"a": A, "b": ("I8", [2, 2], b"abce")},
        {"a": A, "b": ("U8", [2, 2], b"abcd")},
        {"a": A, "b": ("I8", [4], b"abcd")},
    ],
)
def test_name_dtype_shape_and_bytes_matter(digest, tensors):
    assert digest(tensors) != digest({"a": A, "b": B})


def test_several_files_are_as_one(tmp_path, digest):
    first = safetensors(tmp_path / "1.safetensors", {"b": B})
    second = safetensors(tmp_path / "2.safetensors", {"a": A})
    assert weights_digest([("0", first), ("0", second)]) == digest({"a": A, "b": B})


@pytest.mark.parametrize("keep", [0, 4, 20, -1])
def test_a_file_that_is_cut_off_is_refused(tmp_path, keep):
    file = safetensors(tmp_path / "model.safetensors", {"a": A, "b": B})
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InvalidArgument, match=r"model\.safetensors is not a whole"):
        weights_digest([("0", file)])


def test_a_file_of_something_else_is_refused(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"\x08\0\0\0\0\0\0\0[1,2,3] and more")
    with pytest.raises(InvalidArgument, match="not a whole"):
        weights_digest([("0", file)])


def test_only_the_files_that_are_loaded_are_taken(tmp_path):
    for name in ("model.safetensors", "other.safetensors", "2_Dense/model.safetensors"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        safetensors(tmp_path / name, {"a": A})
    (tmp_path / "1_Pooling").mkdir()
    found = weight_files(tmp_path, ["", "1_Pooling", "2_Dense"])
    assert [(prefix, str(file.relative_to(tmp_path))) for prefix, file in found] == [
        ("0", "model.safetensors"),
        ("2", "2_Dense/model.safetensors"),
    ]


def test_the_same_tensor_in_another_module_is_another_model(tmp_path):
    file = safetensors(tmp_path / "model.safetensors", {"a": A})
    assert weights_digest([("1", file)]) != weights_digest([("2", file)])
