"""Whether the encoders that a backup's collections need are to be had here, as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vecstore.errors import EncoderNotFound, ModelDrift, PluginError, VecstoreError
from vecstore.loading import Loading
from vecstore.storage.releases import Release


@dataclass(slots=True)
class Checked:
    """What was found, by the encoders' names."""

    missing: dict[str, VecstoreError] = field(default_factory=dict)
    drifted: dict[str, VecstoreError] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def require(self, accept_missing: bool) -> None:
        """Raise where a collection would be searched with another encoder, or with none.

        Raises:
            ModelDrift: an encoder is not the one that made the vectors.
            EncoderNotFound, PluginError: one is missing, and that was not accepted.
        """
        if self.drifted:
            raise ModelDrift(
                f"{_said(self.drifted)} Nothing was restored: the vectors in the backup are of the "
                "registered model, so put that one back first",
                encoder=", ".join(self.drifted),
                changed="; ".join(e.details.get("changed", "") for e in self.drifted.values()),
            )
        if self.missing and not accept_missing:
            faulty = all(isinstance(error, PluginError) for error in self.missing.values())
            raise (PluginError if faulty else EncoderNotFound)(
                f"{_said(self.missing)} Nothing was restored: install what is missing, or restore "
                "all the same with accept_missing=True (--accept-missing); then these encoders' "
                "collections take vectors only until it is there",
                encoder=", ".join(self.missing),
            )


def check_encoders(
    names: Sequence[str], releases: Mapping[str, Release], loading: Loading
) -> Checked:
    """Load every encoder once, and hold it against what is on record of it.

    Args:
        names: ``model@version`` of those that collections use.
        releases: those on record, by name.
        loading: loads them, from where the backup's trained models are.
    """
    found = Checked()
    for name in names:
        release = releases.get(name)
        if release is None:
            found.missing[name] = EncoderNotFound(f"{name} is not on record in the backup")
        elif not release.external:
            _check(release, loading, found)
    return found


def _check(release: Release, loading: Loading, found: Checked) -> None:
    try:
        warning = loading.check(release)
    except ModelDrift as error:
        found.drifted[release.name] = error
    except VecstoreError as error:
        found.missing[release.name] = error
    else:
        found.warnings += [warning] if warning else []


def _said(errors: Mapping[str, VecstoreError]) -> str:
    return " ".join(
        f"{name} cannot be used here: {error.message}." for name, error in errors.items()
    )
