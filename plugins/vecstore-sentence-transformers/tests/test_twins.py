"""Twins have learnt nothing, whatever kind of model they are of."""

import numpy as np
import pytest
from vecstore_sentence_transformers.twins import redrawn

pytestmark = pytest.mark.torch


def test_every_part_is_drawn_as_its_own_class_does_it(minilm):
    import torch

    before = torch.get_rng_state()
    trained = minilm._model.state_dict()
    twin = redrawn(minilm._model, 3).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    embeddings = [name for name in twin if name.endswith("word_embeddings.weight")]
    norms = [name for name in twin if name.endswith("LayerNorm.weight")]
    assert (len(embeddings), len(norms)) == (1, 13)
    assert float(twin[embeddings[0]].std()) == pytest.approx(0.02, rel=0.05)
    assert all((twin[name] == 1).all() for name in norms)
    drawn = [name for name in twin if name.endswith("weight") and name not in norms]
    for name in drawn:
        own, other = trained[name].flatten().numpy(), twin[name].flatten().numpy()
        assert abs(np.corrcoef(own, other)[0, 1]) < 0.1, name


def test_layers_of_their_own_are_drawn_too():
    import torch

    class Bare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.full((400,), 1000.0))
            self.dense = torch.nn.Linear(20, 20)

    model = torch.nn.Sequential(Bare())
    model[0].dense.weight.data.fill_(1000.0)
    first, second, other = (redrawn(model, seed)[0] for seed in (1, 1, 2))
    assert float(first.scale.detach().std()) == pytest.approx(0.02, rel=0.2)
    assert float(first.dense.weight.detach().abs().max()) < 1
    assert torch.equal(first.scale, second.scale)
    assert torch.equal(first.dense.weight, second.dense.weight)
    assert not torch.equal(first.dense.weight, other.dense.weight)
    assert (model[0].scale == 1000).all()
