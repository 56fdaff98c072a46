"""Images on the command line, over a folder and over a server."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

import vecstore
from vecstore.cli.main import run


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        return json.loads(self.err.splitlines()[-1])["error"]


@pytest.fixture(params=["embedded", "remote"])
def cli(request, tmp_path, _plugins):
    """cli(command, ...) -> Outcome, over a new folder or over a server."""
    data = tmp_path / "store"
    with vecstore.open(data) as store:
        if request.param == "remote":
            serving = request.getfixturevalue("serving")
            with serving(store) as address:
                yield _line("--server", address)
    if request.param == "embedded":
        yield _line("--data", str(data))


def _line(*where):
    def call(*arguments):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*map(str, arguments), *where])
        return Outcome(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def shop(cli):
    """The same, with a collection ``shop`` of paint@1."""
    assert cli("collections", "create", "shop", "--encoder", "paint@1").code == 0
    return cli


@pytest.fixture
def photos(folder, picture):
    return folder(
        {
            "warm/red.png": picture("red"),
            "cold/deep/blue.JPG": picture("blue", "JPEG"),
            "cold/green.webp": picture("green", "WEBP"),
            "top.png": picture("red", side=3),
            "warm/notes.txt": b"not an image",
            ".hidden/red.png": picture("red"),
        }
    )


def ids(cli, collection="shop"):
    lines = cli("list", collection, "--json").out.splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


def test_a_folder_of_images(shop, photos):
    outcome = shop("add", "shop", photos, "--payload-from-folder", "kind", "--json")
    assert outcome.code == 0, outcome.err
    assert (outcome.json["stored"], outcome.json["count"]) == (4, 4)
    found = ids(shop)
    assert {name: record["payload"] for name, record in found.items()} == {
        "cold/deep/blue.JPG": {"kind": "cold"},
        "cold/green.webp": {"kind": "cold"},
        "top.png": {},
        "warm/red.png": {"kind": "warm"},
    }
    hits = shop("search", "shop", "blue", "--json").json["hits"]
    assert hits[0]["id"] == "cold/deep/blue.JPG"
    query = photos / "cold/green.webp"
    hits = shop("search", "shop", "--image", query, "-k", "1", "--json").json["hits"]
    assert hits[0]["id"] == "cold/green.webp"


def test_progress_is_for_terminals(shop, photos, monkeypatch):
    assert shop("add", "shop", photos).err == ""
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    for mode in ("stop", "skip"):
        assert "4 records" in shop("add", "shop", photos, "--on-error", mode).err


def test_a_second_run_encodes_nothing(shop, photos, encoded):
    assert shop("add", "shop", photos).code == 0
    encoded()
    again = shop("add", "shop", photos)
    assert again.code == 0
    assert again.out.startswith(f"stored 4 records from {photos} in shop, which holds 4 now")
    assert encoded() == 0


def test_without_a_key_there_is_no_payload(shop, photos):
    assert shop("add", "shop", photos).code == 0
    assert all(record["payload"] == {} for record in ids(shop).values())


@pytest.fixture
def damaged(photos, picture):
    for number, data in enumerate(picture.bad.values()):
        (photos / "warm" / f"bad{number}.png").write_bytes(data)
    (photos / "cold" / "moving.gif").write_bytes(picture.bad["gif"])
    return photos


def test_the_first_bad_image_stops(shop, damaged):
    outcome = shop("add", "shop", damaged, "--json")
    assert outcome.code == 2
    first = damaged / "warm" / "bad0.png"
    assert outcome.error["message"].startswith(f"{first}: the image")
    assert "record" not in outcome.error["message"].partition("(3 records")[0]
    assert "3 records before it are stored" in outcome.error["message"]
    assert "--on-error skip" in outcome.error["message"]
    assert outcome.error["details"]["file"] == str(first)
    assert outcome.error["details"]["stored"] == "3"
    # It was on its way together with the bad one.
    assert "and 1 after it" in outcome.error["message"]
    assert len(ids(shop)) == 4


@pytest.mark.parametrize("encoder", ["paint@1", "silent@1"])
@pytest.mark.parametrize("size", [3, 256])
def test_bad_images_are_passed_over(cli, damaged, picture, encoder, size):
    assert cli("collections", "create", "shop", "--encoder", encoder).code == 0
    skip = ("add", "shop", damaged, "--on-error", "skip", "--batch-size", size)
    outcome = cli(*skip)
    assert outcome.code == 0, outcome.err
    count = len(picture.bad)
    assert outcome.out.startswith("stored 4 records")
    assert outcome.out.endswith(f"; passed over {count} bad ones\n")
    for number in range(count):
        assert outcome.err.count(f"passed over: {damaged}/warm/bad{number}.png: ") == 1
    assert "1 image of a kind that is not read (cold/moving.gif)" in outcome.err
    assert sorted(ids(cli)) == ["cold/deep/blue.JPG", "cold/green.webp", "top.png", "warm/red.png"]
    summary = cli(*skip, "--json").json
    assert (summary["stored"], summary["skipped"]) == (4, count)
    assert summary["unusable"] == ["cold/moving.gif"]
    assert {one["reason"] for one in summary["first_skipped"]} == {"INVALID_INPUT"}
    assert summary["first_skipped"][0]["details"]["file"].endswith(".png")


def test_ten_bad_images_are_named_and_all_are_counted(shop, folder, picture):
    files = {f"{n:02}.png": picture.bad["text"] for n in range(25)}
    photos = folder({**files, "good.png": picture("red")})
    outcome = shop("add", "shop", photos, "--on-error", "skip")
    assert outcome.code == 0
    assert outcome.err.count("passed over") == 10
    assert "passed over 25 bad ones, the first 10 named" in outcome.out


def test_where_nothing_is_good_it_is_an_error(shop, folder, picture):
    photos = folder({f"{n}.png": picture.bad["cut off"] for n in range(3)})
    outcome = shop("add", "shop", photos, "--on-error", "skip", "--json")
    assert outcome.code == 2
    assert "none of 3 could be stored; the first: " in outcome.error["message"]
    assert "0.png" in outcome.error["message"]


def test_an_encoder_of_texts_says_so_once(cli, photos):
    for encoder in ("words@1", "hashing@1"):
        name = encoder[:-2]
        assert cli("collections", "create", name, "--encoder", encoder).code == 0
        for mode in ("stop", "skip"):
            outcome = cli("add", name, photos, "--on-error", mode)
            assert outcome.code == 2
            assert outcome.err.count("reads texts, not images") == 1
            assert outcome.err.endswith(" (0 records before it are stored)\n")
            assert outcome.err.count("\n") == 1
        assert cli("count", name).out == "0\n"


def test_folders_that_cannot_be_added(shop, folder, tmp_path):
    notes = folder({"notes.txt": b"x"})
    for arguments, words in (
        ((notes,), "there is no PNG, JPEG or WebP file"),
        ((notes, "--image-column", "a"), "--image-column belongs to files"),
        ((notes, "--derive-ids"), "--derive-ids belongs to files"),
        ((notes, "--id-column", "id"), "--id-column belongs to files"),
        ((notes / "notes.txt", "--format", "csv", "--payload-from-folder", "a"), "to folders"),
        ((tmp_path / "nowhere",), "there is no file or folder"),
        ((notes / "notes.txt",), "does not say what it holds"),
        ((tmp_path / "a.PNG",), "is one image, and images are added from a folder"),
    ):
        outcome = shop("add", "shop", *arguments)
        assert outcome.code == 2
        assert words in outcome.err


def test_a_column_of_paths(shop, photos, tmp_path):
    table = photos / "list.csv"
    table.write_text("path,text,n\nwarm/red.png,a red thing,1\ncold/green.webp,grass,2\n")
    chosen = ("--image-column", "path", "--id-column", "path", "--infer-types")
    assert shop("add", "shop", table, *chosen).code == 0
    assert ids(shop)["warm/red.png"]["payload"] == {"text": "a red thing", "n": 1}
    assert shop("search", "shop", "green", "-k", "1", "--json").json["hits"][0]["payload"]["n"] == 2
    lines = tmp_path / "list.jsonl"
    rows = [
        {"id": "a", "path": "deep/blue.JPG"},
        {"id": "b", "path": None, "words": "red"},
    ]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = ("--image-column", "path", "--text-column", "words", "--image-folder", photos / "cold")
    assert shop("add", "shop", lines, *chosen).code == 0
    assert ids(shop)["a"]["image"]["format"] == "JPEG"
    assert ids(shop)["b"]["text"] == "red"


BAD_PATHS = {
    "https://example.org/a.png": "nothing is ever fetched",
    "file:///etc/hostname": "nothing is ever fetched",
    "/etc/hostname": "leads out of the folder",
    "../store": "leads out of the folder",
    "C:\\a.png": "leads out of the folder",
    "nowhere.png": "the file cannot be read: No such file",
    "warm": "no regular file",
    "warm/notes.txt": "none of PNG, JPEG and WebP",
}


def test_paths_that_are_none(shop, photos):
    table = photos / "list.jsonl"
    rows = [{"id": "good", "p": "top.png"}]
    rows += [{"id": f"bad{n}", "p": path} for n, path in enumerate(BAD_PATHS)]
    table.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {**rows[0], "id": "z"}]))
    stopped = shop("add", "shop", table, "--image-column", "p", "--json")
    assert stopped.code == 2
    assert stopped.error["message"].startswith(f"line 2 of {table}: ")
    assert list(ids(shop)) == ["good"]
    skip = ("add", "shop", table, "--image-column", "p", "--on-error", "skip", "--json")
    told = shop(*skip).json["first_skipped"]
    by_line = {one["details"]["line"]: one["message"] for one in told}
    for line, words in enumerate(BAD_PATHS.values(), 2):
        assert by_line[str(line)].startswith(f"line {line} of {table}: ")
        assert words in by_line[str(line)]
    assert list(ids(shop)) == ["good", "z"]


def test_bad_rows_of_every_kind_are_passed_over(shop, tmp_path):
    lines = tmp_path / "f.jsonl"
    good = [json.dumps({"id": str(n), "text": f"red {n}"}) for n in range(6)]
    bad = ["{", "[]", '{"id": "x"}', '{"id": "x", "text": " "}', '{"text": "no id"}']
    lines.write_text(
        "\n".join(part for pair in zip(good, [*bad, ""], strict=True) for part in pair)
    )
    outcome = shop("add", "shop", lines, "--on-error", "skip", "--json")
    assert (outcome.json["stored"], outcome.json["skipped"]) == (6, 5)
    told = [one["details"]["line"] for one in outcome.json["first_skipped"]]
    assert sorted(told) == ["10", "2", "4", "6", "8"]
    table = tmp_path / "f.csv"
    table.write_text("id,text\na,red\nb\nc,blue\nd,\ne,green\n")
    outcome = shop("add", "shop", table, "--on-error", "skip", "--json")
    assert (outcome.json["stored"], outcome.json["skipped"]) == (3, 2)
    assert sorted(ids(shop)) == ["0", "1", "2", "3", "4", "5", "a", "c", "e"]


def test_of_two_rows_with_one_id_the_later_stays(shop, tmp_path):
    rows = [{"id": "twice", "text": "red"}, {"id": "bad", "text": ""}]
    rows += [{"id": "twice", "text": "blue"}, {"id": "other", "text": "green"}]
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for size in (1, 2, 256):
        outcome = shop("add", "shop", path, "--on-error", "skip", "--batch-size", size)
        assert outcome.code == 0
        assert ids(shop)["twice"]["text"] == "blue"


def test_a_file_that_ends_badly_says_how_far_it_got(shop, tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b'id,text\na,red\nb\nc,blue\nd,"open')
    outcome = shop("add", "shop", path, "--on-error", "skip", "--json")
    assert outcome.code == 2
    assert "is not CSV" in outcome.error["message"]
    assert outcome.error["details"]["stored"] == "2"
    assert sorted(ids(shop)) == ["a", "c"]


def test_a_record_shows_its_image_and_gives_it_back(shop, photos, tmp_path, picture):
    assert shop("add", "shop", photos).code == 0
    whole = picture("red")
    shown = shop("get", "shop", "warm/red.png").out
    assert f"PNG, 8 x 8 pixels, {len(whole)} bytes" in shown
    record = shop("get", "shop", "warm/red.png", "--json").json
    assert record["image"] == {"bytes": len(whole), "format": "PNG", "width": 8, "height": 8}
    target = tmp_path / "out.png"
    save = ("get", "shop", "warm/red.png", "--save-image", target)
    assert shop(*save).code == 0
    assert target.read_bytes() == whole
    target.write_bytes(b"mine")
    refused = shop(*save)
    assert refused.code == 2
    assert "nothing is overwritten" in refused.err
    assert target.read_bytes() == b"mine"
    assert shop("get", "shop", "warm/red.png", "top.png", "--save-image", "new.png").code == 2
    assert not Path("new.png").exists()


def test_encode_images(cli, photos):
    images = ("--image", photos / "top.png", "--image", photos / "cold/green.webp")
    outcome = cli("encode", "paint@1", "red", *images, "--json")
    text, red, green = map(json.loads, outcome.out.splitlines())
    assert text["values"] == pytest.approx(red["values"], abs=0.01)
    assert green["values"][1] > 0.7
    assert f"{photos}/top.png" in cli("encode", "paint@1", *images).out


@pytest.mark.parametrize("command", [("search", "shop"), ("encode", "paint@1")])
def test_images_that_are_none(shop, photos, picture, command):
    (photos / "empty.png").write_bytes(b"")
    (photos / "cut.png").write_bytes(picture.bad["cut off"])
    for name, words in (
        ("https://example.org/a.png", "nothing is ever fetched"),
        (photos / "nowhere.png", "cannot be read: No such file"),
        (photos, "no regular file"),
        (photos / "warm/notes.txt", "none of PNG, JPEG and WebP"),
        (photos / "empty.png", "image is empty"),
        (photos / "cut.png", "cannot be decoded"),
    ):
        outcome = shop(*command, "--image", name)
        assert outcome.code == 2
        assert words in outcome.err
        assert f"--image {name}" in outcome.err or "URL" in outcome.err
    outcome = shop("search", "shop", "red", "--image", photos / "top.png")
    assert "2 queries were given" in outcome.err


def test_a_model_says_what_it_reads(cli, photos):
    assert cli("collections", "create", "pixels", "--encoder", "pixels@1").code == 0
    assert "pixels@1 reads images, not texts" in cli("search", "pixels", "red").err
    assert cli("collections", "create", "words", "--encoder", "words@1").code == 0
    outcome = cli("search", "words", "--image", photos / "top.png")
    assert "words@1 reads texts, not images" in outcome.err


def test_describe(shop, photos):
    assert shop("add", "shop", photos).code == 0
    assert shop("describe", "shop", "top.png").out == "something red\n"
    names = ["cold/green.webp", "cold/deep/blue.JPG", "warm/red.png"] * 5
    lines = shop("describe", "shop", *names, "--json").out.splitlines()
    said = [(one["id"], one["caption"]) for one in map(json.loads, lines)]
    captions = ["something green", "something blue", "something red"] * 5
    assert said == list(zip(names, captions, strict=True))
    assert "something blue" in shop("describe", "shop", *names[:2], "-e", "paint").out
    for arguments, words in (
        (("nobody",), "'nobody'"),
        (("top.png", "--encoder", "pixels@1"), "pixels@1 does not describe images"),
    ):
        outcome = shop("describe", "shop", *arguments)
        assert outcome.code == 2
        assert words in outcome.err
