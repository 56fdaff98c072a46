"""``Store.fit_transform`` from top to bottom: a transform is made and put on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.faults import blamed_on
from vecstore.inputs import shorten
from vecstore.judging.data import InputColumns, Inputs, read_inputs
from vecstore.judging.parts import Parts
from vecstore.judging.request import MAX_SEED, require_whole
from vecstore.records import Role
from vecstore.spaces import FloatArray, Space
from vecstore.storage.releases import Release
from vecstore.tasks import Progress
from vecstore.transforms import (
    Transform,
    TransformInfo,
    check_dims,
    check_rows,
    explained_variance,
    external,
    fit_pca,
    random_projection,
)

# More show PCA nothing new, and take memory and time.
LIMIT = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class FittingRequest:
    """A transform that is to be made.

    Args:
        name: its name.
        encoder: ``model@version`` of the encoder whose vectors it takes.
        data: what PCA is fitted on; None for a random projection.
        pca, random: to how many dims; exactly one of the two.
        seed: of what is drawn: the projection, or the sample of the data.
        columns: which column of the data is what.
        limit: inputs at most; of more, a sample.
        on_error: "stop" at an input that cannot be used, or "skip" it.
        on_progress: told how far it has come.
        on_skipped: (place, why) -> told of each input that is passed over.

    Raises:
        InvalidArgument: none of the two kinds, both of them, or what does not go together.
    """

    name: str
    encoder: str
    data: object = None
    pca: int | None = None
    random: int | None = None
    seed: int = 0
    columns: InputColumns = field(default_factory=InputColumns)
    limit: int = LIMIT
    on_error: str = "stop"
    on_progress: Callable[[Progress], None] | None = None
    on_skipped: Callable[[str, InvalidInput], None] | None = None

    def __post_init__(self) -> None:
        if (self.pca is None) == (self.random is None):
            said = "nothing says" if self.pca is None else "both --pca and --random say"
            raise _refused(
                "pca",
                f"{said} how the dims come about; give one of --pca N (fitted on data) and "
                "--random N (drawn) (pca= and random= in Python)",
            )
        if self.pca is not None and self.data is None:
            raise _refused(
                "data",
                "PCA is fitted on data, and none is given; give --on DATA (data= in Python), or "
                "use --random N, which needs none",
            )
        if self.random is not None and self.data is not None:
            raise _refused(
                "data",
                f"a random projection looks at no data, and {shorten(self.data)} was given; leave "
                "it out, or use --pca N",
            )
        require_whole("pca" if self.random is None else "random", self.dim, 1)
        require_whole("seed", self.seed, 0, MAX_SEED)
        require_whole("limit", self.limit, 1)

    @property
    def dim(self) -> int:
        """Length of the vectors afterwards."""
        return self.random if self.pca is None else self.pca  # type: ignore[return-value]

    def report(self, stage: str, step: int = 0, steps: int | None = None) -> None:
        """Tell how far it has come."""
        if self.on_progress is not None:
            self.on_progress(Progress(stage, step, steps))


def fit_transform(parts: Parts, request: FittingRequest) -> TransformInfo:
    """Make a transform and put it on record; see :meth:`Judging.fit_transform`."""
    parts.transforms.require_free(request.name)
    release = parts.models.resolve(request.encoder)
    if release.external:
        raise external(release.name, request.name)
    check_dims(request.dim, release.space.dim)
    if request.pca is None:
        transform = random_projection(release.space.dim, request.dim, request.seed, request.name)
        return parts.transforms.add(transform, release.space, _origin(request, release.space))
    request.report("reading")
    inputs = _read(parts, request, release)
    values = _encode(parts, request, release, inputs)
    request.report("fitting")
    transform = fit_pca(values, request.dim, request.name)
    provenance = _origin(request, release.space) | _learnt(inputs, values, transform)
    return parts.transforms.add(transform, release.space, provenance)


def _read(parts: Parts, request: FittingRequest, release: Release) -> Inputs:
    inputs = read_inputs(
        request.data,
        parts.settings,
        labelled=False,
        columns=request.columns,
        on_error=request.on_error,
        on_skipped=request.on_skipped,
        limit=request.limit,
        seed=request.seed,
    )
    # Before they are encoded, which takes long. Equal inputs have equal vectors.
    check_rows(len(set(inputs.inputs)), request.dim, release.space.dim)
    return inputs


def _encode(parts: Parts, request: FittingRequest, release: Release, inputs: Inputs) -> FloatArray:
    """What the encoder makes of documents, shape (n, dim)."""
    count = len(inputs.inputs)
    values = np.empty((count, release.space.dim), np.float32)
    step = max(1, min(parts.settings.encode_batch, -(-count // 100)))
    for start in range(0, count, step):
        request.report("encoding", start, count)
        batch = inputs.inputs[start : start + step]
        with blamed_on(_places(inputs.places[start : start + step])):
            vectors = parts.models.encode(release, batch, Role.DOCUMENT)
        values[start : start + len(batch)] = [one.values for one in vectors]
    request.report("encoding", count, count)
    return values


def _places(places: Sequence[str]) -> Callable[[int], tuple[str, int]]:
    return lambda number: (places[number], number)


def _origin(request: FittingRequest, space: Space) -> dict[str, Any]:
    return {"encoder": space.name, "seed": request.seed}


def _learnt(inputs: Inputs, values: FloatArray, transform: Transform) -> dict[str, Any]:
    summary = inputs.summary
    return {
        "data": {
            "name": summary.name,
            "digest": summary.digest,
            "counts": dict(summary.counts),
        },
        "explained_variance": round(explained_variance(values, transform), 6),
    }


def _refused(name: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, field=name)
