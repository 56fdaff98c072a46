"""What ``dimensions`` finds out: every price, and the smallest vectors that keep enough."""

from __future__ import annotations

from dataclasses import dataclass

from vecstore.evaluation.dimensions import Price
from vecstore.evaluation.reductions import Method
from vecstore.evaluations import DataSummary
from vecstore.spaces import Space


@dataclass(frozen=True, slots=True)
class Choice:
    """The smallest vectors that keep a share of a figure.

    Args:
        figure: "recall@10" or "accuracy".
        share: of the full vectors' figure that is kept, such as 0.95.
        method: truncate, pca or random.
        price: the smallest; that of the full vectors where no fewer dims keep as much.
    """

    figure: str
    share: float
    method: Method
    price: Price


@dataclass(frozen=True, slots=True, eq=False)
class Dimensions:
    """The price of a dimension, for one encoder on one data set. A plan; nothing of it is stored.

    Args:
        space: whose vectors were reduced.
        data: on what.
        seed: of everything drawn; of random projections too.
        corpus, queries: vectors that were searched, and how many searched them. Both are encoded
            in the document role.
        samples, draws: samples of each class that a nearest neighbour was told by, and how often
            they were drawn; 0 without labels.
        tested: held-out vectors whose class was told; 0 without labels.
        indexed: vectors in each of the indexes measured.
        prices: the full vectors first, then every reduction by method and falling dim.
        choices: by figure, method and share.
        notes: what was left out and why, one sentence each.
        external: whether the vectors are made elsewhere, so that no transform can be applied here.
    """

    space: Space
    data: DataSummary
    seed: int
    corpus: int
    queries: int
    samples: int
    draws: int
    tested: int
    indexed: int
    prices: tuple[Price, ...]
    choices: tuple[Choice, ...]
    notes: tuple[str, ...] = ()
    external: bool = False

    @property
    def full(self) -> Price:
        """The full vectors."""
        return self.prices[0]

    def price(self, method: Method | str, dim: int | None = None) -> Price:
        """The price of one reduction.

        Args:
            method: such as "truncate", "pca" or "int8".
            dim: numbers a vector; None for all of them.

        Raises:
            KeyError: it was not measured.
        """
        asked = Method(method)
        wanted = self.full.dim if dim is None else dim
        for one in self.prices:
            if one.dim == wanted and (one.method is asked or _is_full(one, asked)):
                return one
        raise KeyError(f"{asked} at {wanted} dims was not measured")


def _is_full(price: Price, asked: Method) -> bool:
    """Whether nothing is left out: all dims, by whatever way dims are left out."""
    return price.method is Method.FULL and not asked.forecast
