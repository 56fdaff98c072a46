"""The life of a release: registered once, loaded when needed, checked at every load."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vecstore.artifacts.places import SOURCE, Places
from vecstore.config import Settings
from vecstore.encoders.canary import canary_vectors
from vecstore.encoders.cards import card_of
from vecstore.encoders.drift import check_release
from vecstore.errors import AlreadyExists, EncoderNotFound, InvalidArgument
from vecstore.faults import discreet, plugins_faults
from vecstore.loading import Loading
from vecstore.records import EncoderInfo
from vecstore.registry import Registry
from vecstore.spaces import (
    MAX_DIM,
    FloatArray,
    Identity,
    Space,
    split_full_name,
    split_name,
)
from vecstore.specs import EncoderSpec, ReadyRelease
from vecstore.storage.catalog import Catalog
from vecstore.storage.releases import EXTERNAL, Release

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of a release found: ``warning`` is empty where all is as registered."""

    name: str
    space: Space
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """What is known of an encoder before it is registered: identity and canary vectors (n, dim)."""

    parts: Mapping[str, Any]
    fingerprint: str
    canaries: FloatArray


class Models(Loading):
    """Finds, registers, loads and checks encoders.

    Args:
        catalog: where releases are on record.
        registry: the plugins.
        settings: limits on inputs and batches.
        places: where the store keeps what it trained.
    """

    def __init__(
        self, catalog: Catalog, registry: Registry, settings: Settings, places: Places
    ) -> None:
        super().__init__(registry, settings, places)
        self._catalog = catalog

    # -- names

    def resolve(self, name: str) -> Release:
        """The release of a name; a ready one is registered now.

        Raises:
            EncoderNotFound: there is none; the message lists those that there are.
            InvalidArgument: the name has several versions, or is no name.
        """
        model, version = split_name(name)
        registered = {r.space.version: r for r in self._catalog.releases(model)}
        ready = {o.version for _, o in self._registry.ready_releases() if o.model == model}
        versions = sorted(set(registered) | ready)
        if version is None and len(versions) > 1:
            names = ", ".join(f"{model}@{one}" for one in versions)
            raise InvalidArgument(
                f"{model} has several versions: {names}; name one of them", field="encoder"
            )
        chosen = version or (versions[0] if versions else "")
        if chosen in registered:
            return registered[chosen]
        offered = self._registry.ready_release(model, chosen) if chosen else None
        if offered is None:
            raise self._unknown(name)
        with discreet(f"{model}@{chosen}"):
            return self._register_ready(*offered)

    def _unknown(self, name: str) -> EncoderNotFound:
        known = [info.name for info in self.infos()]
        return EncoderNotFound(
            f"there is no encoder {name!r}; there are: {', '.join(known[:20])}. Register it with "
            f"vecstore encoders register {name if '@' in name else name + '@1'} --loader LOADER "
            "--source SOURCE",
            encoder=name,
        )

    def infos(self) -> list[EncoderInfo]:
        """Every release on record, and every ready one, by name."""
        infos = {release.name: release.info for release in self._catalog.releases()}
        for spec, offer in self._registry.ready_releases():
            name = f"{offer.model}@{offer.version}"
            infos.setdefault(
                name, EncoderInfo(name, spec.loader, tuple(offer.modalities or spec.modalities))
            )
        return [infos[name] for name in sorted(infos)]

    # -- registration

    def register(
        self,
        name: str,
        loader: str,
        source: str,
        options: Mapping[str, Any] | None = None,
        *,
        carried: Carried | None = None,
    ) -> Release:
        """Load an encoder, and put its identity and canaries on record under a name.

        Args:
            name: ``model@version``.
            loader, source, options: how it is loaded.
            carried: what it must be, where that is known already.

        Raises:
            AlreadyExists: the name and version are taken.
            ModelDrift: it is not what ``carried`` says.
            EncoderNotFound: there is no such loader.
            InvalidArgument: a name, option or source that does not fit.
        """
        self.require_free(name)
        # A server started elsewhere must find the same folder.
        if source and not source.startswith(SOURCE) and Path(source).exists():
            source = str(Path(source).resolve())
        spec = self._registry.encoder_spec(loader)
        return self._register(spec, name, source, options or {}, carried)

    def require_free(self, name: str) -> None:
        """Raise AlreadyExists where a full name is taken.

        Raises:
            InvalidArgument: not a full name.
        """
        model, version = split_full_name(name)
        taken = any(release.name == name for release in self._catalog.releases(model))
        if taken or self._registry.ready_release(model, version):
            raise AlreadyExists(
                f"{name} is registered already, and a release never changes; give a changed "
                f"model a new version, such as {model}@{_following(version)}",
                encoder=name,
            )

    def require_known(self, name: str) -> None:
        """Raise EncoderNotFound where nothing of this name is on record, or ready.

        Args:
            name: ``model@version``, or ``model`` for any version.
        """
        model, version = split_name(name)
        known = {release.space.version for release in self._catalog.releases(model)}
        known |= {one.version for _, one in self._registry.ready_releases() if one.model == model}
        if not known or (version is not None and version not in known):
            raise self._unknown(name)

    def releases(self, loaders: Collection[str]) -> list[Release]:
        """The releases on record that these loaders load, by name."""
        return [release for release in self._catalog.releases() if release.loader in loaders]

    def _register_ready(self, spec: EncoderSpec, offer: ReadyRelease) -> Release:
        name = f"{offer.model}@{offer.version}"
        with self._lock_of(name):
            present = [r for r in self._catalog.releases(offer.model) if r.name == name]
            if present:
                return present[0]
            try:
                return self._register(spec, name, offer.source, offer.options)
            except AlreadyExists:  # another process was quicker
                return next(r for r in self._catalog.releases(offer.model) if r.name == name)

    def _register(
        self,
        spec: EncoderSpec,
        name: str,
        source: str,
        options: Mapping[str, Any],
        carried: Carried | None = None,
    ) -> Release:
        encoder, resolved = self._make(spec, source, options)
        model, version = split_full_name(name)
        with plugins_faults(spec.loader, repr(source)):
            if carried is not None:
                warning = check_release(
                    encoder,
                    carried.parts,
                    carried.fingerprint,
                    carried.canaries,
                    name,
                    loader=spec.loader,
                )
                if warning:
                    log.warning("%s", warning)
            identity = encoder.identity()
            release = Release(
                space=Space(model, version, encoder.dim, identity.fingerprint),
                loader=spec.loader,
                source=source,
                modalities=tuple(sorted(encoder.modalities)),
                options=resolved,
                parts=dict(identity.parts),
                runtime=dict(encoder.runtime()),
                canaries=canary_vectors(encoder) if carried is None else carried.canaries,
                card=card_of(spec, encoder, self.places.resolve(source)),
            )
        self._catalog.add_release(release)
        self._loaded[name] = encoder
        return release

    def declare(self, name: str, dim: int, provenance: str) -> Release:
        """Put an external space on record: vectors made elsewhere, by a model not loadable here.

        Raises:
            AlreadyExists: the name is taken.
            InvalidArgument: ``dim`` out of range, or no provenance.
        """
        model, version = split_full_name(name)
        if not 1 <= dim <= MAX_DIM:
            raise InvalidArgument(f"dim is {dim}; 1 to {MAX_DIM} are allowed", field="dim")
        provenance = _required(provenance, "provenance", "where the vectors come from")
        parts = {"external": name, "dim": dim}
        release = Release(
            space=Space(model, version, dim, Identity(parts).fingerprint),
            loader=EXTERNAL,
            source="",
            modalities=(),
            parts=parts,
            provenance=provenance,
        )
        self._catalog.add_release(release)
        return release

    def accept(self, name: str, reason: str) -> Release:
        """Put on record that this release's incomplete identity is good enough.

        Raises:
            InvalidArgument: its identity is complete, so there is nothing to accept.
        """
        reason = _required(reason, "reason", "why it may be trusted")
        release = self.resolve(name)
        if release.space.complete:
            raise InvalidArgument(
                f"the identity of {release.name} is complete; there is nothing to accept",
                field="encoder",
            )
        self._catalog.accept(release, reason)
        return self.resolve(release.name)

    def accepted(self, space: Space) -> bool:
        """Whether vectors of this space may be used: complete, or accepted on record."""
        return space.complete or self._catalog.is_accepted(space)

    def verify(self, name: str) -> Verification:
        """Load a release anew and check it.

        Raises:
            ModelDrift: it is not what was registered.
        """
        release = self.resolve(name)
        if release.external:
            return Verification(
                release.name, release.space, "an external space: there is no model to check"
            )
        return Verification(release.name, release.space, self.check(release))


def _required(text: str, field: str, meaning: str) -> str:
    if not text.strip():
        raise InvalidArgument(f"{field} is empty; say {meaning}", field=field)
    return text.strip()


def _following(version: str) -> str:
    return str(int(version) + 1) if version.isdecimal() else f"{version}-2"
