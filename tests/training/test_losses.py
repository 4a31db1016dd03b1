"""What the generator is asked for."""

import torch

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import INDEX
from training.losses import LossWeights, lip_matrix, motion_loss

ALL_LANDMARKS = torch.arange(478)


def test_lip_measurements_are_those_of_the_mesh() -> None:
    """Opening the jaw widens the gap column, smiling the width column; brows do neither."""
    matrix = lip_matrix(load_head_asset(), ALL_LANDMARKS)
    gap, width = matrix[:, -2], matrix[:, -1]
    assert gap[INDEX["jawOpen"]] > 5 * abs(gap[INDEX["mouthSmileLeft"]])
    assert width[INDEX["mouthSmileLeft"]] > 0
    assert width[INDEX["mouthPucker"]] < 0
    assert matrix[INDEX["browInnerUp"]].abs().max() < 1e-3


def test_the_truth_costs_nothing_and_errors_cost_where_they_count() -> None:
    """Zero at the truth; a lip error costs more than a brow error of the same size."""
    lips = torch.zeros(55, 4)
    lips[INDEX["jawOpen"]] = 10.0
    clean = torch.randn(2, 6, 55)
    before = torch.cat([clean[:, :1], clean[:, :-1]], dim=1)
    nothing = motion_loss(clean, clean, before, lips, LossWeights())
    assert all(float(term.abs().max()) < 1e-9 for term in nothing.values())
    totals = []
    for name in ("jawOpen", "browInnerUp"):
        wrong = clean.clone()
        wrong[..., INDEX[name]] += 0.1
        terms = motion_loss(wrong, clean, before, lips, LossWeights())
        totals.append(float(torch.stack(list(terms.values())).sum()))
    assert totals[0] > 10 * totals[1]


def test_a_wrong_step_costs_even_where_the_place_is_right() -> None:
    """Velocity is judged against what the frame follows."""
    clean = torch.zeros(1, 3, 55)
    jumped = torch.full((1, 3, 55), 0.5)
    terms = motion_loss(clean, clean, jumped, torch.zeros(55, 2), LossWeights())
    assert float(terms["coefficients"].max()) == 0.0
    assert float(terms["velocity"].min()) > 0.0
