"""Pictures found by a text, and what finds them without any training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.encoding import encoded
from benchmarks.quality.votes import Ints
from benchmarks.quality_images.emoji import Emoji
from benchmarks.quality_images.pixels import SIDE, flat
from vecstore.evaluation.matrices import unit_rows
from vecstore.records import Role
from vecstore.spaces import FloatArray
from vecstore.store import Store

Ranks = NDArray[np.int64]

_COMPONENTS = 64  # of 32 to 256 these serve best
_RANDOM = 0


def ranks(asked: FloatArray, pictures: FloatArray, wanted: Ints) -> Ranks:
    """How many pictures are nearer than the right one, or as near.

    Args:
        asked: vectors of length 1 of the texts; shape (n, dim).
        pictures: those of the pictures; shape (m, dim).
        wanted: the place of each text's picture; shape (n,).

    Returns:
        0 where it comes first; shape (n,).
    """
    scores = asked @ pictures.T
    own = scores[np.arange(len(asked)), wanted]
    found: Ranks = (scores >= own[:, None]).sum(axis=1) - 1
    return found


def text_ranks(
    store: Store, model: str, emoji: Emoji, pictures: Sequence[bytes], places: Ints
) -> Ranks:
    """Where the pictures of some names come among all pictures, by an encoder."""
    asked = encoded(store, model, [emoji.names[place] for place in places], Role.QUERY)
    return ranks(unit_rows(asked), unit_rows(encoded(store, model, pictures)), places)


def looked_up(emoji: Emoji) -> dict[str, Ranks]:
    """Where Twemoji's pictures come, if Noto's picture of the same name is compared with them.

    Returns:
        The ranks by the kind of comparison.
    """
    found: dict[str, Ranks] = {}
    for kind, (noto, twemoji) in _forms(emoji).items():
        found[f"its Noto picture, {kind}"] = ranks(noto, twemoji, np.arange(len(emoji)))
    return found


def like_known(emoji: Emoji, of_twemoji: bool) -> dict[str, Ranks]:
    """Where pictures of the names held out come, if that of the most similar known name is taken.

    Names are compared by TF-IDF of their words and letters, pictures by their pixels.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    found: dict[str, Ranks] = {}
    tfidf = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    rows = tfidf.fit_transform(emoji.names)
    alike = (rows[emoji.held_out] @ rows[emoji.known].T).toarray()
    nearest = emoji.known[alike.argmax(axis=1)]
    for kind, (noto, twemoji) in _forms(emoji).items():
        pictures = twemoji if of_twemoji else noto
        found[f"Noto picture of the most similar known name, {kind}"] = ranks(
            noto[nearest], pictures, emoji.held_out
        )
    return found


def _forms(emoji: Emoji) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Noto's and Twemoji's pictures as vectors of length 1, by what they are made of."""
    from sklearn.decomposition import PCA

    noto, twemoji = flat(emoji.noto, SIDE), flat(emoji.twemoji, SIDE)
    mean = noto.mean(axis=0)
    forms = {"pixels": (unit_rows(noto - mean), unit_rows(twemoji - mean))}
    count = min(_COMPONENTS, len(noto) - 1, noto.shape[1])  # the last one of all has no variance
    pca = PCA(count, whiten=True, svd_solver="randomized", random_state=_RANDOM).fit(noto)
    forms["whitened PCA"] = (unit_rows(pca.transform(noto)), unit_rows(pca.transform(twemoji)))
    return forms
