"""Releases loaded when they are needed, checked at every load, and put to work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vecstore.artifacts.places import Places
from vecstore.config import Settings
from vecstore.encoders.captions import as_describer, checked_captions
from vecstore.encoders.drift import check_release
from vecstore.encoders.output import checked_output
from vecstore.encoders.reading import require_readable
from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.faults import counted_from, discreet, plugins_faults
from vecstore.records import Input, Role
from vecstore.registry import Registry
from vecstore.spaces import Vector
from vecstore.specs import Describer, Encoder, EncoderSpec
from vecstore.storage.releases import Release

log = logging.getLogger(__name__)


class Loading:
    """Loads the encoders of releases, keeps them, and encodes with them.

    Args:
        registry: the plugins.
        settings: the size of batches.
        places: where the store keeps what it trained.
    """

    def __init__(self, registry: Registry, settings: Settings, places: Places) -> None:
        self.places = places
        self._registry = registry
        self._settings = settings
        self._loaded: dict[str, Encoder] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._gate = threading.Lock()

    # -- loading

    def load(self, release: Release) -> Encoder:
        """The release's encoder, checked against what is on record when it is loaded.

        Raises:
            InvalidArgument: an external space: vecstore cannot make its vectors.
            ModelDrift: what was loaded is not what was registered.
        """
        if release.external:
            raise InvalidArgument(
                f"{release.name} is an external space: its vectors are made elsewhere "
                f"({release.provenance}); send a vector of it instead of an input",
                field="encoder",
            )
        encoder = self._loaded.get(release.name)
        if encoder is None:
            with self._lock_of(release.name):
                encoder = self._loaded.get(release.name)
                if encoder is None:
                    with discreet(release.name):
                        encoder, warning = self._load(release)
                    if warning:
                        log.warning("%s", warning)
                    self._loaded[release.name] = encoder
        return encoder

    def check(self, release: Release) -> str:
        """Load a release anew, compare it with what is on record, and let it go.

        Returns:
            A warning, or nothing.

        Raises:
            ModelDrift: it is not what was registered.
        """
        encoder, warning = self._load(release)
        encoder.close()
        return warning

    def _make(
        self, spec: EncoderSpec, source: str, options: Mapping[str, Any]
    ) -> tuple[Encoder, Mapping[str, Any]]:
        """An encoder, and every option that it was made with."""
        resolved = self._registry.resolve_options(spec, options)
        with plugins_faults(spec.loader, repr(source)):
            return spec.load(self.places.resolve(source), resolved), resolved

    def _load(self, release: Release) -> tuple[Encoder, str]:
        spec = self._registry.encoder_spec(release.loader)
        encoder, _ = self._make(spec, release.source, release.options)
        canaries = release.canaries
        if canaries is None:
            canaries = np.empty((0, release.space.dim), np.float32)
        try:
            with plugins_faults(spec.loader, release.name):
                warning = check_release(
                    encoder,
                    release.parts,
                    release.space.fingerprint,
                    canaries,
                    release.name,
                    loader=release.loader,
                    options=_chosen(spec, release.options),
                )
        except VecstoreError:
            encoder.close()
            raise
        return encoder, warning or ""

    # -- encoding

    def encode(self, release: Release, inputs: Sequence[Input], role: Role) -> list[Vector]:
        """Vectors of inputs, in their order.

        Raises:
            InvalidInput: a modality that the encoder does not read, or an input that it refuses;
                ``details["input"]`` is its number, where the encoder says which.
            ModelDrift: see :meth:`load`.
            PluginError: the encoder's answer has the wrong form.
        """
        encoder = self.load(release)
        require_readable(encoder, inputs, release.name)
        vectors: list[Vector] = []
        step = max(1, self._settings.encode_batch)
        for start in range(0, len(inputs), step):
            batch = inputs[start : start + step]
            doing = f"inputs for {release.name}"
            with counted_from(start, len(batch)), plugins_faults(release.loader, doing):
                found = encoder.encode(batch, role)
            values = checked_output(encoder, found, len(batch), release.name)
            vectors.extend(Vector(release.space, row) for row in values)
        return vectors

    def require_describer(self, release: Release) -> Describer:
        """The release's encoder, as one that writes captions of images.

        Raises:
            InvalidArgument: it writes none, or is an external space.
            ModelDrift: see :meth:`load`.
        """
        able = [name for name, one in self._loaded.items() if isinstance(one, Describer)]
        return as_describer(self.load(release), release.name, able)

    def describe(self, release: Release, images: Sequence[Input]) -> list[str]:
        """Captions of images, in their order.

        Raises:
            InvalidInput: an image that the encoder refuses; ``details["input"]`` is its number,
                where the encoder says which.
            InvalidArgument, ModelDrift: see :meth:`require_describer`.
            PluginError: the encoder's answer has the wrong form.
        """
        describer = self.require_describer(release)
        doing = f"images for {release.name}"
        with counted_from(0, len(images)), plugins_faults(release.loader, doing):
            found = describer.describe(images)
        return checked_captions(found, len(images), release.name)

    def close(self) -> None:
        """Give the encoders' memory back."""
        loaded, self._loaded = self._loaded, {}
        for encoder in loaded.values():
            encoder.close()

    def _lock_of(self, name: str) -> threading.Lock:
        with self._gate:
            return self._locks.setdefault(name, threading.Lock())


def _chosen(spec: EncoderSpec, options: Mapping[str, Any]) -> list[str]:
    """Names of the options that are other ones than where nobody says anything."""
    left = {option.name: option.default for option in spec.options}
    return [name for name, value in options.items() if value != left.get(name)]
