"""Ranks by hand: ties, several texts of an image, one text of several images."""

import pytest

pytestmark = pytest.mark.torch


def test_a_tie_counts_against_the_right_one():
    import torch

    from vecstore.pretext.tower_judge import ranks

    asking = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    asked = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    right = torch.tensor([[True, False, False], [False, False, True]])
    assert ranks(asking, asked, right).tolist() == [2, 1]


def test_the_nearest_of_several_right_ones_counts():
    import torch

    from vecstore.pretext.tower_judge import ranks

    asked = torch.tensor([[0.9], [0.5], [1.0]])
    assert ranks(torch.ones(1, 1), asked, torch.tensor([[True, True, False]])).tolist() == [2]


@pytest.fixture
def judged():
    """Twelve images at twelve places of a circle; every text is where its image is."""
    import torch

    angles = torch.arange(12) * torch.pi / 6
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_all_is_found_where_texts_are_where_their_images_are(judged):
    import torch

    from vecstore.pretext.tower_judge import retrieval

    numbers = torch.arange(12)
    assert set(retrieval(judged, judged, numbers, numbers + 40).values()) == {1.0}


def test_what_lies_opposite_is_found_last(judged):
    import torch

    from vecstore.pretext.tower_judge import retrieval

    numbers = torch.arange(12)
    assert set(retrieval(judged, -judged, numbers, numbers).values()) == {0.0}


def test_an_image_that_stands_twice_is_searched_once(judged):
    import torch

    from vecstore.pretext.tower_judge import retrieval

    rows = torch.tensor([0, *range(12)])  # its second text lies where its first does
    texts = torch.arange(13)
    found = retrieval(judged[rows], judged[rows], rows, texts)
    assert found["text_to_image_r1"] == 1.0


def test_a_text_of_two_images_is_right_with_either(judged):
    import torch

    from vecstore.pretext.tower_judge import retrieval

    texts = torch.tensor([0, 0, *range(2, 12)])
    found = retrieval(judged, judged, torch.arange(12), texts)
    assert found["text_to_image_r1"] == 1.0
    assert found["image_to_text_r10"] == 1.0


def test_batches_are_judged_together_and_losses_count_by_their_pairs(judged):
    import torch

    from vecstore.pretext.tower_judge import Judged, retrieval

    numbers, others, found = torch.arange(12), judged.roll(3, 0), Judged()
    for part, loss in ((slice(0, 8), 1.0), (slice(8, 12), 4.0)):
        vectors = {"image_vectors": judged[part], "text_vectors": others[part]}
        given = {"images": numbers[part], "texts": numbers[part]}
        found.add(given, {"loss": torch.tensor(loss), **vectors})
    whole = retrieval(judged, others, numbers, numbers)
    assert found.figures() == {"loss": 2.0, **whole}
