"""Whether searches of a field are so quick that the event loop may wait for them."""

from __future__ import annotations

# One that is slow may have been interrupted; so many in a row are slow.
_SLOW = 2
# Threads beside each other make a quick search slow, up to so many times: then it is tried at once
# again after so many.
_BESIDE = 8
_AGAIN = 64

Place = tuple[str, str]


class Pace:
    """How quick the last searches were, by the names of collection and field.

    Told by threads and by the event loop; what gets lost where two of them meet matters little.
    """

    def __init__(self) -> None:
        # The field's id in the database, slow searches in a row, and those in threads since.
        self._known: dict[Place, tuple[int, int, int]] = {}

    def field(self, place: Place) -> int | None:
        """The id of the field, where its searches are quick."""
        known = self._known.get(place)
        return None if known is None or known[1] >= _SLOW else known[0]

    def took(self, place: Place, field: int, seconds: float, limit: float, at_once: bool) -> None:
        """A search of a field has been answered.

        Args:
            place: the names that it was asked for by.
            field: what they stood for.
            seconds: how long it took.
            limit: how long a quick one may.
            at_once: whether the event loop waited for it.
        """
        before = self._known.get(place)
        if seconds <= limit:
            state = field, 0, 0
        elif before is None or before[0] != field:
            state = field, _SLOW, 0
        elif at_once:
            state = field, before[1] + 1, 0
        elif seconds <= _BESIDE * limit and before[2] + 1 >= _AGAIN:
            state = field, _SLOW - 1, 0
        else:
            state = field, _SLOW, before[2] + 1
        self._known[place] = state

    def forget(self, place: Place) -> None:
        """A search was refused."""
        self._known.pop(place, None)
