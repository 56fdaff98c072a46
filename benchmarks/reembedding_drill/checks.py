"""What is asked of the server while the drill goes on: refusals, and what was written."""

from __future__ import annotations

import random
from collections.abc import Mapping

import vecstore
from benchmarks.reembedding_drill.clients import DOCS, K
from vecstore.client.store import RemoteStore
from vecstore.spaces import Vector

# Records that are looked for by their own text.
SEARCHED = 400
PAGE = 1000
BATCH = 50


def retired(client: RemoteStore, old: Vector, new: str) -> list[str]:
    """What is wrong with how a vector of the space that was left is met."""
    docs = client.collection(DOCS)
    found = []
    for what, call in (
        ("search", lambda: docs.search(old, k=K)),
        ("write", lambda: docs.upsert([vecstore.Record(id="never", vector=old)])),
    ):
        try:
            call()
        except vecstore.SpaceRetired as error:
            if new not in str(error):
                found.append(f"{what}: the refusal does not name {new}: {error}")
        except vecstore.VecstoreError as error:
            found.append(f"{what}: refused with {error.reason}, not as retired: {error}")
        else:
            found.append(f"{what}: a vector of the space that was left was taken")
    return found


def by_own_text(
    client: RemoteStore, space: str, texts: Mapping[str, str], seed: int, most: int = SEARCHED
) -> list[str]:
    """Which records are not found by their own text, of some drawn by chance.

    Args:
        client: connected.
        space: that must answer.
        texts: by record id. A record that was changed since is passed over.
        seed: of the draw.
        most: how many are looked for.
    """
    docs = client.collection(DOCS)
    chosen = random.Random(seed).sample(sorted(texts), min(most, len(texts)))
    found = []
    for first in range(0, len(chosen), BATCH):
        part = chosen[first : first + BATCH]
        answers = docs.search_batch([texts[one] for one in part], k=K)
        for one, hits in zip(part, answers, strict=True):
            if hits.space.name != space:
                return [f"{hits.space.name} answers, and not {space}"]
            if one not in {hit.id for hit in hits} and _stands(client, one, texts[one]):
                found.append(f"{one} is not found in {space} by its own text")
    return found


def _stands(client: RemoteStore, one: str, text: str) -> bool:
    """Whether a record is still what it was: others write meanwhile."""
    try:
        (record,) = client.collection(DOCS).get([one])
    except vecstore.RecordNotFound:
        return False
    return record.text == text


def lost(client: RemoteStore, texts: Mapping[str, str]) -> list[str]:
    """In what the store and what was acknowledged differ, once nobody writes any more."""
    docs = client.collection(DOCS)
    stored: dict[str, str | None] = {}
    token = ""
    while True:
        page = docs.list(page_size=PAGE, page_token=token)
        stored.update((record.id, record.text) for record in page.records)
        token = page.next_page_token
        if not token:
            break
    found = [f"lost: {one}" for one in texts if one not in stored]
    found += [f"came back: {one}" for one in stored if one not in texts]
    found += [
        f"{one} has the text {stored[one]!r}, and not {text!r}"
        for one, text in texts.items()
        if one in stored and stored[one] != text
    ]
    return found
