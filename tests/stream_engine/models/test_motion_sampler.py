"""One hop as one graph."""

import torch

from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from tests.stream_engine.models.test_motion_transformer import make_model


@torch.no_grad()
def test_sampler_gives_motion_in_coefficient_units() -> None:
    """Doubling the scale doubles what an empty context gives."""
    model = make_model()
    cache, mask = model.initial_cache(1)
    nothing = torch.zeros(1, 1, 7), torch.zeros(1, 1, 12), torch.zeros(1, 1)
    speech, noise = torch.randn(1, 3, 12), torch.randn(1, 3, 7)
    out = [
        MotionSampler(model, torch.full((7,), scale), respaced_times(2))(
            *nothing, cache, mask, speech, noise
        )[0]
        for scale in (1.0, 2.0)
    ]
    assert torch.allclose(out[1], 2.0 * out[0], atol=1e-5)
