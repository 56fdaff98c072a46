"""Load plugins, each by itself: one that is broken is left out whole and reported by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import pluggy

from vecstore import hookspecs
from vecstore.config import Settings
from vecstore.hookspecs import PROJECT
from vecstore.records import Modality
from vecstore.specs import EncoderSpec, IndexSpec, Option, ReadyRelease
from vecstore.tasks import DataKind, PretextSpec

GROUP = "vecstore"
BUILTIN = "builtin"

Spec = TypeVar("Spec")

_ENCODERS = hookspecs.vecstore_register_encoders.__name__
_INDEXES = hookspecs.vecstore_register_index_backends.__name__
_TASKS = hookspecs.vecstore_register_pretext_tasks.__name__


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a plugin, or a part of it, cannot be used.

    Args:
        plugin: its name; the names of all who are involved, separated by commas.
        message: what is wrong and what to do.
    """

    plugin: str
    message: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What one plugin brings."""

    plugin: str
    encoders: tuple[EncoderSpec, ...]
    indexes: tuple[IndexSpec, ...]
    tasks: tuple[PretextSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plugin that may be loaded; ``origin`` says where it comes from, for messages."""

    name: str
    origin: str
    load: Callable[[], object]


class _BadPluginError(Exception):
    """A plugin that does not keep the rules; the message says which."""


