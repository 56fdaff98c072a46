import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
guesses = pytest.importorskip("vecstore.pretext.masked_model").guesses
IGNORED = pytest.importorskip("vecstore.pretext.masking").IGNORED


@pytest.mark.parametrize("hidden_pieces", [1, 127, 128, 129])
def test_what_fills_a_shape_up_does_not_count(hidden_pieces):
    torch.manual_seed(0)
    head = torch.nn.Linear(8, 20)
    states = torch.randn(4, 60, 8)
    labels = torch.full((4, 60), IGNORED)
    places = torch.randperm(240)[:hidden_pieces]
    labels.view(-1)[places] = torch.randint(0, 20, (hidden_pieces,))
    scores = head(states)[labels != IGNORED]
    wanted = labels[labels != IGNORED]
    head.eval()
    found = guesses(head, states, labels)
    expected = torch.nn.functional.cross_entropy(scores, wanted)
    assert torch.allclose(found["loss"], expected)
    assert int(found["hits"]) == int((scores.argmax(1) == wanted).sum())


def test_the_head_meets_few_shapes():
    met = set()
    head = torch.nn.Linear(8, 20)
    head.register_forward_hook(lambda _module, given, _out: met.add(given[0].shape))
    for count in range(1, 100):
        labels = torch.full((2, 60), IGNORED)
        labels.view(-1)[:count] = 3
        guesses(head, torch.randn(2, 60, 8), labels)
    assert len(met) == 1
