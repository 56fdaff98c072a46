"""Views: their form, what each option does, and that torch's seed decides them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("kornia")

from vecstore.pretext.image_encoder import to_floats  # noqa: E402
from vecstore.pretext.image_views import Views, moved_colours  # noqa: E402
from vecstore.pretext.torch_parts import seeded  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

NOTHING = {
    "image_size": 16,
    "crop": 1.0,
    "flip": 0.0,
    "colour": 0.0,
    "grey": 0.0,
    "blur": 0.0,
    "rotation": 0.0,
}
ALL = {"crop": 0.3, "flip": 0.5, "colour": 0.5, "grey": 0.2, "blur": 0.5, "rotation": 20.0}


@pytest.fixture(scope="module")
def photos():
    """64 of them, 18 pixels wide: smooth colours, and a dark left half."""
    rng = np.random.default_rng(2)
    pixels = np.broadcast_to(rng.integers(80, 180, (64, 1, 1, 3)), (64, 18, 18, 3)).copy()
    pixels[:, :, :9] //= 2
    return torch.from_numpy(pixels.astype(np.uint8))


def view(photos, seed=1, **options):
    with seeded(seed):
        return Views({**NOTHING, **options})(photos)


def test_switched_off_an_image_is_only_scaled(photos):
    torch.testing.assert_close(view(photos), to_floats(photos, 16))


def test_views_have_their_form_also_in_mixed_precision(photos):
    with torch.autocast("cpu", torch.bfloat16):
        seen = view(photos, **ALL)
    assert seen.shape == (64, 3, 16, 16)
    assert seen.dtype == torch.float32
    assert 0.0 <= seen.min() < seen.max() <= 1.0


def test_the_seed_decides_a_view(photos):
    first, again, other = (view(photos, seed, **ALL) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_images_of_a_batch_have_views_of_their_own(photos):
    seen = view(photos[:1].expand(8, -1, -1, -1), **ALL)
    assert len({tuple(one.flatten().tolist()) for one in seen}) == 8


def test_about_as_many_as_asked_are_mirrored(photos):
    seen = view(photos, flip=0.25)
    mirrored = seen[:, :, :, 0].mean((1, 2)) > seen[:, :, :, -1].mean((1, 2))
    assert 6 <= int(mirrored.sum()) <= 26


def test_about_as_many_as_asked_lose_their_colours(photos):
    seen = view(photos, grey=0.5)
    grey = (seen.amax(dim=1) - seen.amin(dim=1)).amax(dim=(1, 2)) < 1e-3
    assert 20 <= int(grey.sum()) <= 44


def test_a_blur_softens_edges(photos):
    sharp, soft = (
        seen.diff(dim=3).abs().amax(dim=(1, 2, 3))
        for seen in (view(photos), view(photos, blur=1.0))
    )
    assert float((soft / sharp).max()) < 1.01
    assert float((soft / sharp).mean()) < 0.9


def test_a_turned_image_is_another_image(photos):
    moved = (view(photos, rotation=45.0) - view(photos)).abs().mean(dim=(1, 2, 3))
    assert int((moved > 0.02).sum()) > 32


def test_a_turned_image_has_no_black_corners():
    white = torch.full((16, 24, 24, 3), 255, dtype=torch.uint8)
    assert float(view(white, rotation=45.0).min()) > 0.99


def test_a_cut_leaves_parts_out(photos):
    dark = view(photos, crop=0.1).mean(dim=(1, 2, 3)) / to_floats(photos).mean(dim=(1, 2, 3))
    assert float(dark.min()) < 0.8
    assert float(dark.max()) > 1.2


def test_a_hue_turns_at_equal_brightness():
    from vecstore.pretext import image_views

    yiq = torch.tensor(image_views._TO_YIQ)
    turned = torch.linalg.inv(yiq) @ image_views._turned(torch.ones(1), torch.tensor([0.7])) @ yiq
    red = torch.tensor([0.5, 0.4, 0.4])
    other = turned[0] @ red
    assert not torch.allclose(other, red, atol=0.01)
    torch.testing.assert_close(yiq[0] @ other, yiq[0] @ red)


def test_colours_of_no_strength_stay(photos):
    images = to_floats(photos)
    torch.testing.assert_close(moved_colours(images, 0.0), images)
    with seeded(3):
        moved = moved_colours(images, 0.5)
    changed = (moved - images).abs().amax(dim=(1, 2, 3)) > 1e-3
    assert 40 <= int(changed.sum()) <= 62  # four of five