def load_plugins(
    settings: Settings,
    builtin: object,
    given: Sequence[tuple[str, object]] = (),
    installed: bool = True,
) -> tuple[list[Offer], list[Problem]]:
    """Load the built-in plugin, the given ones, and the installed ones.

    Args:
        settings: ``disabled_plugins`` and ``allowed_plugins``.
        builtin: the plugin object that comes with vecstore.
        given: more plugins by name, already imported.
        installed: whether to look for entry points of the group ``vecstore``.

    Returns:
        What the plugins in use offer, and what is wrong with the others.
    """
    candidates = [
        _Candidate(BUILTIN, "vecstore", lambda: builtin),
        *(_Candidate(name, "given", lambda plugin=plugin: plugin) for name, plugin in given),  # type: ignore[misc]
        *(_from_entry_point(point) for point in (entry_points(group=GROUP) if installed else ())),
    ]
    chosen, problems = _choose(candidates, settings)
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    offers = []
    for candidate in chosen:
        try:
            offers.append(_load(manager, candidate))
        except _BadPluginError as error:
            problems.append(Problem(candidate.name, str(error)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one plugin must not end the rest
            reason = f"{type(error).__name__}: {error}"
            problems.append(
                Problem(
                    candidate.name,
                    f"the plugin {candidate.name!r} ({candidate.origin}) could not be loaded: "
                    f"{reason}. Repair or uninstall it, or switch it off with "
                    f"VECSTORE_DISABLED_PLUGINS={candidate.name}",
                )
            )
    return offers, problems


def _from_entry_point(point: EntryPoint) -> _Candidate:
    distribution = point.dist.name if point.dist is not None else point.value
    return _Candidate(point.name, distribution, point.load)


def _choose(
    candidates: Sequence[_Candidate], settings: Settings
) -> tuple[list[_Candidate], list[Problem]]:
    """Those that may be loaded. Of two with one name, neither."""
    disabled, allowed = _names(settings.disabled_plugins), _names(settings.allowed_plugins)
    chosen: dict[str, _Candidate] = {}
    problems: dict[str, Problem] = {}
    for candidate in candidates:
        name = candidate.name
        if name in disabled or (allowed and name not in allowed | {BUILTIN}):
            continue
        other = chosen.setdefault(name, candidate)
        if other is not candidate:
            problems[name] = Problem(
                name,
                f"two plugins are called {name!r}: one from {other.origin}, one from "
                f"{candidate.origin}; uninstall one of them",
            )
    absent = sorted(allowed - {candidate.name for candidate in candidates})
    missing = [
        Problem(name, f"the plugin {name!r} is allowed by the settings, but is not installed")
        for name in absent
    ]
    kept = [c for c in chosen.values() if c.name not in problems or c.name == BUILTIN]
    return kept, [*problems.values(), *missing]


def _names(setting: str) -> set[str]:
    return {name.strip() for name in setting.split(",") if name.strip()}


def _load(manager: pluggy.PluginManager, candidate: _Candidate) -> Offer:
    plugin = candidate.load()
    manager.register(plugin, name=candidate.name)
    try:
        manager.check_pending()
        _check_marked(manager, plugin, candidate.name)
        return Offer(
            candidate.name,
            tuple(_collect(manager, plugin, _ENCODERS, EncoderSpec, _check_encoder)),
            tuple(_collect(manager, plugin, _INDEXES, IndexSpec, _check_index)),
            tuple(_collect(manager, plugin, _TASKS, PretextSpec, _check_task)),
        )
    except BaseException:
        manager.unregister(plugin)
        raise


def _check_marked(manager: pluggy.PluginManager, plugin: object, name: str) -> None:
    """A hook without ``@hookimpl`` would be passed over in silence; so would an empty plugin."""
    marked = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    unmarked = [
        attribute
        for attribute in dir(plugin)
        if attribute.startswith("vecstore_register_") and attribute not in marked
    ]
    if unmarked:
        raise _BadPluginError(
            f"{unmarked[0]} in the plugin {name!r} is not marked with @vecstore.hookimpl"
        )
    if not marked:
        raise _BadPluginError(
            f"the plugin {name!r} implements no hook; it needs at least one function such as "
            f"{_ENCODERS}, marked with @vecstore.hookimpl"
        )


def _collect(
    manager: pluggy.PluginManager,
    plugin: object,
    hook: str,
    kind: type[Spec],
    check: Callable[[Any], str | None],
) -> Iterator[Spec]:
    """What one plugin returns for one hook, each item looked at."""
    caller = getattr(manager.hook, hook)
    for implementation in caller.get_hookimpls():
        if implementation.plugin is not plugin:
            continue
        returned = implementation.function()
        if isinstance(returned, str | bytes) or not isinstance(returned, Iterable):
            raise _BadPluginError(
                f"{hook} returned {returned!r}; it must return a list of {kind.__name__}"
            )
        for spec in returned:
            wrong = check(spec) if isinstance(spec, kind) else f"is no {kind.__name__}"
            if wrong:
                raise _BadPluginError(f"{hook} gave {spec!r}, which {wrong}")
            yield spec


def _check_encoder(spec: Any) -> str | None:
    if not spec.loader or not isinstance(spec.loader, str):
        return "has no loader name"
    if not spec.modalities or not all(isinstance(m, Modality) for m in spec.modalities):
        return "names no modalities"
    if not callable(spec.load):
        return "has a load that cannot be called"
    if not _are_options(spec.options):
        return "has options that are no Option, or two of one name"
    if not all(isinstance(ready, ReadyRelease) for ready in spec.ready):
        return "has ready releases that are no ReadyRelease"
    return None


def _check_index(spec: Any) -> str | None:
    if not spec.name or not isinstance(spec.name, str):
        return "has no name"
    if not (callable(spec.create) and callable(spec.load)):
        return "has a create or load that cannot be called"
    return None


def _check_task(spec: Any) -> str | None:
    if not spec.name or not isinstance(spec.name, str):
        return "has no name"
    if not spec.modalities or not all(isinstance(m, Modality) for m in spec.modalities):
        return "names no modalities"
    if not isinstance(spec.reads, DataKind):
        return "does not say which kind of data it reads (vecstore.tasks.DataKind)"
    if not (callable(spec.fit) and callable(spec.load)):
        return "has a fit or load that cannot be called"
    if not (_are_options(spec.options) and _are_options(spec.load_options)):
        return "has options that are no Option, or two of one name"
    return None


def _are_options(options: Any) -> bool:
    names = [option.name for option in options if isinstance(option, Option)]
    return len(set(names)) == len(options)
