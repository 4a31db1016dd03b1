"""Schedule and sampler."""

import torch

from stream_engine.models.diffusion import (
    LATEST_TIME,
    add_noise,
    noise_rate,
    respaced_times,
    sample,
    signal_rate,
)


def test_rates_keep_variance() -> None:
    """Signal and noise power add up to one at every time."""
    time = torch.linspace(0, 1, 50)
    assert torch.allclose(signal_rate(time) ** 2 + noise_rate(time) ** 2, torch.ones(50))


def test_times_start_at_noise_and_never_reach_zero() -> None:
    """The last question is asked while there is still something to denoise."""
    for steps in (1, 2, 4):
        times = respaced_times(steps)
        assert len(times) == steps
        assert times[0] == LATEST_TIME
        assert times[-1] > 0
        assert sorted(times, reverse=True) == list(times)


def test_a_perfect_model_gives_the_truth_at_any_number_of_steps() -> None:
    """If the model always answers with the truth, so does the sampler."""
    truth, noise = torch.randn(2, 3, 5), torch.randn(2, 3, 5)
    for steps in (1, 2, 4):
        made = sample(lambda noisy, time: truth, noise, respaced_times(steps))
        assert torch.allclose(made, truth)


def test_the_path_stays_on_the_schedule() -> None:
    """With a perfect model every question lies where diffusing the truth would put it."""
    truth, noise, asked = torch.randn(1, 2, 4), torch.randn(1, 2, 4), []

    def model(noisy: torch.Tensor, time: float) -> torch.Tensor:
        asked.append((noisy, time))
        return truth

    start = add_noise(truth, noise, torch.tensor(LATEST_TIME))
    sample(model, start, respaced_times(4))
    for noisy, time in asked:
        assert torch.allclose(noisy, add_noise(truth, noise, torch.tensor(time)), atol=1e-4)
