import pytest

from vecstore.errors import InternalError
from vecstore.transforms import TransformInfo, TransformKind
from vecstore.v1 import encoder_service_pb2 as pb
from vecstore.wire.transforms import transform_from_message, transform_to_message


@pytest.fixture
def info(space):
    after = type(space)("model", "1", 2, space.fingerprint, "p:" + "cd" * 32)
    provenance = {"seed": 0, "data": {"counts": {"inputs": 9}}, "explained_variance": 0.5}
    return TransformInfo("p", TransformKind.PCA, space, after, provenance, "2026-01-01T00:00:00")


def test_transforms_come_back(info):
    raw = transform_to_message(info).SerializeToString()
    message = pb.Transform.FromString(raw)
    assert message.digest == "cd" * 32
    given = transform_from_message(message)
    assert given == info
    assert given.provenance == info.provenance


def test_a_kind_of_the_future_is_not_understood(info):
    message = transform_to_message(info)
    message.kind = "magic"
    with pytest.raises(InternalError, match=r"'magic'.*newer"):
        transform_from_message(message)
