"""Faces told by their evidence: at the right lag, and from other faces."""

import numpy as np
import pytest
import torch

from stream_engine.monitor.sync_evidence import LAGS, Saying, evidence
from training.lag_contrast import WINDOW_STEPS, Heard, lag_contrast, lag_sums, misplaced

UNITS, BANDS, STEPS, CLIPS = 12, 4, 110, 3


def talk(seed: int, late: int = 0) -> tuple[Heard, Heard]:
    """Clips whose faces say what their voices say, so many steps late."""
    rng = np.random.default_rng(seed)
    said = rng.integers(UNITS, size=(CLIPS, STEPS))
    mel = rng.normal(size=(CLIPS, STEPS, BANDS))
    one = torch.nn.functional.one_hot(torch.from_numpy(said), UNITS).float()
    drawn = torch.from_numpy(mel).float()
    face = Heard(3.0 * one.roll(late, dims=1), drawn.roll(late, dims=1))
    return face, Heard(one, drawn)


def everywhere() -> torch.Tensor:
    return torch.ones(CLIPS, STEPS)


@pytest.mark.parametrize("late", [0, 7, -12])
def test_evidence_is_that_of_the_monitor(late: int) -> None:
    """Sums of half a second are those of `sync_evidence`, at every lag."""
    face, voice = talk(1, late)
    sums, _, share = lag_sums(face, voice, everywhere())
    assert sums.shape[2] == len(LAGS)
    assert torch.allclose(share, torch.ones_like(share))
    assert (sums.argmax(dim=2) == late + len(LAGS) // 2).all()
    speech = np.ones((CLIPS, STEPS), np.float32)
    live = evidence(*(Saying(h.units.numpy(), h.mel.numpy(), speech) for h in (face, voice)))
    # The monitor holds the later of both still, the lesson the voice: alike where neither waits.
    centre = len(LAGS) // 2
    assert np.allclose(
        sums[:, 0, centre], live[:, :WINDOW_STEPS, centre].sum(axis=1), rtol=1e-4, atol=1e-3
    )


def test_the_right_face_in_sync_costs_least() -> None:
    """Late faces, and faces that say what another voice says, cost more."""
    face, voice = talk(2)
    right = lag_contrast(face, voice, everywhere(), 0.2)
    late = lag_contrast(talk(2, late=5)[0], voice, everywhere(), 0.2)
    other = Heard(face.units.roll(1, dims=0), face.mel.roll(1, dims=0))
    assert right < 0.1
    assert late > right + 1.0
    assert lag_contrast(other, voice, everywhere(), 0.2) > right + 1.0


def test_twenty_milliseconds_are_neither_right_nor_wrong() -> None:
    """The best lag may be a step off; two are too many."""
    voice = talk(3)[1]
    shares = [misplaced(talk(3, k)[0], voice, everywhere()).float().mean() for k in (1, 2)]
    assert shares == [0.0, 1.0]


def test_silence_teaches_nothing() -> None:
    """No window counts, and a gradient of nothing is 0."""
    face, voice = talk(4)
    units = face.units.clone().requires_grad_()
    loss = lag_contrast(Heard(units, face.mel), voice, torch.zeros(CLIPS, STEPS), 0.2)
    torch.autograd.backward(loss)
    assert float(loss.detach()) == 0.0
    assert units.grad is not None
    assert float(units.grad.abs().max()) == 0.0
