import numpy as np
import pytest

pytestmark = pytest.mark.torch


@pytest.fixture
def pairs():
    """20 documents, each of 4 passages of pieces of its own."""
    from vecstore.pretext.masking import Masker
    from vecstore.pretext.pairs import Pairs
    from vecstore.pretext.segments import Segments
    from vecstore.pretext.wordpieces import pieces_of

    rng = np.random.default_rng(0)
    parts = [rng.integers(5 + 3 * n, 8 + 3 * n, size=6) for n in range(20) for _ in range(4)]
    document, end = np.repeat(np.arange(20), 4), np.arange(4, 84, 4)
    segments = Segments(pieces_of(parts), document, end - 4, end)
    return Pairs(segments, Masker(65, np.zeros(65, dtype=bool), 0.15, False, seed=7), both=True)


@pytest.fixture
def make():
    import torch
    from transformers import BertConfig

    from vecstore.pretext.pair_model import PairModel

    def make(pair_head):
        config = BertConfig(
            vocab_size=65,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=16,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return PairModel(config, pair_head)

    return make


@pytest.mark.parametrize("pair_head", ["pooled", "cls"])
def test_both_losses_can_be_learnt(pairs, make, pair_head):
    import torch

    from vecstore.pretext.pair_model import judge_pairs

    model = make(pair_head)
    batch = pairs.collate([pairs[item] for item in range(len(pairs))])
    with torch.no_grad():
        before = judge_pairs(model.eval(), [batch])
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=1e-2)
    for _ in range(120):
        loss = model(**batch)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        after = judge_pairs(model.eval(), [batch])
    assert before["next_accuracy"] < 0.7
    assert after["next_accuracy"] > 0.9
    assert after["masked_top1"] > before["masked_top1"] + 0.2
    assert after["loss"] < before["loss"] - 2


def test_batches_are_weighed_by_what_they_hold(pairs, make):
    import torch

    from vecstore.pretext.pair_model import judge_pairs

    model = make("pooled").eval()
    items = [pairs[item] for item in range(len(pairs))]
    with torch.no_grad():
        whole = judge_pairs(model, [pairs.collate(items)])
        parts = judge_pairs(model, [pairs.collate(items[:7]), pairs.collate(items[7:])])
    assert parts == pytest.approx(whole, abs=1e-5)


def test_what_fills_a_batch_up_does_not_count(pairs, make):
    import torch

    model = make("pooled").eval()
    batch = pairs.collate([pairs[item] for item in range(8)])
    longer = {
        name: one if name == "next_label" else torch.nn.functional.pad(one, (0, 1), value=fill)
        for name, one in batch.items()
        for fill in [-100 if name == "labels" else 0]
    }
    with torch.no_grad():
        one, other = model(**batch), model(**longer)
    assert float(one["next_loss"]) == pytest.approx(float(other["next_loss"]), abs=1e-6)
    assert float(one["masked_loss"]) == pytest.approx(float(other["masked_loss"]), abs=1e-6)


def test_the_pooled_head_has_no_part_that_is_not_trained(pairs, make):
    model = make("pooled")
    model(**pairs.collate([pairs[0], pairs[1]]))["loss"].backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []
