"""Who is judged: encoders, transformed or not, and their twins of random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vecstore.encoders.output import checked_output
from vecstore.encoders.reading import require_readable
from vecstore.errors import InvalidInput
from vecstore.faults import blamed_on, counted_from, plugins_faults
from vecstore.judging.outcome import TWIN_OF
from vecstore.judging.parts import Parts
from vecstore.records import Input, Role
from vecstore.spaces import FloatArray, Space, require_same_space
from vecstore.specs import Encoder
from vecstore.storage.releases import Release
from vecstore.transforms import Transform

_AT_ONCE = 256

# (stage, done, of how many) -> None
Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """An encoder, or a twin of one.

    Args:
        name: how it is called.
        space: of its vectors; None for a twin.
        run: (inputs, role) -> vectors (n, dim), float32.
        report: told how far it has come.
    """

    name: str
    space: Space | None
    run: Callable[[Sequence[Input], Role], FloatArray]
    report: Report

    def encode(self, inputs: Sequence[Input], role: Role, places: Sequence[str]) -> FloatArray:
        """Vectors of inputs, shape (n, dim), float32, none of them zero.

        Args:
            inputs: at least one.
            role: document or query.
            places: how messages call each.

        Raises:
            InvalidInput: one that cannot be encoded, or has a vector without a direction.
        """
        parts = []
        stage = f"encoding with {self.name}"
        self.report(stage, 0, len(inputs))
        for start in range(0, len(inputs), _AT_ONCE):
            batch = inputs[start : start + _AT_ONCE]
            with blamed_on(_named(places, start)):
                parts.append(self.run(batch, role))
            self.report(stage, start + len(batch), len(inputs))
        vectors = np.concatenate(parts)
        zero = np.flatnonzero(~vectors.any(axis=1))
        if len(zero):
            raise InvalidInput(
                f"{places[zero[0]]}: {self.name} makes zeros of it, which have no direction; take "
                "it out",
                field="data",
            )
        return vectors


def find_subjects(
    parts: Parts, names: Sequence[str], transform: str, inputs: Iterable[Input], report: Report
) -> list[tuple[Release, Transform | None, Subject]]:
    """The encoders named, loaded, each fit to read what it will be given.

    Args:
        parts: of the store.
        names: of releases.
        transform: what is done to their vectors; empty for nothing.
        inputs: one of each kind that there is.
        report: told how far it has come.

    Raises:
        EncoderNotFound, NotFound: there is no such encoder, or transform.
        SpaceUnknown: an encoder's identity is incomplete and was not accepted.
        InvalidInput: one does not read what is there.
        ModelDrift: one is not the encoder registered.
    """
    wanted = list(inputs)
    found = []
    for name in names:
        release = parts.models.resolve(name)
        done = parts.transforms.named(release, transform)
        subject = encoder_subject(parts, release, done, report)
        require_readable(parts.models.load(release), wanted, release.name)
        found.append((release, done, subject))
    return found


def encoder_subject(
    parts: Parts, release: Release, transform: Transform | None, report: Report
) -> Subject:
    """A release, as one who is judged.

    Raises:
        SpaceUnknown: its identity is incomplete and was not accepted.
    """
    accepted = parts.models.accepted(release.space)
    require_same_space(release.space, release.space, accepted=accepted)

    def run(inputs: Sequence[Input], role: Role) -> FloatArray:
        found = parts.transforms.encode(release, transform, inputs, role)
        return np.stack([one.values for one in found])

    space = release.space if transform is None else transform.space(release.space)
    return Subject(subject_name(release.name, transform), space, run, report)


def subject_name(name: str, transform: Transform | None) -> str:
    """How an encoder is called, with what is done to its vectors."""
    return name if transform is None else f"{name} with {transform.name}"


def twin_subject(
    parts: Parts, release: Release, transform: Transform | None, seed: int, report: Report
) -> tuple[Encoder, Subject] | None:
    """The same encoder with random weights, and it as one who is judged; None for no such thing.

    Whoever asks closes it.
    """
    with plugins_faults(release.loader, f"the random twin of {release.name}"):
        twin = parts.models.load(release).random_twin(seed)
    if twin is None:
        return None
    name = f"{TWIN_OF}{subject_name(release.name, transform)}"

    def run(inputs: Sequence[Input], role: Role) -> FloatArray:
        with counted_from(0, len(inputs)), plugins_faults(release.loader, f"inputs for the {name}"):
            values = checked_output(twin, twin.encode(inputs, role), len(inputs), name)
        if transform is None:
            return values
        return transform.apply(values, normalized=twin.normalized)

    return twin, Subject(name, None, run, report)


def _named(places: Sequence[str], start: int) -> Callable[[int], tuple[str, int]]:
    return lambda number: (places[start + number], start + number)
