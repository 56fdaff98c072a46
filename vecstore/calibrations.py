"""How far a query lies from what a collection holds: the values.

The distance is that of the nearest neighbour (Sun et al. 2022, "Out-of-Distribution Detection with
Deep Nearest Neighbors"), or that to a class: its prototype, or the relative Mahalanobis distance
(Ren et al. 2021). What counts as far is learnt from queries known to be ordinary, or, without a
flag, from the records themselves, each held against the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from vecstore.errors import InvalidArgument

FLAG_PERCENTILE = 95.0


class Measure(StrEnum):
    """What a query's distance is measured to."""

    NEAREST = "nearest"
    PROTOTYPES = "prototypes"
    MAHALANOBIS = "mahalanobis"


class Basis(StrEnum):
    """Whose distances a query's is held against."""

    NONE = "none"
    RECORDS = "records"
    QUERIES = "queries"


class Unfamiliarity(NamedTuple):
    """How strange a query is to what a collection holds.

    Args:
        distance: by the calibration's measure; smaller is more familiar.
        percentile: share, 0 to 100, of the calibration's distances that are smaller; None where
            nothing calibrates it.
        flagged: whether it lies past the 95th percentile of ordinary queries; None where no
            queries calibrated it.
        basis: whose distances those are.
    """

    distance: float
    percentile: float | None
    flagged: bool | None
    basis: Basis


def as_measure(measure: object) -> Measure | None:
    """A measure by its name; None for None.

    Raises:
        InvalidArgument: there is none of this name.
    """
    if measure is None:
        return None
    try:
        return Measure(measure)  # type: ignore[arg-type]
    except ValueError:
        raise InvalidArgument(
            f"measure is {measure!r}; nearest, prototypes or mahalanobis is needed",
            field="measure",
        ) from None


@dataclass(frozen=True, slots=True)
class Calibration:
    """By what a collection tells the unfamiliar.

    Args:
        basis: NONE where there is too little to calibrate with.
        measure: what distances are measured to.
        label_key: of the payload, for measures that need classes.
        points: how many distances it stands on; 0 until they are measured.
        threshold: the distance past which queries are flagged; None where they are not.
        source: where the queries are from: "supplied", "use", or empty.
        gathers: whether vectors of ordinary use are kept to calibrate with (needs consent).
        records: how many records there were when the distances were measured.
        note: one sentence where something is missing, such as why it is not calibrated.
    """

    basis: Basis = Basis.NONE
    measure: Measure = Measure.NEAREST
    label_key: str | None = None
    points: int = 0
    threshold: float | None = None
    source: str = ""
    gathers: bool = False
    records: int = 0
    note: str = ""
