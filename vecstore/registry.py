"""What is installed: loaders of encoders, pretext tasks and index backends, looked up by name.

A name that two plugins claim belongs to neither, whatever the order in which they were loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from vecstore.config import Settings
from vecstore.encoders.builtin import encoder_specs
from vecstore.encoders.options import resolve_options
from vecstore.encoders.trained import trained_loader
from vecstore.errors import EncoderNotFound, InvalidArgument, PluginError
from vecstore.hookspecs import hookimpl
from vecstore.plugins import Offer, Problem, load_plugins
from vecstore.pretext.builtin import pretext_specs
from vecstore.specs import EncoderSpec, IndexSpec, Options, ReadyRelease
from vecstore.tasks import PretextSpec

logger = logging.getLogger(__name__)

Part = TypeVar("Part")


class Builtin:
    """What comes with vecstore, offered by the hooks that any plugin uses."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @hookimpl
    def vecstore_register_encoders(self) -> Iterable[EncoderSpec]:
        """The encoders that need no model."""
        return encoder_specs()

    @hookimpl
    def vecstore_register_index_backends(self) -> Iterable[IndexSpec]:
        """The indexes that come with vecstore, tuned by the settings."""
        from vecstore.index.builtin import index_backends

        return index_backends(self._settings)

    @hookimpl
    def vecstore_register_pretext_tasks(self) -> Iterable[PretextSpec]:
        """The tasks that train encoders."""
        return pretext_specs()


