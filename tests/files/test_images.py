"""Which files of a folder are images."""

import os

import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.files.images import image_files, read_image_file, top_folder


@pytest.fixture
def make(tmp_path):
    def files(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path

    return files


def test_images_are_found_in_all_folders_and_sorted(make):
    folder = make("b/2.PNG", "b/1.jpeg", "a/deep/3.WebP", "z.jpg", "y.jfif", "notes.txt", "b/c.csv")
    found = image_files(folder)
    assert found.names == ("a/deep/3.WebP", "b/1.jpeg", "b/2.PNG", "y.jfif", "z.jpg")
    assert found.unusable == ()
    assert found.path("b/2.PNG").is_file()


def test_hidden_files_and_linked_folders_are_passed_over(make, tmp_path_factory):
    folder = make("1.png", ".hidden.png", ".git/2.png", ".hidden.gif")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "3.png").write_bytes(b"x")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "loop").symlink_to(folder)
    (folder / "folder.png").mkdir()
    assert image_files(folder).names == ("1.png",)


def test_what_is_called_like_an_image_and_cannot_be_read_is_not_passed_over(make):
    folder = make("1.png")
    (folder / "broken.png").symlink_to(folder / "none.png")
    (folder / "itself.png").symlink_to(folder / "itself.png")
    os.mkfifo(folder / "pipe.png")
    found = image_files(folder)
    assert found.names == ("1.png", "broken.png", "itself.png", "pipe.png")
    for name in found.names[1:]:
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_image_file(found.path(name), 2**30)


def test_a_linked_file_and_a_linked_root_are_read(make, tmp_path_factory):
    folder = make("1.png")
    (folder / "2.png").symlink_to(folder / "1.png")
    root = tmp_path_factory.mktemp("beside") / "root"
    root.symlink_to(folder)
    assert image_files(root).names == ("1.png", "2.png")


def test_images_of_other_kinds_are_named(make):
    folder = make("1.png", "a/2.GIF", "3.heic", "4.tif", "5.avif", "6.bmp")
    assert image_files(folder).unusable == ("3.heic", "4.tif", "5.avif", "6.bmp", "a/2.GIF")


def test_a_folder_without_images_is_refused(make):
    with pytest.raises(InvalidArgument, match=r"no PNG, JPEG or WebP file.*give a folder that"):
        image_files(make("notes.txt"))
    with pytest.raises(InvalidArgument, match=r"5 images of other kinds \(1.gif, .*, \.\.\.\)"):
        image_files(make(*(f"{n}.gif" for n in range(1, 6))))
    for name in ("notes.txt", "missing"):
        with pytest.raises(InvalidArgument, match=f"{name} is no folder"):
            image_files(make("notes.txt") / name)


def test_the_first_folder_of_a_path():
    assert top_folder("a/b/c.png") == "a"
    assert top_folder("c.png") is None


def test_a_file_is_read_within_the_limit(make):
    folder = make("1.png")
    assert read_image_file(folder / "1.png", 1) == b"x"
    with pytest.raises(InvalidInput, match="more than 0 bytes"):
        read_image_file(folder / "1.png", 0)
    os.mkfifo(folder / "pipe.png")
    for name in ("none.png", "a\0b.png", ".", "x" * 300, "pipe.png"):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_image_file(folder / name, 2**30)
