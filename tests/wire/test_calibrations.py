import pytest

from vecstore.calibrations import Basis, Calibration, Measure
from vecstore.errors import InvalidArgument
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.calibrations import (
    calibration_from_message,
    calibration_to_message,
    measure_from_message,
    measure_to_message,
)


@pytest.mark.parametrize(
    "calibration",
    [
        Calibration(),
        Calibration(Basis.RECORDS, points=512, records=9, note="no flag"),
        Calibration(
            Basis.QUERIES, Measure.MAHALANOBIS, "a.b", 1000, 0.0, "use", gathers=True, records=7
        ),
    ],
)
def test_calibrations_come_back(calibration):
    raw = calibration_to_message(calibration).SerializeToString()
    assert calibration_from_message(pb.Calibration.FromString(raw)) == calibration


def test_measures():
    for measure in (None, *Measure):
        assert measure_from_message(measure_to_message(measure)) == measure
    with pytest.raises(InvalidArgument, match="measure is 'far'"):
        measure_to_message("far")
    with pytest.raises(InvalidArgument, match="measure is 99"):
        measure_from_message(99)