class _Names(Generic[Part]):
    """Parts by name; a name given twice belongs to nobody."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._claims: dict[str, list[tuple[str, Part]]] = {}

    def add(self, name: str, plugin: str, part: Part) -> None:
        """Note that a plugin claims a name."""
        self._claims.setdefault(name, []).append((plugin, part))

    def find(self, name: str) -> Part | None:
        """The part of this name, or None. Raises PluginError where the name is claimed twice."""
        claims = self._claims.get(name, [])
        if len(claims) > 1:
            raise PluginError(self._conflict(name), name=name)
        return claims[0][1] if claims else None

    def values(self) -> tuple[Part, ...]:
        """Every part whose name is its own, by name."""
        return tuple(claims[0][1] for _, claims in sorted(self._claims.items()) if len(claims) == 1)

    def listed(self) -> str:
        """The names that can be used, for messages."""
        return ", ".join(n for n, c in sorted(self._claims.items()) if len(c) == 1) or "none"

    def contested(self, name: str) -> bool:
        """Whether more than one claims this name."""
        return len(self._claims.get(name, [])) > 1

    def conflicts(self) -> Iterator[Problem]:
        """One problem for each name claimed more than once."""
        for name in sorted(filter(self.contested, self._claims)):
            yield Problem(", ".join(self._claimants(name)), self._conflict(name))

    def _claimants(self, name: str) -> list[str]:
        return sorted({plugin for plugin, _ in self._claims[name]})

    def _conflict(self, name: str) -> str:
        plugins = self._claimants(name)
        if len(plugins) == 1:
            return f"the plugin {plugins[0]!r} offers the {self._kind} {name!r} twice"
        listed = " and ".join(repr(plugin) for plugin in plugins)
        return (
            f"the {self._kind} {name!r} is offered by the plugins {listed}, and belongs to "
            "neither; uninstall one of them, or switch it off with VECSTORE_DISABLED_PLUGINS"
        )


class Registry:
    """Look-up of what plugins offer, by name.

    Attributes:
        plugins: names of the plugins in use, sorted.
        problems: what could not be used, and why.
    """

    def __init__(self, offers: Sequence[Offer], problems: Sequence[Problem]) -> None:
        self.plugins = tuple(sorted(offer.plugin for offer in offers))
        self._encoders = _Names[EncoderSpec]("loader")
        self._indexes = _Names[IndexSpec]("index backend")
        self._tasks = _Names[PretextSpec]("pretext task")
        self._ready = _Names[tuple[EncoderSpec, ReadyRelease]]("ready release")
        for offer in offers:
            for encoder in offer.encoders:
                self._encoders.add(encoder.loader, offer.plugin, encoder)
                for ready in encoder.ready:
                    name = f"{ready.model}@{ready.version}"
                    self._ready.add(name, offer.plugin, (encoder, ready))
            for index in offer.indexes:
                self._indexes.add(index.name, offer.plugin, index)
            for task in offer.tasks:
                self._tasks.add(task.name, offer.plugin, task)
                self._encoders.add(task.name, offer.plugin, trained_loader(task))
        conflicts = [
            *self._encoders.conflicts(),
            *self._indexes.conflicts(),
            *self._tasks.conflicts(),
            *self._ready.conflicts(),
        ]
        self.problems = (*problems, *conflicts)
        for problem in self.problems:
            logger.warning("plugin %s: %s", problem.plugin, problem.message)

    @classmethod
    def load(
        cls,
        settings: Settings,
        *,
        plugins: Sequence[tuple[str, object]] = (),
        entry_points: bool = True,
    ) -> Registry:
        """Load the built-in plugin and those that are installed.

        Args:
            settings: which plugins are switched off or allowed, and what tunes the built-in ones.
            plugins: more plugins by name, already imported.
            entry_points: whether to look for installed plugins.
        """
        return cls(*load_plugins(settings, Builtin(settings), plugins, entry_points))

    def encoder_specs(self) -> tuple[EncoderSpec, ...]:
        """Every loader that can be used, by name."""
        return self._encoders.values()

    def encoder_spec(self, loader: str) -> EncoderSpec:
        """The loader of this name.

        Raises:
            EncoderNotFound: there is none.
            PluginError: two plugins claim it.
        """
        found = self._encoders.find(loader)
        if found is None:
            raise EncoderNotFound(
                f"there is no loader {loader!r}; installed are: {self._encoders.listed()}"
                f"{self._left_out()}. A plugin that brings more is installed with pip",
                loader=loader,
            )
        return found

    def pretext_specs(self) -> tuple[PretextSpec, ...]:
        """Every pretext task that can be trained, by name."""
        return tuple(t for t in self._tasks.values() if not self._encoders.contested(t.name))

    def pretext_spec(self, name: str) -> PretextSpec:
        """The pretext task of this name.

        Raises:
            InvalidArgument: there is none.
            PluginError: two plugins claim it, as a task or as a loader.
        """
        found = self._tasks.find(name)
        self._encoders.find(name)
        if found is None:
            raise InvalidArgument(
                f"there is no pretext task {name!r}; installed are: {self._tasks.listed()}"
                f"{self._left_out()}. vecstore tasks list says what each learns",
                field="task",
            )
        return found

    def index_spec(self, name: str) -> IndexSpec:
        """The index backend of this name.

        Raises:
            InvalidArgument: there is none.
            PluginError: two plugins claim it.
        """
        found = self._indexes.find(name)
        if found is None:
            raise InvalidArgument(
                f"there is no index backend {name!r}; installed are: {self._indexes.listed()}"
                f"{self._left_out()}",
                field="index",
            )
        return found

    def ready_releases(self) -> list[tuple[EncoderSpec, ReadyRelease]]:
        """Every release that a plugin brings along and that can be used, by name."""
        return [
            (spec, ready)
            for spec, ready in self._ready.values()
            if not self._encoders.contested(spec.loader)
        ]

    def ready_release(self, model: str, version: str) -> tuple[EncoderSpec, ReadyRelease] | None:
        """The ready release of this name, or None.

        Raises:
            PluginError: two plugins claim it, or its loader.
        """
        found = self._ready.find(f"{model}@{version}")
        if found is not None:
            self._encoders.find(found[0].loader)
        return found

    @staticmethod
    def resolve_options(spec: EncoderSpec | PretextSpec, given: Options) -> dict[str, Any]:
        """Every option with its value; see :func:`vecstore.encoders.options.resolve_options`."""
        return resolve_options(spec, given)

    def _left_out(self) -> str:
        names = sorted({problem.plugin for problem in self.problems})
        return f"; plugins with problems: {', '.join(names)}" if names else ""
