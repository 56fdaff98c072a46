"""What a model says that it was made for, in the form that goes on record."""

from __future__ import annotations

import json
from dataclasses import asdict

from vecstore.config import Settings
from vecstore.errors import InvalidRecord, PluginError
from vecstore.evaluations import TaskCard
from vecstore.inputs import check_payload
from vecstore.specs import Encoder, EncoderSpec


def card_of(spec: EncoderSpec, encoder: Encoder, source: str) -> TaskCard | None:
    """The card of an encoder: its own, or else the loader's; None where neither knows.

    Args:
        spec: the loader.
        encoder: loaded by it.
        source: what it was loaded from.

    Raises:
        PluginError: what was given is no card.
    """
    card: object = encoder.card()
    if card is None and spec.card is not None:
        card = spec.card(source)
    return None if card is None else _checked(card, spec.loader)


def _checked(card: object, loader: str) -> TaskCard:
    try:
        if isinstance(card, TaskCard) and card.trained_for.strip() and isinstance(card.source, str):
            # What a payload cannot hold, no message about the encoder can carry either.
            values = json.loads(check_payload(asdict(card), Settings()))
            if isinstance(values["data"], dict):
                return TaskCard(**values)
    except (TypeError, ValueError, AttributeError, InvalidRecord):
        pass
    raise PluginError(
        f"the loader {loader} gave the task card {card!r:.200}, which is none: a TaskCard with a "
        "sentence in trained_for and JSON values in data is needed; report it to the plugin's "
        "author",
        loader=loader,
    )
