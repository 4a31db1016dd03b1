"""The denoiser: training pass equals service, nothing leaks from the future."""

import pytest
import torch

from stream_engine.models.motion_transformer import MotionTransformer, TransformerConfig

CONFIG = TransformerConfig(
    coefficients=7, speech_width=12, width=32, heads=4, layers=3, condition_width=16,
    context_frames=5,
)  # fmt: skip


def make_model() -> MotionTransformer:
    torch.manual_seed(0)
    model = MotionTransformer(CONFIG)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


@torch.no_grad()
def test_one_training_pass_equals_service_window_by_window() -> None:
    """Teacher forcing gives what committing the past and denoising each window gives."""
    model, frames = make_model(), 14
    clean, noisy = torch.randn(2, 2, frames, 7)
    speech, time = torch.randn(2, frames, 12), torch.rand(2, 5).repeat_interleave(3, 1)
    first = torch.arange(frames) // 3 * 3
    at_once = model.teacher_forced(clean, noisy, time[:, :frames, None], speech, first)
    cache, mask = model.initial_cache(2)
    windows = []
    for start in range(0, frames, 3):
        here = slice(start, min(start + 3, frames))
        time_here = time[:, start : start + 1, None]
        windows.append(model.denoise(noisy[:, here], time_here, speech[:, here], cache, mask))
        emitted = torch.ones(2, clean[:, here].shape[1])
        cache, mask = model.commit(clean[:, here], emitted, speech[:, here], cache, mask)
    assert torch.allclose(torch.cat(windows, dim=1), at_once, atol=1e-5)


@torch.no_grad()
def test_committing_two_frames_equals_committing_them_one_by_one() -> None:
    """A hop of two is two hops of one, as far as the context goes."""
    model = make_model()
    clean, speech = torch.randn(1, 6, 7), torch.randn(1, 6, 12)
    ones = torch.ones(1, 6)
    by_one = by_two = model.initial_cache(1)
    for t in range(6):
        now = slice(t, t + 1)
        by_one = model.commit(clean[:, now], ones[:, now], speech[:, now], *by_one)
    for t in range(0, 6, 2):
        now = slice(t, t + 2)
        by_two = model.commit(clean[:, now], ones[:, now], speech[:, now], *by_two)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(by_one, by_two, strict=True))


@torch.no_grad()
def test_frames_that_were_never_emitted_do_not_count() -> None:
    """Masked frames before a stream's first leave the prediction as with an empty context."""
    model = make_model()
    noisy, speech = torch.randn(1, 3, 7), torch.randn(1, 3, 12)
    time = torch.full((1, 1, 1), 0.7)
    empty = model.initial_cache(1)
    masked = model.commit(torch.randn(1, 2, 7), torch.zeros(1, 2), torch.randn(1, 2, 12), *empty)
    before, after = (model.denoise(noisy, time, speech, *state) for state in (empty, masked))
    assert torch.allclose(before, after, atol=1e-6)
    assert torch.isfinite(after).all()


@pytest.mark.parametrize("hop", [1, 2])
@torch.no_grad()
def test_committing_and_denoising_at_once_equals_one_after_the_other(hop: int) -> None:
    """Hop after hop, from the first window on, whose past was never emitted."""
    model, window, hops = make_model(), 3, 6
    clean, speech = torch.randn(2, hops * hop, 7), torch.randn(2, hops * hop + window, 12)
    emitted = (torch.arange(hops * hop) >= 2).float().expand(2, -1)
    apart = at_once = model.initial_cache(2)
    for start in range(0, hops * hop, hop):
        now, after = slice(start, start + hop), slice(start + hop, start + hop + window)
        noisy = torch.randn(2, window, 7)
        apart = model.commit(clean[:, now], emitted[:, now], speech[:, now], *apart)
        wanted = model.denoise(noisy, torch.full((2, 1, 1), 0.7), speech[:, after], *apart)
        both = torch.cat([speech[:, now], speech[:, after]], dim=1)
        got, at_once = model.commit_and_denoise(
            (clean[:, now], noisy), emitted[:, now], 0.7, both, at_once
        )
        assert torch.allclose(got, wanted, atol=1e-5)
        for one, other in zip(at_once, apart, strict=True):
            assert torch.allclose(one, other, atol=1e-5)
