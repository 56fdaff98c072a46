"""The hooks that a plugin may implement.

A plugin is a module (or object) named by an entry point in the group ``vecstore``; its functions
are marked with ``vecstore.hookimpl``. Order never carries meaning: two providers of one name are
an error, not a race.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from vecstore.specs import EncoderSpec, IndexSpec
from vecstore.tasks import PretextSpec

PROJECT = "vecstore"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def vecstore_register_encoders() -> Iterable[EncoderSpec]:
    """Loaders of encoders. Must not load weights or import heavy libraries."""
    return ()


@hookspec
def vecstore_register_index_backends() -> Iterable[IndexSpec]:
    """Structures that find near neighbours."""
    return ()


@hookspec
def vecstore_register_pretext_tasks() -> Iterable[PretextSpec]:
    """Pretext tasks, which train encoders. Must not import heavy libraries."""
    return ()
