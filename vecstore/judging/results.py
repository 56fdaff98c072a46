"""Evaluations on record, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vecstore import paging
from vecstore.errors import InvalidArgument
from vecstore.evaluations import Evaluation, EvaluationPage
from vecstore.spaces import split_name

if TYPE_CHECKING:
    from vecstore.models import Models
    from vecstore.storage.evaluations import Evaluations

_INTEGERS = (int, np.integer)


def list_evaluations(
    models: Models, evaluations: Evaluations, encoder: str | None, page_size: int, page_token: str
) -> EvaluationPage:
    """One page of evaluations, newest first.

    Args:
        models: the store's releases.
        evaluations: what is on record.
        encoder: ``model@version``, or ``model`` for all its versions; all encoders where empty.
        page_size: 1 to 1000.
        page_token: of the page before.

    Raises:
        InvalidArgument: a page size out of range, or a token of another listing.
        EncoderNotFound: there is no such encoder.
    """
    paging.check_size(page_size)
    model, version = split_name(encoder) if encoder else (None, None)
    if encoder:
        models.require_known(encoder)
    made_for = paging.listing("evaluations", model, version)
    before = paging.after_number(page_token, made_for)
    found = evaluations.newest(int(page_size) + 1, model=model, version=version, before=before)
    page = tuple(found[:page_size])
    more = len(found) > len(page)
    return EvaluationPage(page, paging.token(str(page[-1].id), made_for) if more else "")


def require_evaluation(evaluations: Evaluations, number: int) -> Evaluation:
    """One evaluation by its id.

    Raises:
        NotFound: there is none of this id.
        InvalidArgument: the id is no whole number of 1 or more.
    """
    whole = isinstance(number, _INTEGERS) and not isinstance(number, bool)
    if not whole or number < 1:
        raise InvalidArgument(f"id is {number!r}; give a whole number of 1 or more", field="id")
    return evaluations.get(int(number))
