"""Identity, the form of vectors, and what refuses a load."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from vecstore.errors import InvalidArgument, InvalidInput  # noqa: E402
from vecstore.pretext.classification import SPEC  # noqa: E402
from vecstore.pretext.image_encoder import to_floats  # noqa: E402
from vecstore.records import Input, Modality, Role  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

LOAD = {"device": "cpu", "batch_size": 4}


@pytest.fixture(scope="module")
def artifact(make_run, image_data, as_artifact, tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    run = make_run(
        SPEC, folder / "checkpoints", options={"image_size": 16, "width": 4, "epochs": 1.0}
    )
    return as_artifact(SPEC.fit(image_data(SPEC, run.options), run), folder / "artifact", SPEC.name)


@pytest.fixture(scope="module")
def photos(striped):
    return [Input(Modality.IMAGE, data) for data, _ in striped[:9]]


def with_settings(artifact, **changes):
    """The same weights, with other settings in the manifest."""
    encoder = {**artifact.manifest.encoder, **changes}
    return replace(artifact, manifest=replace(artifact.manifest, encoder=encoder))


def test_the_batch_size_changes_no_vector(artifact, photos):
    encoders = [SPEC.load(artifact, {**LOAD, "batch_size": size}) for size in (1, 4, 100)]
    one, few, all_at_once = (encoder.encode(photos, Role.DOCUMENT) for encoder in encoders)
    np.testing.assert_allclose(few, one, atol=1e-5)
    np.testing.assert_allclose(all_at_once, one, atol=1e-5)
    assert len({encoder.identity().fingerprint for encoder in encoders}) == 1


def test_the_identity_names_all_that_decides_numbers(artifact):
    parts = SPEC.load(artifact, LOAD).identity().parts
    assert parts["encoder"] == "classification/1"
    assert parts["preprocessing"]["framing"] == "crop"
    assert parts["preprocessing"]["image_size"] == 16
    assert parts["architecture"]["hidden_sizes"] == [4, 8, 16, 32]
    assert parts["pooling"] == "mean"


@pytest.mark.parametrize("change", [{"framing": "squash"}, {"image_size": 24}])
def test_other_squares_are_another_space(artifact, photos, change):
    first, second = (SPEC.load(one, LOAD) for one in (artifact, with_settings(artifact, **change)))
    assert first.identity().fingerprint != second.identity().fingerprint
    wide = Input(Modality.IMAGE, _wide())
    vectors = [encoder.encode([wide], Role.QUERY) for encoder in (first, second)]
    assert not np.allclose(*vectors, atol=1e-4)


def _wide() -> bytes:
    import io

    from PIL import Image

    pixels = np.random.default_rng(4).integers(0, 256, (20, 60, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_broken_image_is_named_by_its_number(artifact, photos):
    broken = [*photos[:5], Input(Modality.IMAGE, photos[0].data[:80]), *photos[5:]]
    with pytest.raises(InvalidInput) as refused:
        SPEC.load(artifact, LOAD).encode(broken, Role.DOCUMENT)
    assert refused.value.details["input"] == "5"


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"device": "abacus"}])
def test_load_options_of_no_meaning_are_refused(artifact, options):
    with pytest.raises(InvalidArgument) as refused:
        SPEC.load(artifact, {**LOAD, **options})
    assert refused.value.details["field"] == next(iter(options))


def test_pixels_become_numbers_between_0_and_1():
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).expand(1, 4, 4, 3)
    floats = to_floats(pixels)
    assert floats.shape == (1, 3, 4, 4)
    assert torch.equal(floats[0, :, 0, 0], torch.tensor([0.0, 0.2, 1.0]))
    assert to_floats(pixels, 2).shape == (1, 3, 2, 2)
    assert pixels[0, 0, 0].tolist() == [0, 51, 255]  # what was given stays as it was
