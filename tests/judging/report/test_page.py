"""The page: complete, of one file, escaped whatever comes in, written whole or not at all."""

import os
import re

import pytest

from vecstore.errors import InvalidArgument
from vecstore.files import durable
from vecstore.judging.report import require_writable, write_report

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></title><b>$\\frac{1}$",
    "{{ title }}{% raw %}&lt;",
    "\u202eabc\u2066 turned",
    "a\x00b\x1b[31m\ud800c",
    "long " * 2_000,
)


@pytest.fixture
def page(tmp_path, make):
    def write(*outcomes):
        path = tmp_path / "report.html"
        write_report(path, outcomes)
        return make.read_page(path)

    return write


def test_every_protocol_has_its_part(page, make, real_maps):
    found = page(make.by_labels(("words@1", "other@1")), make.by_queries(), make.by_pairs())
    for said in (
        "words@1 and other@1, judged",
        "Judged by labels",
        "questions.csv (18 inputs, 3 classes)",
        "shots 5, 10; draws 3",
        "d" * 64,
        "Maps",
        "What is learnt from a few samples",
        "Which classes the clusters mix",
        "Nearest neighbours of some samples",
        "no twin of words@1",
        "TF-IDF",
        "Judged by what queries find",
        "where is it",
        "Judged by scored pairs",
        "0.700",
        "0.650 to 0.750",
    ):
        assert said in found.text
    # A map and a curve of each encoder; baselines have no map.
    labels = [value for name, value in found.attributes if name == "aria-label"]
    assert labels.count("map of the vectors, coloured by label") == 2
    assert labels.count("accuracy over samples a class") == 1


def test_what_there_is_nothing_of_is_not_there(page, make):
    found = page(make.by_pairs())
    for said in ("Maps", "samples a class", "clusters mix", "neighbours", "Left out"):
        assert said not in found.text


def test_the_page_names_no_address_and_runs_nothing(page, make):
    found = page(make.by_labels(), make.by_queries())
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", found.source)
    assert "default-src 'none'" in found.source
    assert {"script", "link", "iframe", "object", "base"}.isdisjoint(found.tags)
    ids = [value for name, value in found.attributes if name == "xlink:href"]
    assert ids
    assert all(one.startswith("#") for one in ids)


def test_whatever_others_wrote_is_only_text(page, make):
    plain = page(make.by_labels(("a@1", "b@1")), make.by_queries(), make.by_pairs())
    count = 6 * len(HOSTILE)
    labels = make.by_labels(
        HOSTILE[:2],
        classes=HOSTILE,
        sample=tuple(make.text(HOSTILE[n % len(HOSTILE)]) for n in range(count)),
        data=HOSTILE[5],
    )
    found = page(labels, make.by_queries(HOSTILE, HOSTILE), make.by_pairs())
    assert set(found.tags) == set(plain.tags)
    assert {name for name, _ in found.attributes} == {name for name, _ in plain.attributes}
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", found.source
    )
    assert max(map(len, re.findall(r"(?:long )+", found.text))) <= 161
    for said in (*HOSTILE[:4], "\\u202eabc\\u2066 turned", "a\\x00b\\x1b[31m\\ud800c"):
        assert said in found.text


def test_long_names_are_shortened_everywhere(page, make):
    found = page(make.by_labels(("n" * 500,)), make.by_queries())
    assert max(map(len, re.findall("n+", found.source))) == 59


def test_images_are_shown_small_and_without_their_metadata(page, make):
    from PIL.PngImagePlugin import PngInfo

    secret = PngInfo()
    secret.add_text("Author", "somebody")
    sample = tuple(make.picture((10 * n, 90, 90), pnginfo=secret) for n in range(18))
    found = page(make.by_labels(sample=sample))
    sources = [value for name, value in found.attributes if name == "src"]
    assert len(sources) == 6 * (1 + 5)
    assert all(one.startswith("data:image/jpeg;base64,") for one in sources)
    assert max(map(len, sources)) < 4_000
    assert "somebody" not in found.source


def test_an_image_that_cannot_be_decoded_leaves_a_word(page, make):
    broken = make.picture("red")
    object.__setattr__(broken, "data", broken.data[:40])
    found = page(make.by_labels(sample=(broken,) * 18))
    assert "an image" in found.text


def test_a_thousand_samples_make_no_large_page(tmp_path, make):
    classes = tuple(f"class {n}" for n in range(160))
    sample = tuple(make.picture((n % 250, 90, 90)) for n in range(6 * len(classes)))
    path = tmp_path / "report.html"
    write_report(path, [make.by_labels(("a@1", "b@1", "c@1"), classes=classes, sample=sample)])
    assert path.stat().st_size < 3_000_000


def test_a_page_is_written_whole_or_not_at_all(tmp_path, make, monkeypatch):
    path = tmp_path / "report.html"
    write_report(path, [make.by_pairs()])
    before = path.read_text(encoding="utf-8")

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync", full)
    with pytest.raises(InvalidArgument, match="No space left on device; name another file"):
        write_report(path, [make.by_queries()])
    assert path.read_text(encoding="utf-8") == before
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_a_place_where_no_page_can_be_is_refused(tmp_path, make):
    with pytest.raises(InvalidArgument, match="which is a folder; name a file in it"):
        require_writable(tmp_path)
    with pytest.raises(InvalidArgument, match="there is no folder"):
        require_writable(tmp_path / "none" / "report.html")
    with pytest.raises(InvalidArgument, match="nothing to report on"):
        write_report(tmp_path / "report.html", [])
    assert list(tmp_path.iterdir()) == []


def test_a_page_takes_the_place_of_plain_files_only(tmp_path, make):
    pipe, link, target = tmp_path / "pipe", tmp_path / "link.html", tmp_path / "page.html"
    os.mkfifo(pipe)
    for write in (require_writable, lambda path: write_report(path, [make.by_pairs()])):
        with pytest.raises(InvalidArgument, match="which is no plain file"):
            write(pipe)
        with pytest.raises(InvalidArgument, match="File name too long"):
            write(tmp_path / ("r" * 300))
    assert pipe.is_fifo()
    link.symlink_to(target)
    write_report(link, [make.by_pairs()])
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_folder_that_cannot_be_written_to_is_known_before(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(InvalidArgument, match="cannot be written to"):
        require_writable(tmp_path / "report.html")


def test_a_missing_library_is_named(tmp_path, make, monkeypatch):
    monkeypatch.setattr(
        "vecstore.evaluation.needs.find_spec", lambda name: None if name == "jinja2" else name
    )
    with pytest.raises(InvalidArgument, match=r"needs jinja2.*vecstore-server\[evaluation\]"):
        write_report(tmp_path / "report.html", [make.by_pairs()])
