from benchmarks import photos


def test_drawn_photos_are_always_the_same(tmp_path):
    first, again = (photos.draw(tmp_path / name, 3) for name in ("a", "b"))
    bytes_of = [[one.read_bytes() for one in photos.found(folder)] for folder in (first, again)]
    assert bytes_of[0] == bytes_of[1]
    assert len(set(bytes_of[0])) == 3


def test_photos_are_found_in_folders_below(tmp_path):
    assert photos.found(tmp_path) == []
    (tmp_path / "b").mkdir()
    for name in ("b/two.png", "one.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [one.name for one in photos.found(tmp_path)] == ["two.png", "one.jpg"]
