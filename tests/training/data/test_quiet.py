"""Speech that breaks off."""

import torch

from training.data.quiet import opening, quiet_frames


def test_some_clips_have_one_stretch_of_quiet_and_some_end_in_it() -> None:
    """The share that was asked for; each in one piece, long enough to be no pause in a sentence."""
    quiet = quiet_frames(4000, 75, 0.25, torch.Generator().manual_seed(0))
    count = quiet.sum(1)
    chosen = count > 0
    assert abs(chosen.float().mean() - 0.25) < 0.03
    edges = quiet.int().diff(dim=1)
    assert ((edges == 1).sum(1) <= 1).all()
    assert ((edges == -1).sum(1) <= 1).all()
    assert count[chosen].min() >= 5
    assert 0.5 < quiet[chosen][:, -1].float().mean() < 0.9
    assert not quiet_frames(100, 75, 0.0, torch.Generator().manual_seed(0)).any()


def test_the_mouth_shuts_in_four_frames_and_opens_before_the_sound() -> None:
    """Whole while somebody speaks, nothing in between, without a jump larger than half."""
    quiet = torch.zeros(1, 30, dtype=torch.bool)
    quiet[0, 8:20] = True
    kept = opening(quiet)[0]
    assert (kept[:8] == 1).all()
    assert (kept[20:] == 1).all()
    assert (kept[11:18] < 1e-6).all()
    assert kept.diff().abs().max() < 0.55


def test_a_mouth_that_never_spoke_is_shut_from_the_first_frame() -> None:
    """Likewise to the last, if nobody speaks again."""
    assert (opening(torch.ones(1, 30, dtype=torch.bool)) == 0).all()
    quiet = torch.zeros(2, 30, dtype=torch.bool)
    quiet[0, :12], quiet[1, 12:] = True, True
    kept = opening(quiet)
    assert (kept[0, :10] < 1e-6).all()
    assert (kept[1, 16:] < 1e-6).all()
