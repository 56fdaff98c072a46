import gzip
import io

import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.files import lines
from vecstore.files.lines import Source, open_source, read_lines


def read(content):
    return list(read_lines(Source("f", io.BytesIO(content), len(content))))


def refusal(content):
    with pytest.raises(InvalidInput) as caught:
        read(content)
    assert caught.value.details["file"] == "f"
    return caught.value


def test_lines_have_numbers_and_ends():
    assert read(b"a\n\r\n\xc3\xa9") == [(1, "a\n", 2), (2, "\r\n", 4), (3, "é", 6)]


def test_a_byte_order_mark_is_passed_over():
    assert read(b"\xef\xbb\xbfa\n") == [(1, "a\n", 5)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named(encoding):
    raw = ("\ufeff" if encoding == "utf-16-be" else "") + "a\n"
    assert "UTF-16" in refusal(raw.encode(encoding)).message


def test_a_wrong_encoding_is_named_by_line_and_byte():
    error = refusal("a\nbé\n".encode("latin-1"))
    assert "line 2 of f" in error.message
    assert "0xe9 at position 2" in error.message


def test_a_line_that_never_ends(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    assert read(b"x" * 100)[0][2] == 100
    assert "line 2 of f is longer" in refusal(b"a\n" + b"x" * 101).message


def test_a_packed_file(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"a\nb\n"))
    with open_source(str(path)) as source:
        assert [text for _, text, _ in read_lines(source)] == ["a\n", "b\n"]


@pytest.mark.parametrize("damage", ["short", "altered", "not packed"])
def test_a_packed_file_that_is_damaged(tmp_path, damage):
    packed = gzip.compress(b"".join(b"line %d\n" % n for n in range(9999)))
    half = len(packed) // 2
    content = {
        "short": packed[:half],
        "altered": packed[:half] + bytes([packed[half] ^ 255]) + packed[half + 1 :],
        "not packed": b"plain\n",
    }[damage]
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with (
        open_source(str(path)) as source,
        pytest.raises(InvalidInput, match=r"line \d+ of .*a\.gz cannot be read"),
    ):
        list(read_lines(source))


def test_a_file_that_cannot_be_read(tmp_path):
    for name in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InvalidArgument, match="cannot read"), open_source(str(name)):
            pass
