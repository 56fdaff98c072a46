import pytest

from benchmarks import bare
from benchmarks.remote import require_agreement


def test_servers_that_answer_alike_may_be_compared() -> None:
    require_agreement([list(range(bare.K))], [list(range(1, bare.K + 1))])


def test_servers_that_answer_differently_are_not_compared() -> None:
    with pytest.raises(RuntimeError, match="only 50%"):
        require_agreement([list(range(bare.K))], [list(range(bare.K // 2))])
