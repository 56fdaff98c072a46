"""A file that is not to the last byte what was written is refused, and nothing is touched."""

import hashlib
import json
import random

import pytest

import vecstore
from vecstore.backups.blocks import BLOCK, TAIL_BYTES, header, padding, tail
from vecstore.backups.manifest import HEAD, HEAD_BYTES, MANIFEST
from vecstore.errors import BackupDamaged, InvalidArgument


@pytest.fixture(scope="module")
def written(tmp_path_factory, registry):
    """The bytes of a small backup."""
    folder = tmp_path_factory.mktemp("written")
    with vecstore.open(folder / "store", registry=registry) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([vecstore.Record(id="a", text="a cat"), vecstore.Record(id="b", text="a dog")])
        store.backup(folder / "file")
    return (folder / "file").read_bytes()


@pytest.fixture
def refused(restored, tmp_path):
    """refused(content, match) says that neither checking nor restoring takes it."""

    def check(content, match):
        (tmp_path / "file").write_bytes(content)
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(BackupDamaged, match=match):
            vecstore.verify_backup(tmp_path / "file")
        with pytest.raises(BackupDamaged, match=match):
            restored(tmp_path / "file", "new/folder")
        assert sorted(tmp_path.rglob("*")) == before

    return check


def split(content):
    """What comes before the manifest, and the manifest."""
    size = json.loads(content[-TAIL_BYTES + BLOCK : -2 * BLOCK])["manifest_bytes"]
    start = len(content) - TAIL_BYTES - BLOCK - size - len(padding(size))
    return content[:start], json.loads(content[start + BLOCK : start + BLOCK + size])


def sealed(before, manifest, **changes):
    """A file whose seal is right, whatever is in it."""
    said = json.dumps({**manifest, **changes}).encode()
    content = before + header(MANIFEST, len(said)) + said + padding(len(said))
    return content + tail(hashlib.sha256(content).hexdigest(), len(said))


def table(manifest, name):
    return next(one for one in manifest["tables"] if one["shape"]["name"] == name)


def test_whole(written, tmp_path, restored):
    (tmp_path / "file").write_bytes(written)
    assert vecstore.verify_backup(tmp_path / "file").records == 2
    (tmp_path / "file").write_bytes(sealed(*split(written)))
    restored(tmp_path / "file")


def test_one_altered_byte_anywhere(written, tmp_path):
    """In every block, and often in the seal: what parts of it mean nothing is altered as well."""
    drawn = random.Random(3)
    places = {block + drawn.randrange(BLOCK) for block in range(0, len(written), BLOCK)}
    places |= {len(written) - 1 - drawn.randrange(TAIL_BYTES) for _ in range(300)}
    file = tmp_path / "file"
    for place in sorted(places):
        altered = bytearray(written)
        altered[place] ^= 1 << drawn.randrange(8)
        file.write_bytes(altered)
        with pytest.raises(BackupDamaged):
            vecstore.verify_backup(file)


@pytest.mark.parametrize("left", [0.999, 0.5, 0.1])
def test_cut_off(written, refused, left):
    refused(written[: int(len(written) * left)], "was cut off or altered")


@pytest.mark.parametrize("size", [1, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 3000])
def test_cut_off_to_next_to_nothing(written, refused, size):
    refused(written[:size], "no backup of vecstore|cut off or altered")


def test_more_than_was_written(written, refused):
    refused(written + b"\0", "was cut off or altered")
    refused(written + written, "is damaged")


@pytest.mark.parametrize("content", [b"", b"not a backup at all" * 900, b"\0" * 9000])
def test_what_is_no_backup(refused, content):
    refused(content, "is no backup of vecstore")


def test_no_file(tmp_path, restored):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(InvalidArgument, match="there is no file"):
            restored(path)


def test_a_newer_format(written, refused):
    said = json.dumps({"format": 2}).encode().ljust(HEAD_BYTES)
    newer = header(HEAD, HEAD_BYTES) + said + written[2 * BLOCK :]
    refused(newer, "is a backup of format 2, and this vecstore reads 1")


def test_a_missing_member(written, refused):
    before, manifest = split(written)
    table(manifest, "vectors")["parts"].clear()
    refused(sealed(before, manifest), "its members are not those that its manifest lists")


def test_a_member_of_the_wrong_content(written, refused):
    before, manifest = split(written)
    table(manifest, "vectors")["parts"][0]["sha256"] = "0" * 64
    refused(sealed(before, manifest), "its member rows/vectors/0 is not the one written")


def test_rows_that_are_not_there(written, refused):
    before, manifest = split(written)
    table(manifest, "records")["rows"] = 3
    refused(sealed(before, manifest), "it has not all rows of 'records'")


def test_rows_of_another_form(written, refused):
    before, manifest = split(written)
    table(manifest, "vectors")["shape"]["columns"][0][1] = "boolean"
    refused(sealed(before, manifest), "its member rows/vectors/0 has .* bytes too")


def test_two_members_of_one_name(written, refused):
    before, manifest = split(written)
    table(manifest, "records")["parts"] = table(manifest, "entries")["parts"]
    refused(sealed(before, manifest), "is damaged: its member")


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "a\\..\\b", ".", "", "a//b", "a/./b"]
)
def test_a_file_that_would_lie_outside(written, refused, name):
    before, manifest = split(written)
    manifest["models"] = [{"name": "m@1", "files": {name: []}}]
    refused(sealed(before, manifest), "would lie outside of its folder")


def test_a_file_name_that_is_no_text(written, refused):
    before, manifest = split(written)
    manifest["models"] = [{"name": "m@1", "files": {"\ud800": []}}]
    refused(sealed(before, manifest), "as text")


@pytest.mark.parametrize("name", ["..", "m", "@", "../../m"])
def test_a_model_of_no_name(written, refused, name):
    before, manifest = split(written)
    manifest["models"] = [{"name": name, "files": {"weights": []}}]
    refused(sealed(before, manifest), "as a model's name")


@pytest.mark.parametrize("size", [2**40, 2**62, 2**70, -1, 1.5, True, "9"])
def test_absurd_sizes(written, refused, size):
    before, manifest = split(written)
    table(manifest, "vectors")["parts"][0]["bytes"] = size
    refused(sealed(before, manifest), "its members are not those|as a number")


@pytest.mark.parametrize("size", [10**9, 10**30, -5, "many", None])
def test_an_absurd_manifest(written, refused, size):
    end = header("seal.json", BLOCK) + json.dumps({"manifest_bytes": size}).encode().ljust(BLOCK)
    refused(written[:-TAIL_BYTES] + end + bytes(2 * BLOCK), "is damaged")


@pytest.mark.parametrize(
    "change",
    [
        {"tables": None},
        {"tables": [{}]},
        {"tables": [3]},
        {"models": {}},
        {"head": []},
        {"collections": [1]},
        {"numbers": {"collections": -1}},
        {"schema": 4},
        {"without": "x"},
    ],
)
def test_a_manifest_of_another_form(written, refused, change):
    refused(sealed(*split(written), **change), "its manifest cannot be read")


def test_a_part_that_says_it_has_billions_of_rows(written, tmp_path, refused):
    before, manifest = split(written)
    content = b"\xff\xff\xff\xff"
    member = {
        "name": "rows/aliases/0",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    last = manifest["tables"][-1]
    more = header(member["name"], len(content)) + content + padding(len(content))
    last["parts"].append(member)
    refused(sealed(before + more, manifest), "its member rows/aliases/0 has .* bytes too few")
