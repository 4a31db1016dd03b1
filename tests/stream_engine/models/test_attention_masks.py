"""Who sees whom, by hand."""

import torch

from stream_engine.models.attention_masks import joint_mask, teacher_forcing_mask


def test_teacher_forcing() -> None:
    """Windows of two, context of two, four frames."""
    seen = teacher_forcing_mask(torch.tensor([0, 0, 2, 2]), 2).int().tolist()
    assert seen[:4] == [
        [1, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
    ]
    assert seen[4:] == [
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1, 0, 0],
        [1, 1, 0, 0, 0, 0, 1, 1],
        [1, 1, 0, 0, 0, 0, 1, 1],
    ]


def test_a_hop_and_a_window_at_once() -> None:
    """Context of two, a hop of two, a window of two; the oldest slot of the context is empty."""
    filled = torch.tensor([[0.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
    seen = joint_mask(torch.arange(6), 2, 2, filled).int().tolist()
    assert seen == [
        [
            [
                [0, 1, 1, 0, 0, 0],
                [0, 1, 1, 1, 0, 0],
                [0, 0, 1, 1, 1, 1],
                [0, 0, 1, 1, 1, 1],
            ]
        ]
    ]


def test_a_frame_that_was_not_emitted_is_seen_by_itself_alone() -> None:
    """So that no row is without a key."""
    filled = torch.tensor([[0.0, 0.0, 0.0, 1.0]])
    assert joint_mask(torch.arange(4), 2, 1, filled).int().tolist() == [
        [[[0, 0, 1, 0], [0, 0, 0, 1]]]
    ]
